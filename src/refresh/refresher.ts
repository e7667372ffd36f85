import { type EndReason, RefreshUnavailableError } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { forAudience, isSameToken } from '../session/audience.ts'
import type { RefreshCause } from '../session/events.ts'
import { remainingLifetimeMs } from '../session/expiry.ts'
import { restMs } from './backoff.ts'
import { createFlight, type Flight, type RunningFlight } from './flight.ts'
import { type LockTurnPorts, runInLockTurn } from './lock-turn.ts'
import { outlastsWait } from './patience.ts'
import { createRefreshBlocks } from './refresh-blocks.ts'
import { mostTries, type Outcome } from './refresh-ports.ts'
import { runRefreshRequest } from './refresh-request.ts'
import type { PendingCalls } from './revocation.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

export interface RefresherPorts extends LockTurnPorts {
  readonly whenOffline: 'fail' | 'wait'
  /** Whether this client was disposed of: what still asks for a flight began before that, and gets none. */
  readonly isDisposed: () => boolean
  readonly patienceMs: number
  /** The server rejected, and the person may be asked. */
  readonly onRejected: (reason: EndReason) => void
  readonly pendingCalls: PendingCalls
}

/** One refresh at a time for each session and generation (promise 1), whatever audience it is for. */
export interface Refresher {
  /** The refresh of the current credentials, or of one audience's token, if one is under way. */
  flightOf(audience?: string): Flight | null
  /** Joins the refresh under way, or starts one. */
  start(cause: RefreshCause, audience?: string): Flight
  /** Why no token request may begin now, if so. */
  blockedBy(): Unavailable | null
  /** Whether a token that is expiring is used as a good one: its renewal failed, and there is time. */
  isResting(): boolean
  /** Why no token request may begin now, where it is no use to wait for the end of it. */
  lastingBlock(): Unavailable | null
  /** Sends the waiting home; the token request goes on, since a rotated token must not be lost. */
  dispose(): void
}

/** Where nothing was tried, and no time is known at which it would help. */
const retryMs = 1000
/** What may be left of a backoff when its timer has fired. */
const earlyMs = 50

