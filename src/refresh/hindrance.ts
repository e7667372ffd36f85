import { remainingMs } from './backoff.ts'
import type { ExchangePorts, Unavailable } from './exchange-ports.ts'

/** Without a status that would say more. */
export const unavailable = <Reason extends Unavailable['reason'], Ms extends number | null>(
  reason: Reason,
  retryAfterMs: Ms,
  detail: string,
) => ({ kind: 'unavailable', reason, status: null, retryAfterMs, detail }) as const

/** Why no exchange may begin now, by the newest record: other tabs may have failed, or exchanged, since. */
export function recordedHindrance({ session, clock, breaker }: ExchangePorts): Unavailable | null {
  const pauseMs = remainingMs(session.records.latest?.retryAt, clock.wallMs())
  if (pauseMs) return unavailable('status', pauseMs, 'waiting after a failure')
  const fullMs = breaker.fullForMs()
  return fullMs ? unavailable('status', fullMs, 'too many refreshes') : null
}
