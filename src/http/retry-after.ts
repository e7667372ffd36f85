import { longestRetryAfterMs } from '../time/delays.ts'

/** `Retry-After`, by RFC 9110 §10.2.3, with dates as in §5.6.7. */

// The three forms of §5.6.7. `Date.parse` alone accepts nearly anything: V8 reads "busy 3000" as the year 3000.
const httpDate =
  /^[A-Z][a-z]{2,8}(?:, \d\d([ -])[A-Z][a-z]{2}\1(?:\d\d){1,2} \d\d:\d\d:\d\d GMT| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/

/**
 * Returns the milliseconds to wait, at most a minute; `null` if the header requires no wait, or cannot be read.
 */
export function readRetryAfter(value: string, nowMs: number): number | null {
  let delayMs = 0
  if (/^\d+$/.test(value)) delayMs = Number(value) * 1000
  // The oldest form has no zone, and means GMT. Not every engine parses the dashes.
  else if (httpDate.test(value)) delayMs = Date.parse(`${value.replace(/-| GMT/g, ' ')} GMT`) - nowMs
  return delayMs > 0 ? Math.min(delayMs, longestRetryAfterMs) : null
}
