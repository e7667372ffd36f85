import { randomBytes } from 'node:crypto'
import type { AuthSettings } from './auth-settings.ts'

export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

/** All tokens that came from one sign-in. */
interface Family {
  readonly subject: string
  /** The one that may be refreshed. */
  refreshToken: string
  /** The newest, by resource; that of `''` is the default one. */
  readonly accessTokens: Map<string, string>
  revoked: boolean
}

interface AccessToken {
  readonly family: Family
  readonly resource: string
  expiresAtMs: number
}

interface RefreshToken {
  readonly family: Family
  refreshedAtMs?: number
}

export type RefreshResult =
  | { readonly outcome: 'granted'; readonly tokens: IssuedTokens; readonly subject: string }
  | { readonly outcome: 'reused' | 'revoked' | 'unknown' }

export interface TokenFamilies {
  issue(subject: string): IssuedTokens
  refresh(refreshToken: string, resource?: string): RefreshResult
  /** Whose access token it is; `null` if it is good no more, never was, or is for another resource. */
  subjectOf(accessToken: string, resource?: string): string | null
  expireAccessTokens(): void
  revokeSubject(subject: string): void
  /** An access or a refresh token; its whole family goes. */
  revokeToken(token: string): void
  /** How often a token came that had been used before, whatever the policy made of it. */
  readonly reuses: number
}

const randomToken = (kind: string) => `${kind}_${randomBytes(18).toString('base64url')}`

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

const createJwt = (subject: string, issuedAtMs: number, seconds: number): string => {
  const issuedAt = Math.floor(issuedAtMs / 1000)
  const claims = { sub: subject, iat: issuedAt, exp: issuedAt + seconds, jti: randomToken('id') }
  return `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims)}.${randomBytes(32).toString('base64url')}`
}

/** Rotating refresh tokens with reuse detection (RFC 9700 §4.14.2). */
export const createTokenFamilies = (settings: AuthSettings): TokenFamilies => {
  const accessTokens = new Map<string, AccessToken>()
  const refreshTokens = new Map<string, RefreshToken>()
  let reuses = 0

  const grow = (family: Family, resource = ''): IssuedTokens => {
    const { accessTokenSeconds: expiresInSeconds, accessTokenFormat } = settings
    const now = settings.now()
    const accessToken =
      accessTokenFormat === 'jwt' ? createJwt(family.subject, now, expiresInSeconds) : randomToken('access')
    family.accessTokens.set(resource, accessToken)
    accessTokens.set(accessToken, { family, resource, expiresAtMs: now + expiresInSeconds * 1000 })
    if (settings.rotate || family.refreshToken === '') {
      family.refreshToken = randomToken('refresh')
      refreshTokens.set(family.refreshToken, { family })
    }
    return { accessToken, refreshToken: family.refreshToken, expiresInSeconds }
  }

  const isWithinGrace = ({ refreshedAtMs = 0 }: RefreshToken) =>
    settings.reuse === 'grace' && settings.now() - refreshedAtMs <= settings.graceSeconds * 1000

  const refresh = (refreshToken: string, resource?: string): RefreshResult => {
    const known = refreshTokens.get(refreshToken)
    if (!known) return { outcome: 'unknown' }
    const { family } = known
    const isReuse = family.refreshToken !== refreshToken
    if (isReuse) reuses += 1
    if (family.revoked) return { outcome: 'revoked' }
    if (isReuse && !isWithinGrace(known)) {
      family.revoked = settings.reuse !== 'lenient'
      return { outcome: 'reused' }
    }
    known.refreshedAtMs ??= settings.now()
    return { outcome: 'granted', tokens: grow(family, resource), subject: family.subject }
  }

  const subjectOf = (accessToken: string, resource = ''): string | null => {
    const known = accessTokens.get(accessToken)
    if (!known || known.family.revoked || settings.now() >= known.expiresAtMs) return null
    if (known.resource !== resource) return null
    const isNewest = known.family.accessTokens.get(resource) === accessToken
    return isNewest || settings.keepOldAccessTokens ? known.family.subject : null
  }

  return {
    issue: subject => grow({ subject, refreshToken: '', accessTokens: new Map(), revoked: false }),
    refresh,
    subjectOf,
    expireAccessTokens: () => {
      for (const token of accessTokens.values()) token.expiresAtMs = 0
    },
    revokeSubject: subject => {
      for (const { family } of refreshTokens.values()) if (family.subject === subject) family.revoked = true
    },
    revokeToken: token => {
      const known = refreshTokens.get(token) ?? accessTokens.get(token)
      if (known) known.family.revoked = true
    },
    get reuses() {
      return reuses
    },
  }
}