export function createRefresher(ports: RefresherPorts): Refresher {
  const { session, clock, wake, whenOffline, patienceMs } = ports
  const { audienceOf } = ports.strategy
  /** By audience. */
  const flights = new Map<string | undefined, RunningFlight>()
  /** By the monotonic clock. Of this page alone: what waits for a refresh does not mind it. */
  let restsUntil = 0

  const isCurrent = ({ sessionId, replaces: credentials, generation, audience }: RunningFlight) =>
    sessionId === session.state.sessionId &&
    isSameToken({ credentials, generation }, session.state, { audienceOf, audience })
  const isUnderWay = (flight: RunningFlight) => flights.get(flight.audience) === flight
  const currentOf = (audience: string | undefined) => {
    const flight = flights.get(audience)
    return flight && isCurrent(flight) ? flight : null
  }

  // Whose session is over does not wait for an answer that will be dropped. Should the store bring that session back, it is
  // not to be joined: what it settled with is old.
  session.changed.add(({ sessionId: now }) => {
    for (const flight of flights.values()) {
      if (flight.sessionId && flight.sessionId !== now) {
        flights.delete(flight.audience)
        flight.settle({ kind: 'superseded' })
        // What it waits to bring is here.
      } else if (!isCurrent(flight)) flight.resume()
    }
  })

  const blocks = createRefreshBlocks(ports)
  /** Offline, what is no answer passes when there is a network. */
  const waitsForNetwork = ({ status, reason }: Unavailable) =>
    whenOffline === 'wait' && isOffline() && status === null && !/^(unread|no-)/.test(reason)

  function isWorthWaiting(flight: RunningFlight, found: Unavailable): boolean {
    const { patience, cause } = flight
    if (!patience) return false
    if (found.next === 'planned' || (waitsForNetwork(found) && cause !== 'restore')) return true
    return !outlastsWait(
      found,
      Math.max(patience.untilMs - clock.monotonicMs(), found.next || !patienceMs ? 0 : earlyMs),
    )
  }
  const startPatience = (flight: RunningFlight) => {
    flight.patience = { untilMs: clock.monotonicMs() + patienceMs, failed: flight.patience?.failed ?? 0 }
  }

  async function attempt(flight: RunningFlight): Promise<Outcome> {
    // A mistake of ours must not leave anybody waiting; the caller sees it as what it is to them.
    const turn = ports.pendingCalls.track(runInLockTurn(flight, ports, lock => runRefreshRequest(flight, lock, ports)))
    const outcome = await turn.catch((error): Unavailable => unavailable('store', retryMs, String(error?.message)))
    ports.announce()
    const hasFailed = blocks.noteOutcome(outcome)
    if (hasFailed && flight.patience) flight.patience = { ...flight.patience, failed: flight.patience.failed + 1 }
    // A token whose answer was lost is to be presented again while the server forgives that.
    const mayRest = outcome.kind === 'unavailable' && outcome.isUnrotated && !flight.patience
    restsUntil = hasFailed && mayRest ? restOf(flight) : 0
    return outcome
  }
  function restOf({ replaces, audience }: RunningFlight): number {
    const sentAt = audience === undefined ? session.state.monotonicSentAt : null
    const left = replaces ? remainingLifetimeMs(forAudience(replaces, audience), sentAt, clock) : 0
    return clock.monotonicMs() + restMs(left, clock.random())
  }

  /** After those in `before`: each presents the refresh token that the one before it brought (auth0-spa-js issue 1684). */
  async function run(flight: RunningFlight, before: readonly Flight[]): Promise<Outcome> {
    for (const { outcome } of before) await outcome
    for (let rounds = 0; ; ) {
      if (!isUnderWay(flight)) return { kind: 'disposed' }
      const { generation, credentials } = session.state
      // What those before it brought, or another tab, is what it goes on from.
      if (isCurrent(flight))
        Object.assign(flight, { generation, replaces: credentials } satisfies Partial<RunningFlight>)
      const isHopeless = flight.audience !== undefined && !ports.canRefresh()
      const blocked = isHopeless
        ? unavailable('no-refresh-token', retryMs, 'no refresh token is held')
        : blocks.blockedBy(flight.cause === 'restore')
      const outcome = blocked ?? (await attempt(flight))
      if (outcome.kind === 'unavailable') {
        if (isCurrent(flight) && !isWorthWaiting(flight, outcome)) return outcome
        // Who joins meanwhile shares the patience of those who wait already: these are not to wait for ever.
        if (isCurrent(flight)) await flight.pause(outcome.retryAfterMs)
        // A sign-in, or another tab, has brought something newer.
        if (!isCurrent(flight)) return { kind: 'adopted' }
        continue
      }
      // What came first, in another tab, may have been for another audience.
      if (outcome.kind !== 'adopted' || !audienceOf || !isCurrent(flight) || ++rounds > mostTries) return outcome
    }
  }

  function settleFlight(flight: RunningFlight, outcome: Outcome): void {
    // Who was disposed of meanwhile is told nothing.
    const isHeard = isUnderWay(flight) && isCurrent(flight)
    if (isUnderWay(flight)) flights.delete(flight.audience)
    if (isHeard && outcome.kind === 'unavailable') {
      const durationMs = clock.monotonicMs() - flight.startedMs
      session.emit('refresh-failed', { error: new RefreshUnavailableError(outcome), durationMs })
    } else if (isHeard && outcome.kind === 'rejected' && session.state.credentials) {
      ports.onRejected(outcome.reason)
    }
    flight.settle(outcome)
  }

  return {
    flightOf: currentOf,
    start(cause, audience) {
      const isBackground = cause === 'expiring'
      const blocksRequests = !isBackground && cause !== 'manual'
      const joined = currentOf(audience)
      if (joined) {
        joined.blocksRequests ||= blocksRequests
        if (!isBackground && !joined.patience) startPatience(joined)
        return joined
      }
      const { sessionId: of, generation, credentials: replaces } = session.state
      const startedMs = clock.monotonicMs()
      const flight = createFlight(
        { sessionId: of, generation, replaces, cause, startedMs, audience, blocksRequests },
        clock,
      )
      if (ports.isDisposed()) {
        flight.settle({ kind: 'disposed' })
        return flight
      }
      if (!isBackground) startPatience(flight)
      flights.delete(audience)
      const before = [...flights.values()].filter(isCurrent)
      flights.set(audience, flight)
      session.emit('refresh-started', { cause, audience: audience ?? null })
      // Who comes back to the page has patience anew.
      const stop = wake.onWake(() => {
        if (flight.patience) startPatience(flight)
        flight.resume()
      })
      run(flight, before).then(ended => {
        stop()
        settleFlight(flight, ended)
      })
      return flight
    },
    blockedBy: () => blocks.blockedBy(),
    isResting: () => clock.monotonicMs() < restsUntil,
    lastingBlock() {
      const found = blocks.blockedBy()
      return found && !waitsForNetwork(found) && outlastsWait(found, patienceMs) ? found : null
    },
    dispose() {
      for (const flight of flights.values()) flight.settle({ kind: 'disposed' })
      flights.clear()
    },
  }
}
