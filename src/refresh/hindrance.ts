import { remainingMs } from './backoff.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/** Why no exchange may begin now, by the newest record: other tabs may have failed, or exchanged, since. */
export function recordedHindrance({ session, clock, breaker }: ExchangePorts, isStart = false): Unavailable | null {
  const pauseMs = remainingMs(session.records.latest?.retryAt, clock.wallMs())
  if (pauseMs) return unavailable('status', pauseMs, 'waiting after a failure')
  const fullMs = isStart ? 0 : breaker.fullForMs()
  return fullMs ? unavailable('circuit-open', fullMs, 'too many refreshes that helped nobody') : null
}
