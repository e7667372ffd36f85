/** `Retry-After`, by RFC 9110 §10.2.3, with dates as in §5.6.7. */

// A server's slip, or an intruder's 10^12, must not lock people out for longer.
const maxDelayMs = 60_000

// The three forms of §5.6.7. `Date.parse` alone takes nearly anything: "busy 3000" is the year 3000 to V8.
const httpDate =
  /^[A-Z][a-z]{2,8}(?:, \d\d([ -])[A-Z][a-z]{2}\1(?:\d\d){1,2} \d\d:\d\d:\d\d GMT| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/

/**
 * Milliseconds to wait, at most 60,000; `null` where the header asks for no wait, or cannot be read.
 */
export function readRetryAfter(value: string, nowMs: number): number | null {
  let delayMs = 0
  if (/^\d+$/.test(value)) delayMs = Number(value) * 1000
  // The oldest form names no zone and means GMT; dashes are not read by every engine.
  else if (httpDate.test(value)) delayMs = Date.parse(`${value.replace(/-| GMT/g, ' ')} GMT`) - nowMs
  return delayMs > 0 ? Math.min(delayMs, maxDelayMs) : null
}
