import { accessClaims, jwtOf, secretMark } from './identities.ts'
import type { Person, WorldSettings } from './plan.ts'

/** What grew from one login. */
export interface Family {
  readonly number: number
  readonly person: Person
  readonly atMs: number
  /** Of its newest refresh token; 0: it has none. */
  current: number
  refreshedAtMs: number
  level: number
  readonly jkt: string | null
  revoked: boolean
  /** Whether the server has rejected one of its refreshes. */
  rejected: boolean
  /** Until when the session of a cookie takes requests. */
  freshUntilMs: number
}

/** Tokens as the server has made them. */
export interface Issued {
  readonly person: Person
  readonly family: Family
  readonly id: number
  readonly isLogin: boolean
  readonly accessToken: string
  /** A refresh token, or the value of a cookie; `null`: none. */
  readonly refreshToken: string | null
}

interface TokenFacts {
  readonly family: Family
  readonly kind: 'access' | 'refresh'
  readonly number: number
  readonly audience: string
  readonly issuedAtMs: number
  readonly isLogin: boolean
  isExpired: boolean
}

const graceMs = 60_000
/** A day ahead of the computer. */
const serverStartMs = Date.UTC(2026, 5, 2)

/** An authorization server that rotates refresh tokens and detects their reuse, with the sessions of a backend's cookies. */
export type Server = ReturnType<typeof createServer>

export function createServer(
  { reuse, lifetimeMs, lifetimeIn, keepsOldTokens, shape }: WorldSettings,
  nowMs: () => number,
) {
  const families: Family[] = []
  const tokens = new Map<string, TokenFacts>()
  let lastId = 0
  let reuses = 0
  const factsOf = (token: string | null | undefined) => tokens.get(token ?? '')

  function grow(family: Family, audience: string, isLogin: boolean): Issued {
    lastId += 1
    const id = lastId
    const { person, number, current } = family
    const claims = accessClaims(person, shape)
    const iat = Math.floor((serverStartMs + nowMs()) / 1000)
    const times = lifetimeIn === 'token' && { iat, exp: iat + lifetimeMs / 1000 }
    const accessToken = claims ? jwtOf({ ...claims, ...times }, `a${id}`) : `a${id}.${number}.${secretMark}`
    const refreshToken = current > 0 ? `r${id}.${number}.${secretMark}` : null
    const facts = { family, number: current, audience, issuedAtMs: nowMs(), isLogin, isExpired: false }
    tokens.set(accessToken, { ...facts, kind: 'access' })
    if (refreshToken) tokens.set(refreshToken, { ...facts, kind: 'refresh' })
    family.freshUntilMs = nowMs() + lifetimeMs
    return { person, family, id, isLogin, accessToken, refreshToken }
  }

  return {
    families,
    factsOf,
    get reuses() {
      return reuses
    },
    issue(person: Person, options: { readonly level?: number; readonly jkt?: string; readonly isBare?: boolean } = {}) {
      const { level = 1, jkt = null, isBare = false } = options
      const family: Family = {
        number: families.length,
        person,
        atMs: nowMs(),
        current: isBare ? 0 : 1,
        refreshedAtMs: 0,
        level,
        jkt,
        revoked: false,
        rejected: false,
        freshUntilMs: 0,
      }
      families.push(family)
      return grow(family, '', true)
    },
    /** `null`: rejected. */
    refresh(refreshToken: string | null | undefined, audience = ''): Issued | null {
      const facts = factsOf(refreshToken)
      if (facts?.kind !== 'refresh') return null
      const { family, number } = facts
      const reject = () => {
        family.rejected = true
        return null
      }
      if (family.revoked) return reject()
      if (reuse === 'static') return grow(family, audience, false)
      const isForgiven = reuse === 'grace' && number === family.current - 1 && nowMs() - family.refreshedAtMs < graceMs
      if (number !== family.current && !isForgiven) {
        reuses += 1
        family.revoked = true
        return reject()
      }
      if (number === family.current) {
        family.current += 1
        family.refreshedAtMs = nowMs()
      }
      return grow(family, audience, false)
    },
    accepts(accessToken: string | null, audience = ''): boolean {
      const facts = factsOf(accessToken)
      if (facts?.kind !== 'access' || facts.audience !== audience || facts.family.revoked || facts.isExpired)
        return false
      const isNewest = reuse === 'static' || facts.number === facts.family.current
      return nowMs() - facts.issuedAtMs < lifetimeMs && (isNewest || keepsOldTokens || audience !== '')
    },
    expireAll() {
      for (const facts of tokens.values()) facts.isExpired = true
      for (const family of families) family.freshUntilMs = 0
    },
    revoke(who: Person | 'all') {
      for (const family of families) family.revoked ||= who === 'all' || family.person === who
    },
  }
}
