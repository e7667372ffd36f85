import { remainingMs } from './backoff.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/** Why no exchange may begin now, by the newest record: other tabs may have failed, or exchanged, since. */
export function recordedHindrance({ session, clock, breaker }: ExchangePorts): Unavailable | null {
  const pauseMs = remainingMs(session.records.latest?.retryAt, clock.wallMs())
  if (pauseMs) return unavailable('status', pauseMs, 'waiting after a failure')
  const fullMs = breaker.fullForMs()
  return fullMs ? unavailable('status', fullMs, 'too many refreshes') : null
}
