import type { FoundRecord } from './read-record.ts'
import type { StoredRecord } from './session-store.ts'

/**
 * How this page's memory and the store stand to each other.
 * - `'unread'`: the store has not said yet what it holds.
 * - `'synced'`: memory is what the store was last known to hold.
 * - `'ahead'`: memory is newer, since a write failed; the next read writes it down.
 * - `'unreliable'`: the store is not there, or keeps nothing; memory goes on alone.
 */
export type SyncState = 'unread' | 'synced' | 'ahead' | 'unreliable'

/** What a page knows of its record when the store answers. */
export interface KnownState {
  readonly state: SyncState
  readonly latest: StoredRecord | null
  /** Revisions the store may hold without anybody having written after us; `undefined` until the store first answered. */
  readonly ownRevisions: ReadonlySet<string | null> | undefined
  /** Sessions that were signed out of here, or for another: what other tabs still write about them is no news. */
  readonly abandonedIds: ReadonlySet<string>
  /** Revisions that were written over here, or that hung and may land after what came later. */
  readonly outdatedRevisions: ReadonlySet<string | null>
  /** A record was read from the store before, so it keeps what it is given. */
  readonly isRetaining: boolean
}

/**
 * - `'newer'`: a newer release wrote it, so that nothing is known.
 * - `'forgotten'`: the store keeps nothing of what is written to it; memory goes on alone.
 * - `'ours'`: what is known here is newer, and is to be written down.
 * - `'theirs'`: the store is the truth.
 */
export type StoredRecordVerdict = 'newer' | 'forgotten' | 'ours' | 'theirs'

/** Pure. */
export function judgeStoredRecord(
  found: FoundRecord,
  { state, latest, ownRevisions, abandonedIds, outdatedRevisions, isRetaining }: KnownState,
): StoredRecordVerdict {
  const { record, revision, isNewer } = found
  if (isNewer) return 'newer'
  if (!latest || state === 'unread') return 'theirs'
  if (!isRetaining && !record && state !== 'ahead') return 'forgotten'
  if (revision !== latest.revision && outdatedRevisions.has(revision)) return 'ours'
  if (state === 'synced') return 'theirs'
  const isOld = !ownRevisions || ownRevisions.has(revision) || (record !== null && abandonedIds.has(record.sessionId))
  return isOld ? 'ours' : 'theirs'
}

/** What must not stay readable once `next` counts: a token that is spent, or of somebody who left. */
export function isSpent(stored: StoredRecord | null | undefined, next: StoredRecord): boolean {
  const secretOf = (record: StoredRecord | null | undefined) =>
    record?.credentials?.refreshToken ?? record?.credentials?.accessToken ?? null
  const secret = secretOf(stored)
  return secret !== null && secret !== secretOf(next)
}

/** Long before the last of these is forgotten, no store can answer with it any more. */
const mostRemembered = 200

/** In a page that stays open for months, what is remembered must not grow. The oldest of a Set is its first. */
export function remember<Value>(among: Set<Value>, value: Value): void {
  among.add(value)
  const [oldest] = among
  if (among.size > mostRemembered) among.delete(oldest as Value)
}
