import {
  failuresForgottenMs,
  firstBackoffMs,
  firstRoutePauseMs,
  longestBackoffMs,
  longestRetryAfterMs,
  longestRoutePauseMs,
} from './delays.ts'

/** Failures in a row, by now. */
export function recentFailures(failures = 0, retryAt = 0, wallMs: number): number {
  return wallMs - retryAt < failuresForgottenMs ? failures : 0
}

const doubledMs = (firstMs: number, times: number, longestMs: number): number =>
  Math.min(longestMs, firstMs * 2 ** (times - 1))

interface Backoff {
  /** In a row. */
  readonly failures: number
  /** What the server asked for, if it did (RFC 9110 §10.2.3). */
  readonly retryAfterMs: number | null
  /** The most that chance may add. */
  readonly capMs: number
}

/**
 * How long to leave the token endpoint alone: full jitter, so that clients that failed together do not come back together;
 * never shorter than the server asked for.
 */
export function backoffMs({ failures, retryAfterMs, capMs }: Backoff, random: number): number {
  const jitterMs = random * Math.min(capMs, doubledMs(firstBackoffMs, failures, longestBackoffMs))
  return Math.round((retryAfterMs ?? 0) + jitterMs)
}

/**
 * How long a token whose renewal failed is used without another try, as a part of its remaining lifetime: no request waits
 * for it, so the endpoint has the time.
 */
export const restMs = (leftMs: number, random: number): number => leftMs * (0.25 + random / 2)

/** Milliseconds until a token request may begin. A time that no backoff can have set is ignored: the clock has jumped. */
export function remainingMs(retryAt: number | undefined, wallMs: number): number {
  const leftMs = (retryAt ?? 0) - wallMs
  return leftMs > 0 && leftMs <= longestRetryAfterMs + longestBackoffMs ? leftMs : 0
}

/** How long a route causes no refresh, after so many unhelpful ones in a row: a single one may be chance. */
export const routePauseMs = (unhelpful: number): number =>
  unhelpful > 1 ? doubledMs(firstRoutePauseMs, unhelpful - 1, longestRoutePauseMs) : 0
