import type { Lease, RecordContent, StoredRecord } from '../session/session-store.ts'
import type { SyncedStore } from '../session/synced-store.ts'
import { leaseLookMs } from '../time/delays.ts'
import { pause } from '../time/wait.ts'
import { mostTries, type RefreshRequest, type RefreshRequestPorts } from './refresh-ports.ts'

/**
 * The record to compare the next write with. Where the store cannot be read, it is the one that this page knows: a failed read
 * must not drop what the server has just sent, and the write compares all the same.
 */
export async function readOrRecall(records: SyncedStore): Promise<StoredRecord | null> {
  await records.read()
  return records.latest
}

interface Replacement {
  readonly content: RecordContent
  /**
   * Waits while another tab, which took this one for lost, has the same credentials in a token request: what that brings is
   * newer than a rejection here. And only a store that can be read shows that the rejected credentials still count.
   */
  readonly isRejection?: boolean
}

/**
 * Writes `content` while the record still is of this session and holds the credentials that were sent; else returns `null`. A
 * backoff that another tab has set since the lease was taken stays: that tab's failure may be newer than this page's response.
 */
export async function replaceRecord(
  leased: StoredRecord,
  { content, isRejection }: Replacement,
  { session: { records }, clock, isLeaseOpen }: RefreshRequestPorts,
): Promise<StoredRecord | null> {
  let expected: StoredRecord | null | undefined = leased
  const others = new Set<string>()
  for (let tries = 0; expected && isSame(expected, leased); ) {
    const { lease } = expected
    const isOfAnotherTab = isRejection && lease && lease.id !== leased.lease?.id
    if (isOfAnotherTab && others.size < mostTries && isLeaseOpen(lease, leaseLookMs)) {
      others.add(lease.id)
      await pause(clock, leaseLookMs)
    } else {
      const { retryAt, failures } = expected
      const later = retryAt !== leased.retryAt && { retryAt, failures }
      const written = await records.compareAndSet(expected, { ...content, ...later })
      if (written) return written
      // The record does not change, and still the store takes nothing.
      if (++tries > mostTries) throw new Error('The store refuses to write.')
    }
    expected = await (isRejection ? records.read() : readOrRecall(records))
  }
  return null
}

interface LeaseEnd extends Pick<RecordContent, 'failures' | 'retryAt'> {
  /** What the closed lease says besides; `null`: it is removed. */
  readonly lease: Pick<Lease, 'attempts'> | null
}

/** Ends this page's lease, also in a record that has moved on with it: one of newer tokens, or of a sign-out that kept the lease. */
export async function closeLease(
  leased: StoredRecord,
  { lease: closed, ...more }: LeaseEnd,
  { session: { records } }: RefreshRequestPorts,
): Promise<void> {
  const { lease: own, sessionId } = leased
  const hasGoneOn = (seen: StoredRecord) => seen.sessionId === sessionId || seen.revocationPending?.leaseId === own?.id
  let seen: StoredRecord | null = leased
  for (let turn = 0; seen?.lease && seen.lease.id === own?.id && hasGoneOn(seen); turn += 1) {
    if (seen.lease.closed || turn >= mostTries) return
    const lease = closed && { attempts: 1, ...seen.lease, ...closed, closed: true }
    if (await records.compareAndSet(seen, { ...seen, ...more, lease })) return
    seen = await readOrRecall(records)
  }
}

/** Whether what was written still holds: a sign-in or a sign-out may have run in the very task in which the store returned. */
export const isStillCurrent = (
  written: StoredRecord,
  request: RefreshRequest,
  { session: { records, state } }: RefreshRequestPorts,
): boolean => records.latest !== null && isSame(records.latest, written) && state.sessionId === request.sessionId

const isSame = (seen: StoredRecord, leased: StoredRecord): boolean =>
  seen.sessionId === leased.sessionId &&
  seen.generation === leased.generation &&
  seen.credentials?.refreshToken === leased.credentials?.refreshToken
