import type { Clock } from '../platform/clock.ts'
import { type AudienceToken, type Credentials, hasSame } from './credentials.ts'
import { createTokenAge, type Leeway, type TokenAge } from './expiry.ts'
import type { SessionState } from './state.ts'

/** Whose token an origin takes, where origins have tokens of their own (RFC 8707); `undefined`: the session's own. */
export type AudienceOf = ((origin: string) => string | undefined) | undefined

/** The credentials as an audience takes them; until it has a token of its own, as if that one had expired. */
export const forAudience = (credentials: Credentials, audience: string | undefined): Credentials =>
  audience === undefined
    ? credentials
    : { ...credentials, accessToken: null, lifetimeMs: 0, ...credentials.audienceTokens?.[audience] }

/** Tells by time alone how old an audience's token is. Only the wall clock knows when another audience's token was requested. */
export function createAudienceAge(leeway: Leeway, clock: Clock) {
  const tokenAge = createTokenAge(leeway, clock)
  return ({ credentials, monotonicSentAt }: SessionState, audience?: string): TokenAge => {
    const sentAt = audience === undefined ? monotonicSentAt : null
    return credentials ? tokenAge(forAudience(credentials, audience), sentAt) : 'good'
  }
}

/** Whose token is meant. */
interface TokenOf {
  readonly audienceOf: AudienceOf
  readonly audience: string | undefined
}

type Known = Pick<SessionState, 'generation' | 'credentials'>

/**
 * Whether both have the same token for the audience. Where there is one audience, other credentials are another token, unless
 * somebody signed in with the very token that was held: then it is of the same generation.
 */
export function isSameToken(one: Known, other: Known, { audienceOf, audience }: TokenOf): boolean {
  const [former, newer] = [one.credentials, other.credentials]
  if (!former || !newer || former === newer) return former === newer
  if (audienceOf) return forAudience(former, audience).accessToken === forAudience(newer, audience).accessToken
  return one.generation === other.generation && hasSame('accessToken', former, newer)
}

/** What another audience's access token says of the person is not said of the session's own (OpenID Connect Core §8.1). */
export function withoutIdentity(fresh: Credentials): Credentials {
  const { statedBy } = fresh
  return statedBy ? { ...fresh, statedBy: { ...statedBy, accessToken: { issuer: null, subject: null } } } : fresh
}

/** What a token request brought for one audience, beside what the others hold. The person is who they were (RFC 6749 §6). */
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
