import type { Credentials } from '../session/credentials.ts'
import type { Clock } from '../time/clock.ts'
import { createPauses, type Pauses } from '../time/wait.ts'
import type { Patience } from './plan-retry.ts'
import type { Outcome, RefreshRequest } from './refresh-ports.ts'

/** A refresh under way, shared by all requests that wait for it. */
export interface Flight {
  readonly sessionId: string | null
  readonly generation: number
  /** Whether the token it replaces must not be sent: it was rejected, or has expired, or there is none. */
  readonly blocksRequests: boolean
  /** Never rejects, so it may be left without a handler. */
  readonly outcome: Promise<Outcome>
}

/** A flight as the refresher, its only owner, sees it. */
export interface RunningFlight extends Flight, RefreshRequest, Pauses {
  replaces: Credentials | null
  generation: number
  blocksRequests: boolean
  patience?: Patience | undefined
  settle(outcome: Outcome): void
}

export function createFlight(request: RefreshRequest & Pick<Flight, 'blocksRequests'>, clock: Clock): RunningFlight {
  let settle: RunningFlight['settle'] = () => {}
  const outcome = new Promise<Outcome>(resolve => {
    settle = resolve
  })
  const pauses = createPauses(clock)
  return {
    ...request,
    ...pauses,
    outcome,
    settle(ended) {
      settle(ended)
      pauses.resume()
    },
  }
}
