import { randomId } from '../platform/random-id.ts'
import type { ProvedTransport } from '../schemes/scheme.ts'
import type { Credentials } from '../session/credentials.ts'
import type { Lease, RecordContent, StoredRecord } from '../session/session-store.ts'
import { emptyRecord } from '../session/synced-store.ts'
import type { HeldLock } from '../tabs/tab-lock.ts'
import { elapsedMs, now } from '../time/clock.ts'
import { leaseLookMs, sentWithinMs, signOutLeadMs, tryAgainMs } from '../time/delays.ts'
import { pause } from '../time/wait.ts'
import { applyResult, reasonOf } from './apply-result.ts'
import { judgeRecord } from './judge-record.ts'
import { closeLease } from './leased-record.ts'
import type { RefreshBlocks } from './refresh-blocks.ts'
import { mostTries, type Outcome, type RefreshRequest, type RefreshRequestPorts } from './refresh-ports.ts'
import { sendTokenRequest } from './token-request.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/** What step b found, and what is sent once the lease is taken. */
interface ReadyRequest {
  readonly seen: StoredRecord | null
  readonly content: RecordContent
  readonly lease: Omit<Lease, 'startedAt'>
  readonly former: Credentials | null
  readonly proved: ProvedTransport | undefined
}

/** Before each send it is asked again what keeps this page from sending. */
interface UnblockedPorts extends RefreshRequestPorts, Pick<RefreshBlocks, 'blockedBy'> {}

/**
 * Steps b to h of the refresh protocol (docs/architecture). The lease is what keeps a token from being sent twice; the lock,
 * if there is one, saves waiting. Every write is a compare-and-set against the record that was read.
 */
