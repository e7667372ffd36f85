const firstMs = 1000
const longestMs = 60_000
const forgottenAfterMs = 300_000

/** Failures in a row. Long after the last one they say nothing of what happens now: the device slept, or nobody asked. */
export function recentFailures(failures = 0, retryAt = 0, wallMs: number): number {
  return wallMs - retryAt < forgottenAfterMs ? failures : 0
}

/**
 * How long to leave the token endpoint alone after `failures` failures in a row: full jitter, so that a fleet that failed
 * together does not come back together; never before what the server asked for (RFC 9110 §10.2.3).
 */
export function backoffMs(failures: number, retryAfterMs: number | null, capMs: number, random: number): number {
  const jitterMs = random * Math.min(capMs, longestMs, firstMs * 2 ** Math.min(failures - 1, 16))
  return Math.round((retryAfterMs ?? 0) + jitterMs)
}

/**
 * How long a token whose renewal failed is used without another try, of what it has left: nobody waits for it, so the endpoint
 * has the time.
 */
export const restMs = (leftMs: number, random: number): number => leftMs * (0.25 + random / 2)

/** Milliseconds until a token request may begin; a time that no backoff can have set is a jumped clock, and ignored. */
export function remainingMs(retryAt: number | undefined, wallMs: number): number {
  const leftMs = (retryAt ?? 0) - wallMs
  return leftMs > 0 && leftMs <= 2 * longestMs ? leftMs : 0
}
