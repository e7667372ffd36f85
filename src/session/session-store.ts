import type { EndReason } from '../errors.ts'
import type { Credentials } from './credentials.ts'

/**
 * What a store holds for one session name. It can be cloned and serialised as JSON. Only the members listed here are documented.
 */
export interface SessionRecord {
  /** The version of the record's layout. */
  readonly version: number
  /** Random, new with every write. */
  readonly revision: string
  /** Random, new at sign-in, sign-out and end. Compare it for equality only. */
  readonly sessionId: string
  /** Rises with every refresh within a session. */
  readonly generation: number
  /** Secret: contains the tokens. */
  readonly credentials: unknown
}

/** The record layout that this library writes. A record with a higher version is neither read nor overwritten. */
export const recordVersion = 2

/** A token request was started. The random `id` names its owner. */
export interface Lease {
  readonly id: string
  readonly generation: number
  readonly startedAt: number
  readonly underLock: boolean
  /** The owner has stopped, and the response of the token request is unknown. */
  readonly closed?: boolean
  /** How many leases in a row, with this one, used the same token without a response. @default 1 */
  readonly attempts?: number
}

/** When token requests were made, over all tabs: wall-clock milliseconds, oldest first. */
export interface RefreshCounts {
  readonly started: readonly number[]
  /** No longer counted in `started`: a request with the token that it brought was accepted. */
  readonly helpful?: readonly number[]
  readonly unhelpful: readonly number[]
}

/** A sign-out that the server may not know of yet. Contains no secrets. */
export interface RevocationPending {
  /** Random: tells one sign-out from a later one. */
  readonly id: string
  readonly subject: string | null
  /** `sid` and `auth_time` of OpenID Connect, if the claims have them: they differ in another session. */
  readonly sid?: unknown
  readonly authTime?: unknown
  /** Wall-clock milliseconds of the sign-out, and of the last call. */
  readonly signedOutAt: number
  readonly calledAt: number
  /** The last call certainly did not arrive. Without this, its page may have unloaded before it knew. */
  readonly failed?: boolean
  /** A page start found the session alive and repeated the call. It must not be repeated again. */
  readonly repeated?: boolean
  /** The lease of a token request that was running: its response may set a cookie of this session again. */
  readonly leaseId?: string | undefined
}

/** The record as this library reads and writes it. */
export interface StoredRecord extends SessionRecord, RecordContent {
  readonly credentials: Credentials | null
}

/** A record without `version` and `revision`, which are added where records are written. */
export interface RecordContent {
  readonly sessionId: string
  readonly generation: number
  readonly credentials: Credentials | null
  readonly lease?: Lease | null | undefined
  /** Wall-clock milliseconds before which no token request may start. */
  readonly retryAt?: number | undefined
  /** How many token requests in a row failed for a reason that may pass. */
  readonly failures?: number | undefined
  readonly endedBy?: EndReason | undefined
  /** A sign-out that the server may not know of. */
  readonly revocationPending?: RevocationPending | undefined
  /** The server rejected these credentials; a dialog may still renew the session. */
  readonly rejected?: boolean | undefined
  readonly refreshCounts?: RefreshCounts | undefined
}

/** The content of a record in which a user is signed in. */
export interface SignedInContent extends RecordContent {
  readonly credentials: Credentials
}

// biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` returns
export type Overwritten = boolean | void

/**
 * A store of your own that can compare and set. `KeyValueStorage` is simpler. Methods may throw or reject: the session then
 * continues in memory, and the event `store-failed` is emitted.
 */
export interface SessionStore {
  /** Whether other tabs see the same records. */
  readonly shared: boolean
  /**
   * Milliseconds until other tabs surely see a write. A refresh waits as long before it reads a record to decide.
   * @default 0
   */
  readonly lagMs?: number | undefined
  /** Returns the record, or `null` if there is none. */
  read(name: string): SessionRecord | null | PromiseLike<SessionRecord | null>
  /**
   * Writes `next` if the `revision` of the stored record is still `expected` (`null`: no record). Returns whether it wrote. Must
   * be atomic.
   */
  compareAndSet(name: string, expected: string | null, next: SessionRecord): boolean | PromiseLike<boolean>
  /**
   * Writes `next` over any record; called by sign-in and sign-out only. If the stored record has a higher `version`, it should
   * write nothing and return `false`.
   */
  overwrite(name: string, next: SessionRecord): Overwritten | PromiseLike<Overwritten>
  /**
   * The same, and resolves with the record that was there. Implement it where one step is surer than `read` and `overwrite`: a
   * sign-out calls it, and its page may be left at once. A store that is made of another one and has an `overwrite` of its own
   * needs one of its own, too, or `undefined`.
   */
  getAndSet?: ((name: string, next: SessionRecord) => PromiseLike<SessionRecord | null>) | undefined
  /**
   * Removes the record if its `revision` is still `expected`. Returns whether it did. Called after a write failed, so that no
   * used token stays readable; it should work when the storage is full.
   * @default a record without credentials is written instead
   */
  remove?(name: string, expected: string | null): boolean | PromiseLike<boolean>
  /** Calls `changed` after each change by another client, at least once. Returns a function that stops it. */
  watch?(name: string, changed: () => void): () => void
}

/**
 * A storage with the methods of Web Storage, sync or async: Capacitor, AsyncStorage, a wrapper of your own. `sessionStorage` is
 * rejected: a duplicated tab would hold the same refresh token.
 */
export interface KeyValueStorage {
  getItem(key: string): string | null | undefined | PromiseLike<string | null | undefined>
  setItem(key: string, value: string): unknown
  /** Without it, an empty string is written instead. */
  removeItem?(key: string): unknown
}
