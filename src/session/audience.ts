import type { Clock } from '../platform/clock.ts'
import type { AudienceToken, Credentials } from './credentials.ts'
import { type TokenAge, tokenAge } from './expiry.ts'
import type { SessionState } from './state.ts'

/** Whose token an origin takes, where origins have tokens of their own (RFC 8707); `undefined`: the session's own. */
export type AudienceOf = ((origin: string) => string | undefined) | undefined

/** The credentials as an audience takes them; until it has a token of its own, as if that one had expired. */
export const forAudience = (credentials: Credentials, audience: string | undefined): Credentials =>
  audience === undefined
    ? credentials
    : { ...credentials, accessToken: null, lifetimeMs: 0, ...credentials.others?.[audience] }

/** By time alone: good, due or expired. When another audience's token was asked for, only the wall clock knows. */
export function ageFor(
  { credentials, monotonicSentAt }: SessionState,
  audience: string | undefined,
  leewayMs: number,
  clock: Clock,
): TokenAge {
  const sentAt = audience === undefined ? monotonicSentAt : null
  return credentials ? tokenAge(forAudience(credentials, audience), sentAt, leewayMs, clock) : 'good'
}

/** Whether both have the same token for the audience. Where there is one audience, other credentials are another token. */
export function isSameToken(
  one: Credentials | null,
  other: Credentials | null,
  audienceOf: AudienceOf,
  audience: string | undefined,
): boolean {
  if (!audienceOf || !one || !other) return one === other
  return forAudience(one, audience).accessToken === forAudience(other, audience).accessToken
}

/** What an exchange brought for one audience, beside what the others hold. The person is who they were (RFC 6749 §6). */
export function besideOthers(
  granted: Credentials,
  former: Credentials | null,
  audience: string | undefined,
): Credentials {
  if (!former) return granted
  const { others } = former
  if (audience === undefined) return others ? { ...granted, others } : granted
  const { accessToken, lifetimeMs, sentAt, refreshToken } = granted
  const own: AudienceToken = { accessToken, lifetimeMs, sentAt }
  return { ...former, refreshToken, others: { ...others, [audience]: own } }
}
