const firstMs = 1000
const longestMs = 60_000
const forgottenAfterMs = 300_000

/** Failures in a row. Long after the last one they say nothing of the server: the device slept, or no request was made. */
export function recentFailures(failures = 0, retryAt = 0, wallMs: number): number {
  return wallMs - retryAt < forgottenAfterMs ? failures : 0
}

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
  const jitterMs = random * Math.min(capMs, longestMs, firstMs * 2 ** Math.min(failures - 1, 16))
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
  return leftMs > 0 && leftMs <= 2 * longestMs ? leftMs : 0
}
