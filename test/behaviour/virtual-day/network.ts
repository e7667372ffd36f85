import type { Random } from '../../support/random.ts'
import type { Computer, PageLife } from '../../support/worlds/computer.ts'
import type { Timeline } from '../../support/worlds/timeline.ts'
import type { DaySettings } from './settings.ts'

/** What becomes of a request on its way; the judge may look. */
export interface Passage {
  readonly answer: Promise<Response>
  /** Told when the page learns something, or gives up. */
  onEnd(ended: (isAnswered: boolean) => void): void
}

export interface Network {
  isDown: boolean
  isCalm: boolean
  send(page: PageLife, handle: () => Response, signal: AbortSignal | null | undefined): Passage
}

export function createNetwork(
  timeline: Timeline,
  computer: Computer,
  { lossRate, slowRate }: DaySettings,
  random: Random,
): Network {
  const delayMs = () => {
    if (network.isCalm || !random.chance(slowRate)) return random.between(5, 120)
    return random.chance(0.5) ? random.between(120, 2000) : random.between(2000, 22_000)
  }
  const isLost = () => !network.isCalm && random.chance(lossRate)

  const network: Network = {
    isDown: false,
    isCalm: false,
    send(page, handle, signal) {
      let tell = (_isAnswered: boolean) => {}
      const answer = new Promise<Response>((resolve, reject) => {
        const end = (isAnswered: boolean, settle: () => void) => {
          tell(isAnswered)
          tell = () => {}
          settle()
        }
        const fail = (delay: number): void =>
          void page.task(delay, () => end(false, () => reject(new TypeError('network error'))))
        signal?.addEventListener('abort', () => end(false, () => reject(signal.reason)))
        if (network.isDown) return fail(random.between(1, 50))
        // Some failures are seen at once, some only after a long silence.
        if (isLost()) return fail(random.chance(0.5) ? random.between(5, 500) : random.between(500, 30_000))
        timeline.after(delayMs() / 2, () => {
          const response = handle()
          const isCut = isLost() || (computer.isAsleep && random.chance(0.7))
          if (isCut) fail(random.between(5, 20_000))
          else page.task(delayMs() / 2, () => end(true, () => resolve(response)))
        })
      })
      return {
        answer,
        onEnd(ended) {
          tell = ended
        },
      }
    },
  }
  return network
}
