import { elapsedMs, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import type { Lease, StoredRecord } from '../session/session-store.ts'
import { emptyRecord } from '../session/synced-store.ts'
import type { HeldLock } from '../tabs/tab-lock.ts'
import { applyResult } from './apply-result.ts'
import { closeLease } from './leased-record.ts'
import { blockedByRecord } from './refresh-blocks.ts'
import { mostTries, type Outcome, pollMs, type RefreshRequest, type RefreshRequestPorts } from './refresh-ports.ts'
import { sendTokenRequest, type TokenRequestPorts } from './token-request.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

const freshClaimMs = 2000
/** How long the call that tells of a sign-out has before a start asks who is signed in. */
const leadMs = 1000

/** Steps b to h. However it ends, no lease of this page is left open: others would wait for it in vain. */
export async function runRefreshRequest(
  request: RefreshRequest,
  lock: HeldLock | null,
  ports: RefreshRequestPorts,
): Promise<Outcome> {
  /** Its leases, and of which session each was. */
  const own = new Map<string, string>()
  try {
    return await leaseAndSend(request, lock, ports, own)
  } finally {
    const { latest } = ports.session.records
    if (latest?.lease && own.get(latest.lease.id) === latest.sessionId) await closeLease(latest, ports, true)
  }
}

/**
 * Steps b to d of the refresh protocol (docs/architecture). The lease is what keeps a token from being sent twice; the lock,
 * if there is one, saves waiting. Every write is a compare-and-set against the record that was read.
 */
async function leaseAndSend(
  request: RefreshRequest,
  lock: HeldLock | null,
  ports: RefreshRequestPorts,
  own: Map<string, string>,
): Promise<Outcome> {
  const { session, clock, circuitBreaker, pause, scheme, transport, strategy, revocation } = ports
  const { records } = session
  const others = new Set<string>()
  while (own.size + others.size <= mostTries) {
    // An engine may take the lock away from a page that it suspends: from then on the lease alone must do.
    const underLock = lock?.shared === true && !lock.lost
    // b: what holds now? Memory may be behind the store, and a message ahead of it.
    if (records.lagMs) await pause(records.lagMs)
    const seen = await records.read()
    if (seen === undefined) break
    const early = judgeRecord(seen, request, ports)
    if (early) return early
    // Only ambient strategies begin without a record.
    const content = seen ?? emptyRecord()
    const { lease, generation, revocationPending } = content
    // The call that tells of a sign-out may be under way: a cookie that is renewed now would outlive it.
    const toldMs = revocationPending ? clock.wallMs() - revocationPending.calledAt : -1
    if (toldMs >= 0 && toldMs < leadMs) {
      await pause(pollMs)
      continue
    }
    if (lease && !own.has(lease.id) && !(lease.underLock && underLock) && ports.isLeaseOpen(lease, pollMs)) {
      others.add(lease.id)
      await pause(pollMs)
      continue
    }
    // A token whose answer was lost is presented once more to outlast that, whichever tab does it.
    const attempts = attemptsOf(lease, ports)
    if (request.patience?.failed && attempts > 1)
      return { ...unavailable('network', pollMs, 'two answers were lost'), next: 'never' }
    const id = randomId()
    own.set(id, content.sessionId)
    // At the start it may be anybody's cookie: nothing is carried over from who was there before.
    const former = request.cause === 'restore' || content.credentials?.ownerUnverified ? null : content.credentials
    // A proof takes time, so it is made here: nothing is awaited between the lease and the send.
    const proved = scheme.prepare && (await scheme.prepare(former, transport, strategy.endpoint))
    if (scheme.prepare && !proved) continue
    // c: lease the token request, if the record is still the one read. A lease in memory alone protects from nobody.
    const isAlone = records.state !== 'synced'
    const claimedAt = now(clock)
    const started = { id, generation, startedAt: claimedAt.wallMs, underLock, attempts: attempts + 1 }
    const leased = await records.acquireLease(seen, {
      ...content,
      lease: started,
      refreshCounts: circuitBreaker.countRefresh(request.cause),
    })
    // Others can read the token, and would present it again.
    if (leased === undefined) return storeUnavailable(ports)
    if (!leased) continue
    // d: send, in the task in which these checks held. A page that slept since c may have been given up.
    const sent = now(clock)
    const isOld = !isAlone && elapsedMs(clock, claimedAt) > freshClaimMs
    const isOver = session.state.sessionId !== request.sessionId
    if (isOver) revocation.noteRefreshEnded(leased, false)
    if (isOld || (underLock && lock.lost) || isOver) continue
    circuitBreaker.noteSent()
    // ── point of no return: the server may rotate the token, so nothing aborts from here but the deadline.
    const callPorts: TokenRequestPorts = {
      ...ports,
      transport: proved?.transport ?? transport,
      keyThumbprint: proved?.keyThumbprint,
    }
    const answer = await sendTokenRequest(callPorts, request, former, sent)
    const outcome = await applyResult(answer, leased, request, sent.monotonicMs, ports)
    revocation.noteRefreshEnded(leased, answer.kind !== 'rejected')
    if (outcome) return outcome
  }
  return storeUnavailable(ports)
}

const storeUnavailable = ({ clock }: RefreshRequestPorts): Unavailable =>
  unavailable('store', Math.round(clock.random() * 1000), 'it cannot be used')

/** Token requests of this token whose answer nobody knows. Past the time that servers forgive, one more or less is no difference. */
const attemptsOf = (lease: Lease | null | undefined, { clock, reuseIntervalMs }: RefreshRequestPorts): number =>
  lease && clock.wallMs() - lease.startedAt < reuseIntervalMs ? (lease.attempts ?? 1) : 0

/** Reasons in the record to send no token request. */
function judgeRecord(seen: StoredRecord | null, request: RefreshRequest, ports: RefreshRequestPorts): Outcome | null {
  const { session, strategy } = ports
  const { state } = session
  const follow = (kind: 'superseded' | 'adopted'): Outcome => {
    session.follow(seen)
    return { kind }
  }
  // Signed out or in, here, while this refresh was on its way.
  if (state.sessionId !== request.sessionId) return follow('superseded')
  if (!seen) return strategy.ambient && !state.credentials ? null : follow('superseded')
  const { credentials } = seen
  if (request.cause === 'restore') {
    if (credentials?.accessToken) return follow('adopted')
    if (!strategy.ambient) return follow('superseded')
  } else {
    if (seen.sessionId !== request.sessionId || !credentials) return follow('superseded')
    const isOther = seen.generation > request.generation || credentials.accessToken !== request.replaces?.accessToken
    if (isOther && !credentials.tokensElsewhere) return follow('adopted')
  }
  if (seen.rejected) return { kind: 'rejected', reason: 'refresh-rejected' }
  return blockedByRecord(ports, request.cause === 'restore')
}
