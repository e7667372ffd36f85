import { RefreshUnavailableError, summarize } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { remainingMs } from './backoff.ts'
import type { ExchangePorts, Outcome } from './exchange-ports.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/** Why no exchange may begin now, by the newest record: other tabs may have failed, or exchanged, since. */
export function recordedHindrance({ session, clock, breaker }: ExchangePorts, isStart = false): Unavailable | null {
  const pauseMs = remainingMs(session.records.latest?.retryAt, clock.wallMs())
  if (pauseMs) return unavailable('backing-off', pauseMs, 'after a failure')
  const fullMs = isStart ? 0 : breaker.fullForMs()
  return fullMs ? unavailable('circuit-open', fullMs, 'too many refreshes that helped nobody') : null
}

/** What keeps this page from beginning an exchange. */
export interface Hindrances {
  now(isStart?: boolean): Unavailable | null
  /** How an exchange ended. Answers whether it was made, and failed. */
  note(outcome: Outcome): boolean
}

export function createHindrances(ports: ExchangePorts): Hindrances {
  const { clock } = ports
  /** What those who come too soon after it are told. */
  let failure: Unavailable | undefined
  /** A backoff of this page alone, which ends as soon as the browser says that there is a network. */
  let offlineUntil = 0

  return {
    now(isStart) {
      const offlineMs = isOffline() ? remainingMs(offlineUntil, clock.wallMs()) : 0
      const found = offlineMs ? unavailable('offline', offlineMs, '') : recordedHindrance(ports, isStart)
      if (!failure || !found || found.reason === 'circuit-open') return found
      return { ...found, detail: `after ${summarize(failure)}`, cause: new RefreshUnavailableError(failure) }
    },
    note(outcome) {
      if (outcome.kind === 'unavailable' && !outcome.next) return false
      failure = outcome.kind === 'unavailable' ? outcome : undefined
      if (failure?.reason === 'offline') offlineUntil = clock.wallMs() + failure.retryAfterMs
      return failure !== undefined
    },
  }
}
