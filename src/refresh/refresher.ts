import { type EndReason, RefreshUnavailableError } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { waking } from '../platform/wake.ts'
import { isSameToken } from '../session/audience.ts'
import type { Credentials } from '../session/credentials.ts'
import type { RefreshCause } from '../session/events.ts'
import { exchange } from './exchange.ts'
import { type Flown, mostTries, type Outcome } from './exchange-ports.ts'
import { recordedHindrance } from './hindrance.ts'
import { inTurn, type TurnPorts } from './lock-turn.ts'
import type { UnderWay } from './revocation.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/** A refresh under way, shared by all who wait for it. */
export interface Flight {
  readonly session: string | null
  readonly generation: number
  /** Whether the token it replaces must not be sent: it was refused, or has expired, or there is none. */
  readonly blocks: boolean
  /** Never rejects, so that nobody need wait for it. */
  readonly outcome: Promise<Outcome>
}

export interface RefresherPorts extends TurnPorts {
  readonly whenOffline: 'fail' | 'wait'
  /** Whether this client was disposed of: what still asks for a flight began before that, and gets none. */
  readonly isOver: () => boolean
  /** The server refused, and the person may be asked. */
  readonly onRefused: (reason: EndReason) => void
  readonly underWay: UnderWay
}

/** One refresh at a time for each session and generation (promise 1), whatever audience it is for. */
export interface Refresher {
  /** The refresh of the current credentials, or of one audience's token, if one is under way. */
  flightOf(audience?: string): Flight | null
  /** Joins the refresh under way, or starts one. */
  start(cause: RefreshCause, audience?: string): Flight
  /** Why no exchange may begin now, if so. */
  hindrance(): Unavailable | null
  /** Sends the waiting home; the exchange goes on, since a rotated token must not be lost. */
  dispose(): void
}

/** Where nothing was tried, and no time is known at which it would help. */
const retryMs = 1000

interface RunningFlight extends Flight, Flown {
  from: Credentials | null
  generation: number
  blocks: boolean
  settle: (outcome: Outcome) => void
}

export function createRefresher(ports: RefresherPorts): Refresher {
  const { session, clock, wake, whenOffline } = ports
  const { audienceOf } = ports.strategy
  /** By audience. */
  const flights = new Map<string | undefined, RunningFlight>()

  const isCurrent = ({ session: flown, from: credentials, generation, audience }: RunningFlight) =>
    flown === session.state.session && isSameToken({ credentials, generation }, session.state, audienceOf, audience)
  const isUnderWay = (flight: RunningFlight) => flights.get(flight.audience) === flight
  const currentOf = (audience: string | undefined) => {
    const flight = flights.get(audience)
    return flight && isCurrent(flight) ? flight : null
  }

  // Whose session is over does not wait for an answer that will be dropped. Should the store bring that session back, it is
  // not to be joined: what it settled with is old.
  session.changed.add(({ session: now }) => {
    for (const flight of flights.values()) {
      if (!flight.session || flight.session === now) continue
      flights.delete(flight.audience)
      flight.settle({ kind: 'superseded' })
    }
  })

  const hindrance = (isStart?: boolean) =>
    isOffline() && whenOffline === 'fail' ? unavailable('offline', retryMs, '') : recordedHindrance(ports, isStart)

  /** After those in `before`: each presents the refresh token that the one before it brought (auth0-spa-js issue 1684). */
  async function run(flight: RunningFlight, before: readonly Flight[]): Promise<Outcome> {
    for (const { outcome } of before) await outcome
    if (isOffline() && whenOffline === 'wait' && flight.cause !== 'start') {
      await waking(wake, () => !isOffline(), flight.outcome)
    }
    for (let rounds = 0; ; rounds += 1) {
      if (!isUnderWay(flight)) return { kind: 'disposed' }
      const { generation, credentials } = session.state
      // What those before it brought, or another tab, is what it goes on from.
      if (isCurrent(flight)) Object.assign(flight, { generation, from: credentials })
      const isHopeless = flight.audience !== undefined && !ports.canRefresh()
      const hindered = isHopeless
        ? unavailable('network', retryMs, 'no refresh token is held')
        : hindrance(flight.cause === 'start')
      if (hindered) return hindered
      const outcome = await ports.underWay.add(inTurn(flight, ports, lock => exchange(flight, lock, ports)))
      ports.announce()
      // What came first, in another tab, may have been for another audience.
      if (outcome.kind !== 'adopted' || !audienceOf || !isCurrent(flight) || rounds >= mostTries) return outcome
    }
  }

  function conclude(flight: RunningFlight, outcome: Outcome): void {
    // Who was disposed of meanwhile is told nothing.
    const isHeard = isUnderWay(flight) && isCurrent(flight)
    if (isUnderWay(flight)) flights.delete(flight.audience)
    if (isHeard && outcome.kind === 'unavailable') {
      const durationMs = clock.monotonicMs() - flight.startedMs
      session.emit('refresh-failed', { error: new RefreshUnavailableError(outcome), durationMs })
    } else if (isHeard && outcome.kind === 'refused' && session.state.credentials) {
      ports.onRefused(outcome.reason)
    }
    flight.settle(outcome)
  }

  return {
    flightOf: currentOf,
    start(cause, audience) {
      const blocks = cause !== 'due' && cause !== 'asked'
      const joined = currentOf(audience)
      if (joined) {
        joined.blocks ||= blocks
        return joined
      }
      let settle: RunningFlight['settle'] = () => {}
      const outcome = new Promise<Outcome>(resolve => {
        settle = resolve
      })
      const { session: of, generation, credentials: from } = session.state
      const startedMs = clock.monotonicMs()
      const flight: RunningFlight = {
        session: of,
        generation,
        from,
        cause,
        startedMs,
        audience,
        blocks,
        outcome,
        settle,
      }
      if (ports.isOver()) {
        settle({ kind: 'disposed' })
        return flight
      }
      flights.delete(audience)
      const before = [...flights.values()].filter(isCurrent)
      flights.set(audience, flight)
      session.emit('refresh-started', { cause, audience: audience ?? null })
      // A mistake of ours must not leave anybody waiting; the caller sees it as what it is to them.
      run(flight, before)
        .catch(error => unavailable('network', retryMs, String(error)))
        .then(ended => conclude(flight, ended))
      return flight
    },
    hindrance: () => hindrance(),
    dispose() {
      for (const { settle } of flights.values()) settle({ kind: 'disposed' })
      flights.clear()
    },
  }
}
