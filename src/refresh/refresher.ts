import { type EndReason, RefreshUnavailableError } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { waking } from '../platform/wake.ts'
import type { Credentials } from '../session/credentials.ts'
import type { RefreshCause } from '../session/events.ts'
import { remainingMs } from './backoff.ts'
import { exchange } from './exchange.ts'
import { type Outcome, type UnavailableFailure, unavailable } from './exchange-ports.ts'
import { inTurn, type TurnPorts } from './lock-turn.ts'

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
  /** The server refused, and the person may be asked. */
  readonly onRefused: (reason: EndReason) => void
}

/** One refresh at a time for each session and generation (promise 1). */
export interface Refresher {
  /** The refresh of the current credentials, if one is under way. */
  readonly flight: Flight | null
  /** Joins the refresh under way, or starts one. */
  start(cause: RefreshCause): Flight
  /** Why no exchange may begin now, if so. */
  hindrance(): UnavailableFailure | null
  /** Sends the waiting home; the exchange goes on, since a rotated token must not be lost. */
  dispose(): void
}

/** Offline, nothing was tried; the browser tells when to try again. */
const offlineRetryMs = 1000

interface RunningFlight extends Flight {
  /** What it is to replace. */
  readonly from: Credentials | null
  blocks: boolean
  settle: (outcome: Outcome) => void
}

export function createRefresher(ports: RefresherPorts): Refresher {
  const { session, clock, breaker, wake, whenOffline } = ports
  let running: RunningFlight | null = null

  const isCurrent = ({ session: flown, from }: RunningFlight) =>
    flown === session.state.session && from === session.state.credentials

  // Whose session is over does not wait for an answer that will be dropped.
  session.changed.add(({ session: now }) => {
    if (running?.session && running.session !== now) running.settle({ kind: 'superseded' })
  })

  function hindrance(): UnavailableFailure | null {
    const failure = (reason: UnavailableFailure['reason'], retryAfterMs: number, detail: string) =>
      retryAfterMs ? { reason, status: null, retryAfterMs, detail } : null
    const { latest } = session.records
    return (
      (isOffline() && whenOffline === 'fail' ? failure('offline', offlineRetryMs, '') : null) ??
      failure('status', remainingMs(latest?.retryAt, clock.wallMs()), 'waiting after a failure') ??
      failure('status', breaker.fullForMs(), 'too many refreshes')
    )
  }

  async function run(flight: RunningFlight, cause: RefreshCause): Promise<Outcome> {
    if (isOffline() && whenOffline === 'wait' && cause !== 'start') {
      await waking(wake, () => !isOffline(), flight.outcome)
      if (running !== flight) return { kind: 'disposed' }
    }
    const hindered = hindrance()
    if (hindered) return unavailable(hindered)
    const { session: of, generation, from, outcome: over } = flight
    const flown = { session: of, generation, accessToken: from?.accessToken ?? null, cause, over }
    const outcome = await inTurn(flown, ports, lock => exchange(flown, lock, ports))
    ports.announce()
    return outcome
  }

  function conclude(flight: RunningFlight, outcome: Outcome): void {
    // Who was disposed of meanwhile is told nothing.
    const isHeard = running === flight && isCurrent(flight)
    if (running === flight) running = null
    if (isHeard && outcome.kind === 'unavailable') {
      const { detail } = outcome.failure
      session.emit('refresh-failed', { error: new RefreshUnavailableError(outcome.failure, detail) })
    } else if (isHeard && outcome.kind === 'refused' && session.state.credentials) {
      ports.onRefused(outcome.reason)
    }
    flight.settle(outcome)
  }

  return {
    get flight() {
      return running && isCurrent(running) ? running : null
    },
    start(cause) {
      const blocks = cause !== 'due' && cause !== 'asked'
      if (running && isCurrent(running)) {
        running.blocks ||= blocks
        return running
      }
      let settle: RunningFlight['settle'] = () => {}
      const outcome = new Promise<Outcome>(resolve => {
        settle = resolve
      })
      const { session: of, generation, credentials: from } = session.state
      const flight: RunningFlight = { session: of, generation, from, blocks, outcome, settle }
      running = flight
      // A mistake of ours must not leave anybody waiting; the caller sees it as what it is to them.
      run(flight, cause)
        .catch(
          (error): Outcome => unavailable({ reason: 'network', status: null, retryAfterMs: 0, detail: String(error) }),
        )
        .then(ended => conclude(flight, ended))
      return flight
    },
    hindrance,
    dispose() {
      running?.settle({ kind: 'disposed' })
      running = null
    },
  }
}
