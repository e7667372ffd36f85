import { elapsedMs, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { emptyRecord } from '../session/records.ts'
import type { Claim, StoredRecord } from '../session/session-store.ts'
import type { HeldLock } from '../tabs/tab-lock.ts'
import { type CallPorts, callStrategy } from './call-strategy.ts'
import { closeClaim } from './claimed-record.ts'
import { conclude } from './conclude.ts'
import { type ExchangePorts, type Flown, mostTries, type Outcome, pollMs } from './exchange-ports.ts'
import { recordedHindrance } from './hindrance.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

const freshClaimMs = 2000
/** How long the call that tells of a sign-out has before a start asks who is signed in. */
const leadMs = 1000

/** Steps b to h. However it ends, no claim of this page is left open: others would wait for it in vain. */
export async function exchange(flown: Flown, lock: HeldLock | null, ports: ExchangePorts): Promise<Outcome> {
  /** Its claims, and of which session each was. */
  const own = new Map<string, string>()
  try {
    return await claimAndSend(flown, lock, ports, own)
  } finally {
    const { latest } = ports.session.records
    if (latest?.claim && own.get(latest.claim.id) === latest.session) await closeClaim(latest, ports, true)
  }
}

/**
 * Steps b to d of the refresh protocol (docs/architecture). The claim is what keeps a token from being sent twice; the lock,
 * if there is one, saves waiting. Every write is a compare-and-set against the record that was read.
 */
async function claimAndSend(
  flown: Flown,
  lock: HeldLock | null,
  ports: ExchangePorts,
  own: Map<string, string>,
): Promise<Outcome> {
  const { session, clock, breaker, pause, scheme, transport, strategy, revocation } = ports
  const { records } = session
  const others = new Set<string>()
  while (own.size + others.size <= mostTries) {
    // An engine may take the lock away from a page that it suspends: from then on the claim alone must do.
    const underLock = lock?.shared === true && !lock.lost
    // b: what holds now? Memory may be behind the store, and a message ahead of it.
    if (records.lagMs) await pause(records.lagMs)
    const seen = await records.read()
    if (seen === undefined) break
    const early = judgeRecord(seen, flown, ports)
    if (early) return early
    // Only ambient strategies begin without a record.
    const content = seen ?? emptyRecord()
    const { claim, generation, revocationPending } = content
    // The call that tells of a sign-out may be under way: a cookie that is renewed now would outlive it.
    const toldMs = revocationPending ? clock.wallMs() - revocationPending.calledAt : -1
    if (toldMs >= 0 && toldMs < leadMs) {
      await pause(pollMs)
      continue
    }
    if (claim && !own.has(claim.id) && !(claim.underLock && underLock) && ports.isOpen(claim, pollMs)) {
      others.add(claim.id)
      await pause(pollMs)
      continue
    }
    // A token whose answer was lost is presented once more to outlast that, whichever tab does it.
    const tries = triesOf(claim, ports)
    if (flown.patience?.failed && tries > 1)
      return { ...unavailable('network', pollMs, 'two answers were lost'), next: 'never' }
    const id = randomId()
    own.set(id, content.session)
    // At the start it may be anybody's cookie: nothing is carried over from who was there before.
    const former = flown.cause === 'restore' || content.credentials?.unproved ? null : content.credentials
    // A proof takes time, so it is made here: nothing is awaited between the claim and the send.
    const proved = scheme.prepare && (await scheme.prepare(former, transport, strategy.endpoint))
    if (scheme.prepare && !proved) continue
    // c: claim the exchange, if the record is still the one read. A claim in memory alone protects from nobody.
    const isAlone = records.state !== 'synced'
    const claimedAt = now(clock)
    const started = { id, generation, startedAt: claimedAt.wallMs, underLock, tries: tries + 1 }
    const claimed = await records.claim(seen, {
      ...content,
      claim: started,
      counts: breaker.begin(flown.cause),
    })
    // Others can read the token, and would present it again.
    if (claimed === undefined) return unreadable(ports)
    if (!claimed) continue
    // d: send, in the task in which these checks held. A page that slept since c may have been given up.
    const sent = now(clock)
    const isOld = !isAlone && elapsedMs(clock, claimedAt) > freshClaimMs
    const isOver = session.state.session !== flown.session
    if (isOver) revocation.exchanged(claimed, false)
    if (isOld || (underLock && lock.lost) || isOver) continue
    breaker.begun()
    // ── point of no return: the server may rotate the token, so nothing aborts from here but the deadline.
    const callPorts: CallPorts = { ...ports, transport: proved?.transport ?? transport, key: proved?.key }
    const answer = await callStrategy(callPorts, flown, former, sent)
    const outcome = await conclude(answer, claimed, flown, sent.monotonicMs, ports)
    revocation.exchanged(claimed, answer.kind !== 'rejected')
    if (outcome) return outcome
  }
  return unreadable(ports)
}

const unreadable = ({ clock }: ExchangePorts): Unavailable =>
  unavailable('store', Math.round(clock.random() * 1000), 'it cannot be used')

/** Exchanges of this token whose answer nobody knows. Past the time that servers forgive, one more or less is no difference. */
const triesOf = (claim: Claim | null | undefined, { clock, reuseIntervalMs }: ExchangePorts): number =>
  claim && clock.wallMs() - claim.startedAt < reuseIntervalMs ? (claim.tries ?? 1) : 0

/** Reasons in the record not to exchange. */
function judgeRecord(seen: StoredRecord | null, flown: Flown, ports: ExchangePorts): Outcome | null {
  const { session, strategy } = ports
  const { state } = session
  const follow = (kind: 'superseded' | 'adopted'): Outcome => {
    session.follow(seen)
    return { kind }
  }
  // Signed out or in, here, while this refresh was on its way.
  if (state.session !== flown.session) return follow('superseded')
  if (!seen) return strategy.ambient && !state.credentials ? null : follow('superseded')
  const { credentials } = seen
  if (flown.cause === 'restore') {
    if (credentials?.accessToken) return follow('adopted')
    if (!strategy.ambient) return follow('superseded')
  } else {
    if (seen.session !== flown.session || !credentials) return follow('superseded')
    const isOther = seen.generation > flown.generation || credentials.accessToken !== flown.from?.accessToken
    if (isOther && !credentials.withheld) return follow('adopted')
  }
  if (seen.refused) return { kind: 'rejected', reason: 'refresh-rejected' }
  return recordedHindrance(ports, flown.cause === 'restore')
}
