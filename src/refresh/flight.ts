import type { Clock } from '../platform/clock.ts'
import type { Credentials } from '../session/credentials.ts'
import type { Flown, Outcome } from './exchange-ports.ts'
import type { Patience } from './patience.ts'

/** A refresh under way, shared by all who wait for it. */
export interface Flight {
  readonly session: string | null
  readonly generation: number
  /** Whether the token it replaces must not be sent: it was refused, or has expired, or there is none. */
  readonly blocks: boolean
  /** Never rejects, so that nobody need wait for it. */
  readonly outcome: Promise<Outcome>
}

/** As its one owner sees it. */
export interface RunningFlight extends Flight, Flown {
  from: Credentials | null
  generation: number
  blocks: boolean
  patience?: Patience | undefined
  /** Waits until then, or until {@link goOn}. */
  pause(ms: number): Promise<void>
  goOn(): void
  settle(outcome: Outcome): void
}

export function createFlight(flown: Flown & Pick<Flight, 'blocks'>, clock: Clock): RunningFlight {
  let settle: RunningFlight['settle'] = () => {}
  const outcome = new Promise<Outcome>(resolve => {
    settle = resolve
  })
  let goOn = () => {}
  return {
    ...flown,
    outcome,
    pause: ms =>
      new Promise(resolve => {
        const cancel = clock.setTimer(resolve, ms)
        goOn = () => {
          cancel()
          resolve()
        }
      }),
    goOn: () => goOn(),
    settle(ended) {
      settle(ended)
      goOn()
    },
  }
}
