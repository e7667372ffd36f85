import { jwtDecode } from 'jwt-decode'
import type { Clock } from '../platform/clock.ts'
import type { Credentials, JwtClaims } from './credentials.ts'

/** The claims of a JWT; `null` for any other text: an access token need not be one (RFC 9068 §6). */
export function decodeClaims(token: string | null): JwtClaims | null {
  if (!token) return null
  try {
    const claims: unknown = jwtDecode(token)
    // jwt-decode answers whatever JSON there was: null, numbers, arrays.
    return typeof claims === 'object' && !Array.isArray(claims) ? (claims as JwtClaims | null) : null
  } catch {
    return null
  }
}

/**
 * How long a token that just arrived lives, counted from its request, which was sent `travelledMs` ago (RFC 6749 §5.1): what the
 * response said, otherwise `exp - iat` as a duration, so that a wrong device clock does no harm. `null` if unknown, or if it would be past its end on
 * arrival: such a token is used until a 401, or every request would refresh.
 */
export function lifetimeOnArrivalMs(
  stated: number | null,
  claims: JwtClaims | null,
  travelledMs: number,
): number | null {
  const { exp, iat } = claims ?? {}
  // Beyond the year 5138 it is milliseconds, whatever RFC 7519 §2 says.
  const isDated = typeof exp === 'number' && typeof iat === 'number' && exp < 1e11
  const lifetimeMs = stated ?? (isDated ? (exp - iat) * 1000 : null)
  return lifetimeMs && lifetimeMs > travelledMs ? lifetimeMs : null
}

/**
 * Milliseconds the access token has left; infinitely many if unknown. Its age is by the clock that says more, since the
 * monotonic one may stand still in sleep (hr-time issue 115). After a reload only the wall clock knows; below zero it knows
 * nothing.
 */
export function remainingLifetimeMs(credentials: Credentials, monotonicSentAt: number | null, clock: Clock): number {
  const { lifetimeMs, sentAt } = credentials
  // A token that is not there has no age, whatever the clock says.
  if (!lifetimeMs) return lifetimeMs ?? Number.POSITIVE_INFINITY
  const wallAgeMs = clock.wallMs() - sentAt
  const ageMs = monotonicSentAt === null ? wallAgeMs : Math.max(wallAgeMs, clock.monotonicMs() - monotonicSentAt)
  return lifetimeMs - ageMs
}

export type TokenAge = 'good' | 'expiring' | 'expired'

/** How long before its end a token is expiring: this share of the lesser of `mostMs` and a quarter of its life. */
export interface Leeway {
  readonly maxMs: number
  readonly share: number
}

/** Tells a token's age by time alone: good, expiring (within the leeway) or expired. */
export const createTokenAge =
  ({ maxMs, share }: Leeway, clock: Clock) =>
  (credentials: Credentials, monotonicSentAt: number | null): TokenAge => {
    const leftMs = remainingLifetimeMs(credentials, monotonicSentAt, clock)
    if (leftMs <= 0) return 'expired'
    return leftMs <= Math.min(maxMs, (credentials.lifetimeMs ?? 0) / 4) * share ? 'expiring' : 'good'
  }
