import type { RefreshUnavailableError } from '../errors.ts'

/** No refresh now, with what the error for waiting requests says. */
export interface Unavailable extends Pick<RefreshUnavailableError, 'reason' | 'status' | 'retryAfterMs'> {
  readonly kind: 'unavailable'
  readonly detail: string
  /** The failure that it follows from. */
  readonly cause?: RefreshUnavailableError | undefined
  /** Whether the server surely did not rotate the token. */
  readonly isUnrotated?: boolean | undefined
  /** Whether the next attempt is made for the requests that wait for this one. Left out: nothing was attempted. */
  readonly next?: 'planned' | 'unplanned' | 'never' | undefined
}

/** One without a response status. */
export const unavailable = <Reason extends Unavailable['reason'], Ms extends number | null>(
  reason: Reason,
  retryAfterMs: Ms,
  detail: string,
) => ({ kind: 'unavailable', reason, status: null, retryAfterMs, detail }) as const
