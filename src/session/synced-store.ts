import type { EndReason } from '../errors.ts'
import { randomId } from '../platform/random-id.ts'
import type { SyncState } from './judge-stored-record.ts'
import { type RecordContent, recordVersion, type SignedInContent, type StoredRecord } from './session-store.ts'

/** Called with the credentials that a write has replaced, by a store that says them. Keep them no longer than needed. */
export type Replaced = (former: StoredRecord['credentials']) => void

/** The store with a timeout, and with this page's memory in front of it for when it fails (promise 9). */
export interface SyncedStore {
  readonly shared: boolean
  readonly lagMs: number
  /** The newest record this page knows of. */
  readonly latest: StoredRecord | null
  readonly state: SyncState
  /** `undefined`: the store cannot be read now, or its record is of a newer release. Never rejects. */
  read(): Promise<StoredRecord | null | undefined>
  /** Calls `changed` when the store reports a change of its record. Returns a function that stops it. Never throws. */
  readonly watch: ((changed: () => void) => () => void) | undefined
  /** The credentials that the store holds now. Changes nothing here. Never rejects. `undefined`: `overwrite` says what it replaced. */
  readonly peekCredentials: (() => Promise<StoredRecord['credentials']>) | undefined
  /** Resolves with the written record, or `null` if the stored one is no longer `expected`. Never rejects. */
  compareAndSet(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null>
  /**
   * The same, before a refresh token is sent. `undefined`: the store can neither be written nor emptied. Other tabs can still
   * read the token, so it must not be sent.
   */
  acquireLease(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null | undefined>
  /** Sets `latest` at once; resolves when stored, or when storing failed. */
  overwrite(content: RecordContent, replaced?: Replaced): Promise<void>
  /** The same, unless another tab has written since: then it resolves with `false`, and `latest` is that tab's record. */
  writeAhead(content: SignedInContent): Promise<boolean>
}

/** The content of a new session without a user. */
export const emptyRecord = (endedBy?: EndReason): RecordContent => ({
  sessionId: randomId(),
  generation: 0,
  credentials: null,
  endedBy,
})

/** The record to write. */
export const stampRecord = (content: RecordContent, latest: StoredRecord | null): StoredRecord => ({
  // Token requests are counted whichever user is signed in: the count protects the server.
  refreshCounts: latest?.refreshCounts,
  ...content,
  version: recordVersion,
  revision: randomId(),
})

/** What a read writes if it finds an older record: `wanted`, or the newest record of this page. */
export interface WriteGoal {
  readonly wanted?: StoredRecord | undefined
  /** @default 1 */
  readonly attempt?: number | undefined
}
/** How often in a row a write is tried again after another tab's. */
export const mostAttempts = 3
