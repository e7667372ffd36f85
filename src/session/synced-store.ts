import type { EndReason } from '../errors.ts'
import { randomId } from '../platform/random-id.ts'
import type { SyncState } from './judge-stored-record.ts'
import { type RecordContent, recordVersion, type StoredRecord } from './session-store.ts'

/** The store as the rest sees it: with a deadline, and with this page's memory behind it for when it fails (promise 9). */
export interface SyncedStore {
  readonly shared: boolean
  readonly lagMs: number
  /** The newest record this page knows of. */
  readonly latest: StoredRecord | null
  readonly state: SyncState
  /** `undefined`: what the store holds cannot be told now, or is newer than this code. Never rejects. */
  read(): Promise<StoredRecord | null | undefined>
  /** Calls back when the store says that its record has changed, if it ever does. Answers how to stop. Never throws. */
  readonly watch: ((changed: () => void) => () => void) | undefined
  /** The credentials that the store holds right now, whatever is known of it here. Never rejects. */
  peekCredentials(): Promise<StoredRecord['credentials']>
  /** The record as written, or `null` if the stored one is no longer `expected`. Never rejects. */
  compareAndSet(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null>
  /**
   * The same, before a refresh token is spent. `undefined`: the store can neither be written nor emptied, so that others can
   * read the token, and it must not be spent.
   */
  acquireLease(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null | undefined>
  /** Counts in `latest` at once; resolves when stored, or when storing failed. */
  overwrite(content: RecordContent): Promise<void>
  /** The same, but not over what another tab has written since: then `false`, and `latest` is that. */
  writeAhead(content: RecordContent): Promise<boolean>
}

/** Of a new session, in which nobody is signed in (yet). */
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
