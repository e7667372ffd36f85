import type { EndReason } from '../errors.ts'
import type { Credentials } from './credentials.ts'

/**
 * What a store holds for one session name. Structured-clone-safe and JSON-safe. Treat as opaque, but for the members here.
 */
export interface SessionRecord {
  readonly version: number
  /** Random, new with every write. */
  readonly revision: string
  /** Random, new at sign-in, sign-out and end; compared for equality only. */
  readonly sessionId: string
  readonly generation: number
  readonly credentials: unknown
}

/** The newest record layout this library writes. A record of a newer version is neither read nor written over. */
export const recordVersion = 2

/** One token request was begun: by whom is told by the random `id`, and whether its owner held the lock. */
export interface Lease {
  readonly id: string
  readonly generation: number
  readonly startedAt: number
  readonly underLock: boolean
  /** Its owner is done, but the token request's answer is not known. */
  readonly closed?: boolean
  /** How many leases on the same token followed each other without an answer, this one among them. @default 1 */
  readonly attempts?: number
}

/** Token requests counted over all tabs, wall-clock milliseconds, oldest first. */
export interface RefreshCounts {
  readonly started: readonly number[]
  readonly unhelpful: readonly number[]
}

/** Whose sign-out it was, and what is known of the call that told the server. Without secrets. */
export interface RevocationPending {
  /** Random: a later sign-out is another one. */
  readonly id: string
  readonly subject: string | null
  /** `sid` and `auth_time` of OpenID Connect, where the claims have them: another session's differ. */
  readonly sid?: unknown
  readonly authTime?: unknown
  /** Wall-clock milliseconds of the sign-out, and of the last call. */
  readonly signedOutAt: number
  readonly calledAt: number
  /** That call surely did not arrive. Else its page may have left before it could say. */
  readonly failed?: boolean
  /** It was made by a start that had found the session alive: not once more. */
  readonly repeated?: boolean
  /** The lease of a token request that was under way: its answer may bring a cookie of this session. */
  readonly leaseId?: string | undefined
}

/** The record as this library reads and writes it. */
export interface StoredRecord extends SessionRecord, RecordContent {
  readonly credentials: Credentials | null
}

/** What a writer says; `version` and `revision` are added by the one place that writes. */
export interface RecordContent {
  readonly sessionId: string
  readonly generation: number
  readonly credentials: Credentials | null
  readonly lease?: Lease | null | undefined
  /** Wall-clock milliseconds before which no token request is begun. */
  readonly retryAt?: number | undefined
  /** How many token requests in a row failed for a passing reason. */
  readonly failures?: number | undefined
  readonly endedBy?: EndReason | undefined
  /** A sign-out that the server is not known to have heard of. */
  readonly revocationPending?: RevocationPending | undefined
  /** The server rejected these credentials; a dialog may still renew the session. */
  readonly rejected?: boolean | undefined
  readonly refreshCounts?: RefreshCounts | undefined
}

/** What a writer says of a session in which a user is signed in. */
export interface SignedInContent extends RecordContent {
  readonly credentials: Credentials
}

// biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` answers
export type Overwritten = boolean | void

/**
 * Where the session record rests, for stores that can compare and set. `KeyValueStorage` is the simpler way.
 * Every method may throw or reject: the session then goes on in memory.
 */
export interface SessionStore {
  /** Whether other tabs see the same records. */
  readonly shared: boolean
  /**
   * Milliseconds until a write is surely seen by other tabs; the refresh waits as long before a read that decides.
   * @default 0
   */
  readonly lagMs?: number | undefined
  read(name: string): SessionRecord | null | PromiseLike<SessionRecord | null>
  /** Writes `next` if the stored record's `revision` still is `expected` (`null`: there is none). Answers whether it wrote. */
  compareAndSet(name: string, expected: string | null, next: SessionRecord): boolean | PromiseLike<boolean>
  /**
   * Sign-out and sign-in only: writes whatever is stored, unless its `version` is higher than that of `next`; then it should
   * answer `false`.
   */
  overwrite(name: string, next: SessionRecord): Overwritten | PromiseLike<Overwritten>
  /**
   * Takes the record away if its `revision` still is `expected`. Answers whether it did. Asked where a write failed, so that no
   * spent token stays readable: it should need no room.
   * @default a record without credentials is written in its place
   */
  remove?(name: string, expected: string | null): boolean | PromiseLike<boolean>
  /** Where changes by others can be heard of: calls back after each, as often as it likes. Answers how to stop. */
  watch?(name: string, changed: () => void): () => void
}

/**
 * Web-Storage-shaped, sync or async: Capacitor, AsyncStorage, a wrapper of your own. Not `sessionStorage`: a duplicated tab
 * would hold the same refresh token twice.
 */
export interface KeyValueStorage {
  getItem(key: string): string | null | undefined | PromiseLike<string | null | undefined>
  setItem(key: string, value: string): unknown
  /** Where it is missing, an empty text is written instead. */
  removeItem?(key: string): unknown
}
