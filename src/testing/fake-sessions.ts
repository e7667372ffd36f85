import { randomId } from '../platform/random-id.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { TokenResponse } from '../session/parse-tokens.ts'

export interface FakeSessionsOptions {
  readonly origin: string
  readonly accessTokenSeconds: number
  readonly reuseIntervalMs: number
  readonly opaque: boolean
}

/** Everything that came from one login. */
interface Family {
  readonly claims: JwtClaims
  /** The newest, which alone may be redeemed. */
  refreshToken: string
  isRevoked: boolean
}

/** Logins with rotating refresh tokens and reuse detection (RFC 9700 §4.14.2). */
export interface FakeSessions {
  issue(claims: JwtClaims): TokenResponse
  /** `null`: unknown, revoked, or reused; the reuse of a token ends its whole session. */
  redeem(refreshToken: string): TokenResponse | null
  /** The claims of a good access token. */
  claimsOf(accessToken: string): JwtClaims | null
  expireAccessTokens(): void
  /** Ends the sessions of one user, or of all. */
  revoke(subject?: string): void
  /** Ends the session that the token is of. */
  revokeToken(token: string): void
  readonly reuses: number
}

const encode = (part: object): string => {
  const bytes = new TextEncoder().encode(JSON.stringify(part))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, letter => ({ '+': '-', '/': '_' })[letter] ?? '')
}

/** Its signature is no signature, since nothing verifies it. It looks like one: `latchkey/explain` suspects tokens without. */
const createJwt = (claims: object): string =>
  `${encode({ alg: 'HS256' })}.${encode(claims)}.${randomId().replaceAll('-', '')}`

export function createFakeSessions(options: FakeSessionsOptions): FakeSessions {
  const { origin, accessTokenSeconds, reuseIntervalMs, opaque } = options
  const accessTokens = new Map<string, { readonly family: Family; endsAtMs: number }>()
  const refreshTokens = new Map<string, { readonly family: Family; redeemedAtMs?: number }>()
  let reuses = 0

  function issueTokens(family: Family): TokenResponse {
    const iat = Math.floor(Date.now() / 1000)
    const jwt = createJwt({ iss: origin, ...family.claims, iat, exp: iat + accessTokenSeconds, jti: randomId() })
    const accessToken = opaque ? `access-${randomId()}` : jwt
    family.refreshToken = `refresh-${randomId()}`
    accessTokens.set(accessToken, { family, endsAtMs: Date.now() + accessTokenSeconds * 1000 })
    refreshTokens.set(family.refreshToken, { family })
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: family.refreshToken,
      // Without it, the client could not know who is signed in.
      ...(opaque && { id_token: jwt }),
    }
  }

  return {
    issue: claims => issueTokens({ claims, refreshToken: '', isRevoked: false }),
    redeem(refreshToken) {
      const known = refreshTokens.get(refreshToken)
      if (!known) return null
      const { family, redeemedAtMs } = known
      const isReuse = family.refreshToken !== refreshToken
      if (isReuse) reuses += 1
      // The time of the first use counts: each reuse must not extend the interval.
      const isForgiven = Date.now() - (redeemedAtMs ?? 0) < reuseIntervalMs
      if (isReuse && !isForgiven) family.isRevoked = true
      if (family.isRevoked) return null
      known.redeemedAtMs ??= Date.now()
      return issueTokens(family)
    },
    claimsOf(accessToken) {
      const { family, endsAtMs = 0 } = accessTokens.get(accessToken) ?? {}
      return family && !family.isRevoked && Date.now() < endsAtMs ? family.claims : null
    },
    expireAccessTokens() {
      for (const token of accessTokens.values()) token.endsAtMs = 0
    },
    revoke(subject) {
      for (const { family } of refreshTokens.values())
        if (subject === undefined || family.claims.sub === subject) family.isRevoked = true
    },
    revokeToken(token) {
      const known = refreshTokens.get(token) ?? accessTokens.get(token)
      if (known) known.family.isRevoked = true
    },
    get reuses() {
      return reuses
    },
  }
}
