import type { RefreshUnavailableError } from '../errors.ts'

/** Not now, and what who waits is told of it. */
export interface Unavailable extends Pick<RefreshUnavailableError, 'reason' | 'status' | 'retryAfterMs'> {
  readonly kind: 'unavailable'
  readonly detail: string
}

/** Without a status that would say more. */
export const unavailable = <Reason extends Unavailable['reason'], Ms extends number | null>(
  reason: Reason,
  retryAfterMs: Ms,
  detail: string,
) => ({ kind: 'unavailable', reason, status: null, retryAfterMs, detail }) as const
