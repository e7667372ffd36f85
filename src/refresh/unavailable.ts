import type { RefreshUnavailableError } from '../errors.ts'

/** Not now, and what is told to whoever waits. */
export interface Unavailable extends Pick<RefreshUnavailableError, 'reason' | 'status' | 'retryAfterMs'> {
  readonly kind: 'unavailable'
  readonly detail: string
  /** The failure that it follows from. */
  readonly cause?: RefreshUnavailableError | undefined
  /** Whether the server surely did not rotate the token. */
  readonly isUnrotated?: boolean | undefined
  /** Whether the next try is made for those who wait for this one. Left out: nothing was tried. */
  readonly next?: 'planned' | 'unplanned' | 'never' | undefined
}

/** Without a status that would say more. */
export const unavailable = <Reason extends Unavailable['reason'], Ms extends number | null>(
  reason: Reason,
  retryAfterMs: Ms,
  detail: string,
) => ({ kind: 'unavailable', reason, status: null, retryAfterMs, detail }) as const