export async function runRefreshRequest(
  request: RefreshRequest,
  lock: HeldLock | null,
  ports: UnblockedPorts,
): Promise<Outcome> {
  const { session, clock, circuitBreaker, scheme, strategy, revocation, blockedBy } = ports
  const { records } = session
  const { cause, audience } = request
  /** The leases of this page, and the session that each is of. */
  const ownLeases = new Map<string, string>()
  /** The leases of other tabs that were waited for. */
  const otherLeases = new Set<string>()

  /** What the record makes unnecessary, or keeps from beginning now. Follows the record where it is newer. */
  function followRecord(seen: StoredRecord | null): Outcome | null {
    const kind = judgeRecord(seen, request, { state: session.state, isAmbient: strategy.ambient === true })
    if (kind === 'proceed') return blockedBy(cause === 'restore')
    if (kind === 'rejected') return { kind, reason: reasonOf(seen?.credentials, ports) }
    session.follow(seen)
    return { kind }
  }

  /** Whether a call that may be under way has to end first: the sign-out's, or the token request of another tab. */
  function mustWait({ lease, revocationPending: pending }: RecordContent, underLock: boolean): boolean {
    // A cookie that is renewed while the server hears of the sign-out would outlive it.
    const calledMs = pending ? clock.wallMs() - pending.calledAt : -1
    if (calledMs >= 0 && calledMs < signOutLeadMs) return true
    if (!lease || ownLeases.has(lease.id) || (lease.underLock && underLock)) return false
    const isOpen = ports.isLeaseOpen(lease, leaseLookMs)
    if (isOpen) otherLeases.add(lease.id)
    return isOpen
  }

  /** Step b: what the store holds now. `null`: look again, after a wait or because the key of a proof is gone. */
  async function prepare(): Promise<ReadyRequest | Outcome | null> {
    // An engine may take the lock from a page that it suspends. From then on only the lease protects.
    const underLock = lock?.shared === true && !lock.lost
    // Memory may be behind the store, and the store behind a message.
    if (records.lagMs) await pause(clock, records.lagMs)
    const seen = await records.read()
    if (seen === undefined) return storeUnavailable(ports)
    const early = followRecord(seen)
    if (early) return early
    const content = seen ?? emptyRecord()
    const { generation, credentials, sessionId } = content
    if (mustWait(content, underLock)) {
      await pause(clock, leaseLookMs)
      return null
    }
    const attempts = attemptsOf(content.lease, ports)
    // A token whose response was lost is sent once more, by whichever tab: that may outlast the outage. Not a third time.
    if (request.patience?.failed && attempts > 1)
      return { ...unavailable('network', leaseLookMs, 'two responses were lost'), next: 'never' }
    const id = randomId()
    ownLeases.set(id, sessionId)
    // At a start the cookie may be of any user: nothing of the former one is taken over.
    const former = cause === 'restore' || credentials?.ownerUnverified ? null : credentials
    // Stored by a release with another scheme: the refresh token may be bound to a key, too.
    if (former?.refreshToken && !scheme.accepts(former)) {
      await session.end('key-lost')
      return null
    }
    // A proof takes time, so it is made here: nothing is awaited between the lease and the send.
    const proved = scheme.prepare && (await scheme.prepare(former, ports.transport, strategy.endpoint))
    if (scheme.prepare && !proved) return null
    return { seen, content, lease: { id, generation, underLock, attempts: attempts + 1 }, former, proved }
  }

  /** Steps c and d, and what follows from the result. `null`: nothing was sent or saved, because something moved; back to b. */
  async function leaseAndSend({ seen, content, lease, former, proved }: ReadyRequest): Promise<Outcome | null> {
    // A lease in memory alone keeps no other tab away, so it cannot get old.
    const isAlone = records.state !== 'synced'
    const leasedAt = now(clock)
    // c: take the lease, if the record is still the one that was read.
    const leased = await records.acquireLease(seen, {
      ...content,
      lease: { ...lease, startedAt: leasedAt.wallMs },
      refreshCounts: circuitBreaker.countRefresh(cause),
    })
    // Other tabs can read the token, and would send it again.
    if (leased === undefined) return storeUnavailable(ports)
    if (!leased) return null
    // d: send, in the task in which these checks hold. Other tabs may have taken a page that slept since c for lost.
    const sent = now(clock)
    const isOld = !isAlone && elapsedMs(clock, leasedAt) > sentWithinMs
    const isOver = session.state.sessionId !== request.sessionId
    if (isOver) revocation.noteRefreshEnded(leased, false)
    if (isOld || isOver || ports.isDisposed() || (lease.underLock && lock?.lost)) return null
    circuitBreaker.noteSent()
    // ── POINT OF NO RETURN: the server may rotate the token. From here only the deadline ends the request.
    const result = await sendTokenRequest({ cause, audience, former, sent }, { ...ports, ...proved })
    const outcome = await applyResult(result, { request, leased, monotonicMs: sent.monotonicMs }, ports)
    revocation.noteRefreshEnded(leased, result.kind !== 'rejected')
    return outcome
  }

  try {
    while (ownLeases.size + otherLeases.size <= mostTries) {
      if (ports.isDisposed()) return { kind: 'disposed' }
      const found = await prepare()
      const outcome = found && 'content' in found ? await leaseAndSend(found) : found
      if (outcome) return outcome
    }
    return storeUnavailable(ports)
  } finally {
    // However it ended: other tabs would wait in vain for a lease that was left open.
    const { latest } = records
    if (latest?.lease && ownLeases.get(latest.lease.id) === latest.sessionId)
      await closeLease(latest, { lease: {} }, ports)
  }
}

/**
 * How many token requests with this token have lost their response. After the time for which servers accept a spent token, one
 * more makes no difference.
 */
const attemptsOf = (lease: Lease | null | undefined, { clock, reuseIntervalMs }: RefreshRequestPorts): number =>
  lease && clock.wallMs() - lease.startedAt < reuseIntervalMs ? (lease.attempts ?? 1) : 0

const storeUnavailable = ({ clock }: RefreshRequestPorts): Unavailable =>
  unavailable('store', Math.round(clock.random() * tryAgainMs), 'it cannot be used')
