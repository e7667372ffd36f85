import { jwtDecode } from 'jwt-decode'
import type { Clock } from '../time/clock.ts'
import { longestTravelMs } from '../time/delays.ts'
import { type Leeway, leewayMs } from '../time/leeway.ts'
import type { Credentials, JwtClaims } from './credentials.ts'

/** The claims of a JWT; `null` for any other text: an access token need not be one (RFC 9068 §6). */
export function decodeClaims(token: string | null): JwtClaims | null {
  try {
    const claims: unknown = jwtDecode(token as string)
    // jwt-decode returns any JSON: null, numbers, arrays.
    return typeof claims === 'object' && !Array.isArray(claims) ? (claims as JwtClaims | null) : null
  } catch {
    return null
  }
}

/**
 * The lifetime of a token that has just arrived, counted from its request, which was sent `travelledMs` ago (RFC 6749 §5.1): the
 * stated one, else `exp - iat` as a duration, so that a wrong device clock does no harm. `null` if it is unknown, or if the token
 * would be expired on arrival: it is then used until a 401, since otherwise every request would refresh. But a response that was
 * under way for so long lay in a page that slept: the next one comes in time.
 */
export function lifetimeOnArrivalMs(
  stated: number | null,
  claims: JwtClaims | null,
  travelledMs: number,
): number | null {
  const { exp, iat } = claims ?? {}
  // A date after the year 5138 is in milliseconds, against RFC 7519 §2: do not read it.
  const isDated = typeof exp === 'number' && typeof iat === 'number' && exp < 1e11
  const lifetimeMs = stated ?? (isDated ? (exp - iat) * 1000 : null)
  return lifetimeMs && (lifetimeMs > travelledMs || travelledMs > longestTravelMs) ? lifetimeMs : null
}

/**
 * The remaining lifetime of the access token in milliseconds; infinite if unknown. The age is the larger one of two clocks, since
 * the monotonic clock may stop during sleep (hr-time issue 115). After a reload there is only the wall clock.
 */
export function remainingLifetimeMs(credentials: Credentials, monotonicSentAt: number | null, clock: Clock): number {
  const { lifetimeMs, sentAt } = credentials
  // No token here (0), or an unknown lifetime (`null`): the clock does not matter.
  if (!lifetimeMs) return lifetimeMs ?? Number.POSITIVE_INFINITY
  const wallAgeMs = clock.wallMs() - sentAt
  const ageMs = monotonicSentAt === null ? wallAgeMs : Math.max(wallAgeMs, clock.monotonicMs() - monotonicSentAt)
  return lifetimeMs - ageMs
}

export type TokenAge = 'good' | 'expiring' | 'expired'

/** Returns the age of a token by time alone: good, expiring (within the leeway) or expired. */
export const createTokenAge =
  (leeway: Leeway, clock: Clock) =>
  (credentials: Credentials, monotonicSentAt: number | null): TokenAge => {
    const remainingMs = remainingLifetimeMs(credentials, monotonicSentAt, clock)
    if (remainingMs <= 0) return 'expired'
    return remainingMs <= leewayMs(leeway, credentials.lifetimeMs ?? 0) ? 'expiring' : 'good'
  }
