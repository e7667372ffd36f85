import type { Lease, RecordContent, StoredRecord } from '../session/session-store.ts'
import { mostTries, pollMs, type RefreshRequest, type RefreshRequestPorts } from './refresh-ports.ts'

/**
 * Writes `content` while the record still is of this session and holds the credentials that were sent. `yields`: not while
 * another tab, which took this one for lost, has them in a token request: what it brings is newer than a rejection here.
 */
export async function replaceRecord(
  leased: StoredRecord,
  content: RecordContent,
  { session, isLeaseOpen, pause }: RefreshRequestPorts,
  yields = false,
): Promise<StoredRecord | null> {
  let expected: StoredRecord | null | undefined = leased
  const others = new Set<string>()
  for (let tries = 0; expected && isSame(expected, leased); ) {
    const { lease } = expected
    if (yields && lease && lease.id !== leased.lease?.id && others.size < mostTries && isLeaseOpen(lease, pollMs)) {
      others.add(lease.id)
      await pause(pollMs)
    } else {
      const written = await session.records.compareAndSet(expected, content)
      if (written) return written
      // Nothing moves, and nothing is taken: not for this page to decide by.
      if (++tries > mostTries) throw new Error('The store refuses to write.')
    }
    expected = await session.records.read()
  }
  return null
}

/** Ends this page's lease, wherever the record has moved on to with it. `more`: what else is to be said there. */
export async function closeLease(
  leased: StoredRecord,
  { session: { records } }: RefreshRequestPorts,
  stays: boolean,
  { attempts, ...more }: Pick<RecordContent, 'failures' | 'retryAt'> & Pick<Lease, 'attempts'> = {},
): Promise<void> {
  const { lease: own, sessionId } = leased
  let seen: StoredRecord | null | undefined = leased
  for (let turn = 0; seen?.lease && seen.lease.id === own?.id && seen.sessionId === sessionId; turn += 1) {
    if (seen.lease.closed || turn >= mostTries) return
    const lease = stays ? { ...seen.lease, closed: true, attempts: attempts ?? seen.lease.attempts ?? 1 } : null
    if (await records.compareAndSet(seen, { ...seen, ...more, lease })) return
    seen = await records.read()
  }
}

/** Whether what was written still holds: in the very task in which the store answered, somebody may have signed in or out. */
export const isStillCurrent = (
  written: StoredRecord,
  request: RefreshRequest,
  { session: { records, state } }: RefreshRequestPorts,
): boolean => records.latest !== null && isSame(records.latest, written) && state.sessionId === request.sessionId

const isSame = (seen: StoredRecord, leased: StoredRecord): boolean =>
  seen.sessionId === leased.sessionId &&
  seen.generation === leased.generation &&
  seen.credentials?.refreshToken === leased.credentials?.refreshToken
