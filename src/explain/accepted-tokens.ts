import type { HistoryFacts } from './facts.ts'
import { originOf } from './questions.ts'

interface Accepted {
  readonly generation: number
  readonly epoch: number
  readonly route: string
  readonly issuer: string | null
}

interface SentRequest {
  readonly url: string
  readonly epoch: number
  readonly generation: number
  readonly route: string
}

/** What is remembered of the responses of each origin. */
export function createHistory() {
  const accepted = new Map<string, Accepted>()
  const readable = new Set<string>()

  return {
    /** A response to a request with credentials could be read. */
    wasRead: (url: string) => void readable.add(originOf(url)),
    wasAccepted: (url: string, one: Accepted) => void accepted.set(originOf(url), one),
    /** What it says about a request with the token of this generation. */
    about({ url, epoch, generation, route }: SentRequest): Omit<HistoryFacts, 'isOtherSession' | 'endReason'> {
      const found = accepted.get(originOf(url))
      const isSameToken = found?.epoch === epoch && found.generation === generation && found.route !== route
      return {
        acceptedAt: found && isSameToken ? found.route : null,
        acceptedIssuer: found?.issuer ?? null,
        wasReadable: readable.has(originOf(url)),
      }
    },
  }
}
