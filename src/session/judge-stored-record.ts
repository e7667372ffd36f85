import { bound } from '../platform/bounded.ts'
import type { FoundRecord } from './read-record.ts'
import type { StoredRecord } from './session-store.ts'

/**
 * The relation of this page's memory to the store.
 * - `'unread'`: the store has not been read yet.
 * - `'synced'`: memory has the record that the store held last.
 * - `'ahead'`: memory is newer, since a write failed. The next read writes it.
 * - `'unreliable'`: the store is missing, or keeps nothing. The session continues in memory.
 */
export type SyncState = 'unread' | 'synced' | 'ahead' | 'unreliable'

/** What a page knows of its record when the store responds. */
export interface KnownState {
  readonly state: SyncState
  readonly latest: StoredRecord | null
  /** Revisions that the store may hold if no other tab has written since; `undefined` until its first response. */
  readonly ownRevisions: ReadonlySet<string | null> | undefined
  /** Sessions that were left here, by a sign-out or for another session. Later writes of other tabs for them are ignored. */
  readonly abandonedIds: ReadonlySet<string>
  /** Revisions that were overwritten here, or whose slow write may arrive after a later one. */
  readonly outdatedRevisions: ReadonlySet<string | null>
  /** A record has been read from the store, so the store keeps what is written. */
  readonly isRetaining: boolean
}

/**
 * What the record of the store means.
 * - `'newer'`: a newer release wrote it, so it cannot be read.
 * - `'forgotten'`: the store does not keep what is written to it. The session continues in memory.
 * - `'ours'`: this page's record is newer, and has to be written.
 * - `'theirs'`: the store's record is valid.
 */
export type StoredRecordVerdict = 'newer' | 'forgotten' | 'ours' | 'theirs'

/** Pure. */
export function judgeStoredRecord(
  found: FoundRecord,
  { state, latest, ownRevisions, abandonedIds, outdatedRevisions, isRetaining }: KnownState,
): StoredRecordVerdict {
  const { record, revision, isNewer } = found
  if (isNewer) return 'newer'
  if (!latest) return 'theirs'
  if (!isRetaining && !record && state !== 'ahead') return 'forgotten'
  if (revision === latest.revision) return 'theirs'
  if (outdatedRevisions.has(revision)) return 'ours'
  if (state === 'synced') return 'theirs'
  const isAbandoned = record !== null && abandonedIds.has(record.sessionId)
  // The store was never read. With the same session, this page's write took effect although it failed, and another tab went on.
  const isOld = ownRevisions ? ownRevisions.has(revision) || isAbandoned : record?.sessionId !== latest.sessionId
  return isOld ? 'ours' : 'theirs'
}

/** Whether `stored` holds a token that must not stay readable after `next`: a used one, or one of a user who signed out. */
export function isSpent(stored: StoredRecord | null | undefined, next: StoredRecord): boolean {
  const secretOf = (record: StoredRecord | null | undefined) =>
    record?.credentials?.refreshToken ?? record?.credentials?.accessToken ?? null
  const secret = secretOf(stored)
  return secret !== null && secret !== secretOf(next)
}

/** No store returns a record that 200 later writes have replaced. */
const mostRemembered = 200

/** In a page that stays open for months, what is remembered must not grow. */
export const remember = <Value>(among: Set<Value>, value: Value): void => bound(among.add(value), mostRemembered)
