import type { DaySettings } from './settings.ts'

export interface Family {
  readonly number: number
  readonly subject: string
  /** The number of the newest tokens. */
  current: number
  refreshedAtMs: number
  issuedAtMs: number
  revoked: boolean
  /** Signed out by the person, and stored so. */
  signedOutAtMs: number
  /** The record that held it was wiped, or somebody signed in over it. */
  leftAtMs: number
}

export interface ServerTokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds?: number
  readonly subject?: string
}

/** Rotation, reuse detection, tokens that end. Tokens tell the judge what they are: `access.<family>.<number>`. */
export interface Server {
  readonly families: readonly Family[]
  issue(subject: string): ServerTokens
  /** `null`: refused. */
  refresh(refreshToken: string): ServerTokens | null
  accepts(accessToken: string): boolean
  familyOf(token: string | null | undefined): Family | undefined
  revokeAll(): void
}

const graceMs = 60_000

export function createServer(settings: DaySettings, nowMs: () => number): Server {
  const families: Family[] = []
  const issuedAtMs = new Map<string, number>()
  const parse = (token: string | null | undefined) => (token ?? '').split('.').slice(1).map(Number)
  const familyOf = (token: string | null | undefined) => families[parse(token)[0] ?? -1]

  function tokensOf(family: Family): ServerTokens {
    const name = `${family.number}.${family.current}`
    return {
      accessToken: `access.${name}`,
      refreshToken: `refresh.${name}`,
      ...(settings.tellsLifetime && { expiresInSeconds: settings.lifetimeMs / 1000 }),
      ...(settings.tellsSubject && { subject: family.subject }),
    }
  }
  function grow(family: Family): ServerTokens {
    family.current += 1
    const tokens = tokensOf(family)
    issuedAtMs.set(tokens.accessToken, nowMs())
    return tokens
  }

  return {
    families,
    familyOf,
    issue(subject) {
      const family: Family = {
        number: families.length,
        subject,
        current: 0,
        refreshedAtMs: 0,
        issuedAtMs: nowMs(),
        revoked: false,
        signedOutAtMs: Number.POSITIVE_INFINITY,
        leftAtMs: Number.POSITIVE_INFINITY,
      }
      families.push(family)
      return grow(family)
    },
    refresh(refreshToken) {
      const family = familyOf(refreshToken)
      const number = parse(refreshToken)[1]
      if (!family || family.revoked) return null
      if (number === family.current) {
        family.refreshedAtMs = nowMs()
        return grow(family)
      }
      const isForgiven = number === family.current - 1 && nowMs() - family.refreshedAtMs < graceMs
      if (settings.reuse === 'grace' && isForgiven) return tokensOf(family)
      family.revoked = settings.reuse !== 'lenient'
      return null
    },
    accepts(accessToken) {
      const family = familyOf(accessToken)
      const isNewest = parse(accessToken)[1] === family?.current
      const ageMs = nowMs() - (issuedAtMs.get(accessToken) ?? Number.NEGATIVE_INFINITY)
      return (
        family !== undefined && !family.revoked && ageMs < settings.lifetimeMs && (isNewest || settings.keepsOldTokens)
      )
    },
    revokeAll() {
      for (const family of families) family.revoked = true
    },
  }
}
