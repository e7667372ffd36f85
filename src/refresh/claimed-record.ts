import type { Claim, RecordContent, StoredRecord } from '../session/session-store.ts'
import { type ExchangePorts, type Flown, mostTries, pollMs } from './exchange-ports.ts'

/**
 * Writes `content` while the record still is of this session and holds the credentials that were sent. `yields`: not while
 * another tab, which took this one for lost, has them in exchange: what it brings is newer than a refusal here.
 */
export async function replace(
  claimed: StoredRecord,
  content: RecordContent,
  { session, isOpen, pause }: ExchangePorts,
  yields = false,
): Promise<StoredRecord | null> {
  let expected: StoredRecord | null | undefined = claimed
  const others = new Set<string>()
  for (let tries = 0; expected && isSame(expected, claimed); ) {
    const { claim } = expected
    if (yields && claim && claim.id !== claimed.claim?.id && others.size < mostTries && isOpen(claim, pollMs)) {
      others.add(claim.id)
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

/** Ends this page's claim, wherever the record has moved on to with it. `more`: what else is to be said there. */
export async function closeClaim(
  claimed: StoredRecord,
  { session: { records } }: ExchangePorts,
  stays: boolean,
  { tries, ...more }: Pick<RecordContent, 'failures' | 'retryAt'> & Pick<Claim, 'tries'> = {},
): Promise<void> {
  const { claim: own, session } = claimed
  let seen: StoredRecord | null | undefined = claimed
  for (let turn = 0; seen?.claim && seen.claim.id === own?.id && seen.session === session; turn += 1) {
    if (seen.claim.closed || turn >= mostTries) return
    const claim = stays ? { ...seen.claim, closed: true, tries: tries ?? seen.claim.tries ?? 1 } : null
    if (await records.compareAndSet(seen, { ...seen, ...more, claim })) return
    seen = await records.read()
  }
}

/** Whether what was written still holds: in the very task in which the store answered, somebody may have signed in or out. */
export const stands = (written: StoredRecord, flown: Flown, { session: { records, state } }: ExchangePorts): boolean =>
  records.latest !== null && isSame(records.latest, written) && state.session === flown.session

const isSame = (seen: StoredRecord, claimed: StoredRecord): boolean =>
  seen.session === claimed.session &&
  seen.generation === claimed.generation &&
  seen.credentials?.refreshToken === claimed.credentials?.refreshToken
