import type { ModelAnswer } from '../state.ts'
import { familyOf, numberOf, type Token, tokenOf } from '../state.ts'

/** Rotation with reuse detection that revokes the family, by the model's numbers for tokens. */
export interface RealServer {
  readonly families: readonly { readonly current: number; readonly revoked: boolean; readonly user: number }[]
  signIn(user: number): { accessToken: string; refreshToken: string }
  refresh(token: Token): ModelAnswer
  /** Whether the API lets an access token in. */
  accepts(accessToken: string | null): boolean
  userOf(accessToken: string | null): number | null
}

export const tokensOf = (token: Token): { accessToken: string; refreshToken: string } => ({
  accessToken: `access-${token}`,
  refreshToken: `refresh-${token}`,
})

export const tokenIn = (text: string | null | undefined): Token => Number(/-(\d+)$/.exec(text ?? '')?.[1] ?? 0)

export function createRealServer(): RealServer {
  const families: { current: number; revoked: boolean; user: number }[] = []
  return {
    families,
    signIn(user) {
      families.push({ current: 0, revoked: false, user })
      return tokensOf(tokenOf(families.length - 1, 0))
    },
    refresh(token) {
      const family = families[familyOf(token)]
      if (!family || family.revoked || numberOf(token) !== family.current) {
        if (family) family.revoked = true
        return { kind: 'refused', token: 0 }
      }
      family.current += 1
      return { kind: 'granted', token: tokenOf(familyOf(token), family.current) }
    },
    // The very first tokens are past their end: every tab begins with a request that is refused.
    accepts: accessToken => tokenIn(accessToken) > tokenOf(0, 0),
    userOf: accessToken => families[familyOf(tokenIn(accessToken))]?.user ?? null,
  }
}
