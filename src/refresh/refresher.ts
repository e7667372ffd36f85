import { type EndReason, RefreshUnavailableError } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { forAudience, isSameToken } from '../session/audience.ts'
import type { RefreshCause } from '../session/events.ts'
import { remainingLifetimeMs } from '../session/expiry.ts'
import { restMs } from '../time/backoff.ts'
import { earlyTimerMs, tryAgainMs } from '../time/delays.ts'
import { createFlight, type Flight, type RunningFlight } from './flight.ts'
import { type LockTurnPorts, runInLockTurn } from './lock-turn.ts'
import type { PendingCalls } from './pending-calls.ts'
import { outlastsWait } from './plan-retry.ts'
import { createRefreshBlocks } from './refresh-blocks.ts'
import { mostTries, type Outcome } from './refresh-ports.ts'
import { runRefreshRequest } from './refresh-request.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

export interface RefresherPorts extends LockTurnPorts {
  readonly whenOffline: 'fail' | 'wait'
  readonly patienceMs: number
  /** The server rejected the refresh; a dialog may still renew the session. */
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
  /** Why no token request may begin now, where waiting for the end of that is of no use. */
  lastingBlock(): Unavailable | null
  /** Settles all flights as disposed. A token request goes on, since a rotated token must not be lost. */
  dispose(): void
}

export function createRefresher(ports: RefresherPorts): Refresher {
  const { session, clock, wake, whenOffline, patienceMs } = ports
  const { audienceOf } = ports.strategy
  /** By audience. */
  const flights = new Map<string | undefined, RunningFlight>()
  /** By the monotonic clock, for this page only. Does not concern requests that wait for a refresh. */
  let restsUntil = 0

  const isCurrent = ({ sessionId, replaces: credentials, generation, audience }: RunningFlight) =>
    sessionId === session.state.sessionId &&
    isSameToken({ credentials, generation }, session.state, { audienceOf, audience })
  const isUnderWay = (flight: RunningFlight) => flights.get(flight.audience) === flight
  const currentOf = (audience: string | undefined) => {
    const flight = flights.get(audience)
    return flight && isCurrent(flight) ? flight : null
  }

  // A flight whose session is over would wait for a result that is dropped, so it settles now. Remove it first: should the store
  // bring that session back, no request may join the old outcome.
  session.changed.add(({ sessionId: now }) => {
    for (const flight of flights.values()) {
      if (flight.sessionId && flight.sessionId !== now) {
        flights.delete(flight.audience)
        flight.settle({ kind: 'superseded' })
        // What it would bring is here already.
      } else if (!isCurrent(flight)) flight.resume()
    }
  })

  const blocks = createRefreshBlocks(ports)
  /** Offline, a failure without a response passes when the network is back, unless it is `unreadable-response` or `no-refresh-token`. */
  const waitsForNetwork = ({ status, reason }: Unavailable) =>
    whenOffline === 'wait' && isOffline() && status === null && !/unread|no-/.test(reason)

  function isWorthWaiting(flight: RunningFlight, found: Unavailable): boolean {
    const { patience, cause } = flight
    if (!patience || !isUnderWay(flight)) return false // After `dispose`, no pause and so no timer.
    if (found.next === 'planned' || (waitsForNetwork(found) && cause !== 'restore')) return true
    return !outlastsWait(
      found,
      Math.max(patience.untilMs - clock.monotonicMs(), found.next || !patienceMs ? 0 : earlyTimerMs),
    )
  }
  const startPatience = (flight: RunningFlight) => {
    flight.patience = { untilMs: clock.monotonicMs() + patienceMs, failed: flight.patience?.failed ?? 0 }
  }

  async function attempt(flight: RunningFlight): Promise<Outcome> {
    // A mistake in this library must not leave requests waiting: to them the refresh is unavailable.
    const requestPorts = { ...ports, blockedBy: blocks.blockedBy }
    const turn = ports.pendingCalls.track(
      runInLockTurn(flight, ports, lock => runRefreshRequest(flight, lock, requestPorts)),
    )
    const outcome = await turn.catch((error): Unavailable => unavailable('store', tryAgainMs, String(error?.message)))
    ports.announce()
    const hasFailed = blocks.noteOutcome(outcome)
    if (hasFailed && flight.patience) flight.patience = { ...flight.patience, failed: flight.patience.failed + 1 }
    // No rest for a token whose response was lost: it must be sent again while the server accepts it.
    const mayRest = outcome.kind === 'unavailable' && outcome.isUnrotated && !flight.patience
    restsUntil = mayRest ? restOf(flight) : 0
    return outcome
  }
  function restOf({ replaces, audience }: RunningFlight): number {
    const sentAt = audience === undefined ? session.state.monotonicSentAt : null
    const left = replaces ? remainingLifetimeMs(forAudience(replaces, audience), sentAt, clock) : 0
    return clock.monotonicMs() + restMs(left, clock.random())
  }

  /** Runs after the flights in `before`: each sends the refresh token of the one before it (auth0-spa-js issue 1684). */
  async function run(flight: RunningFlight, before: readonly Flight[]): Promise<Outcome> {
    for (const { outcome } of before) await outcome
    for (let rounds = 0; ; ) {
      if (!isUnderWay(flight)) return { kind: 'disposed' }
      const { generation, credentials } = session.state
      // Go on from what earlier flights or other tabs have brought.
      if (isCurrent(flight))
        Object.assign(flight, { generation, replaces: credentials } satisfies Partial<RunningFlight>)
      const isHopeless = flight.audience !== undefined && !ports.canRefresh()
      const blocked = isHopeless
        ? unavailable('no-refresh-token', tryAgainMs, '')
        : blocks.blockedBy(flight.cause === 'restore')
      const outcome = blocked ?? (await attempt(flight))
      if (outcome.kind === 'unavailable') {
        if (isCurrent(flight) && !isWorthWaiting(flight, outcome)) return outcome
        // Requests that join meanwhile share the patience of those that wait: otherwise these could wait for ever.
        if (isCurrent(flight)) await flight.pause(outcome.retryAfterMs)
        // A sign-in, or another tab, has brought something newer.
        if (!isCurrent(flight)) return { kind: 'adopted' }
        continue
      }
      // What another tab brought first may have been for another audience.
      if (outcome.kind !== 'adopted' || !audienceOf || !isCurrent(flight) || ++rounds > mostTries) return outcome
    }
  }

  function settleFlight(flight: RunningFlight, outcome: Outcome): void {
    // After `dispose` nothing is emitted.
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
      const { sessionId, generation, credentials: replaces } = session.state
      const startedMs = clock.monotonicMs()
      const flight = createFlight(
        { sessionId, generation, replaces, cause, startedMs, audience, blocksRequests },
        clock,
      )
      if (ports.isDisposed()) {
        flight.settle({ kind: 'disposed' })
        return flight
      }
      if (!isBackground) startPatience(flight)
      const before = [...flights.values()].filter(isCurrent)
      flights.set(audience, flight)
      session.emit('refresh-started', { cause, audience: audience ?? null })
      // A user who comes back to the page waits from now.
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
