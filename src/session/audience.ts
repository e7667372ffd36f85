import type { Clock } from '../time/clock.ts'
import type { Leeway } from '../time/leeway.ts'
import { type AudienceToken, type Credentials, hasSame } from './credentials.ts'
import { createTokenAge, type TokenAge } from './expiry.ts'
import type { SessionState } from './state.ts'

/** Returns the audience whose token an origin takes (RFC 8707); `undefined`: the session's own. */
export type AudienceOf = ((origin: string) => string | undefined) | undefined

/** The credentials for an audience. Without a token of its own, they look expired. */
export const forAudience = (credentials: Credentials, audience: string | undefined): Credentials =>
  audience === undefined
    ? credentials
    : { ...credentials, accessToken: null, lifetimeMs: 0, ...credentials.audienceTokens?.[audience] }

/**
 * Returns the age of an audience's token. For other audiences than the session's own, only the wall clock of the request is
 * known.
 */
export function createAudienceAge(leeway: Leeway, clock: Clock) {
  const tokenAge = createTokenAge(leeway, clock)
  return ({ credentials, monotonicSentAt }: SessionState, audience?: string): TokenAge => {
    const sentAt = audience === undefined ? monotonicSentAt : null
    return credentials ? tokenAge(forAudience(credentials, audience), sentAt) : 'good'
  }
}

/** The audience whose token is compared. */
interface TokenOf {
  readonly audienceOf: AudienceOf
  readonly audience: string | undefined
}

type Known = Pick<SessionState, 'generation' | 'credentials'>

/**
 * Whether both have the same token for the audience. With a single audience, other credentials mean another token, unless a user
 * signed in with the token that the session held already: then the generation is the same.
 */
export function isSameToken(one: Known, other: Known, { audienceOf, audience }: TokenOf): boolean {
  const [former, newer] = [one.credentials, other.credentials]
  if (!former || !newer || former === newer) return former === newer
  if (audienceOf) return forAudience(former, audience).accessToken === forAudience(newer, audience).accessToken
  return one.generation === other.generation && hasSame('accessToken', former, newer)
}

/** Removes what the access token says about the user: another audience may have another `sub` (OpenID Connect Core §8.1). */
export function withoutIdentity(fresh: Credentials): Credentials {
  const { statedBy } = fresh
  return statedBy ? { ...fresh, statedBy: { ...statedBy, accessToken: { issuer: null, subject: null } } } : fresh
}

/** Adds the token of one audience to those of the others. The user stays the same (RFC 6749 §6). */
export function mergeAudienceTokens(
  granted: Credentials,
  former: Credentials | null,
  audience: string | undefined,
): Credentials {
  if (!former) return granted
  const { audienceTokens } = former
  if (audience === undefined) return audienceTokens ? { ...granted, audienceTokens } : granted
  const { accessToken, lifetimeMs, sentAt, refreshToken } = granted
  const own: AudienceToken = { accessToken, lifetimeMs, sentAt }
  return { ...former, refreshToken, audienceTokens: { ...audienceTokens, [audience]: own } }
}
