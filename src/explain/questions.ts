import type { ChallengeFacts, Facts } from './facts.ts'

/** Questions about facts that several rules ask. */

/** Schemes whose credentials are a token. */
export const tokenSchemes: readonly string[] = ['bearer', 'dpop', 'jwt']

export const is401 = ({ response }: Facts): boolean => response?.status === 401

/** 401 or 403: some servers and gateways return the one for the other. */
export const isRefused = (facts: Facts): boolean => is401(facts) || facts.response?.status === 403

export const originOf = (url: string): string => new URL(url).origin
export const hostOf = (url: string): string | null => {
  try {
    return new URL(url).hostname
  } catch {
    return null
  }
}

export const isCrossOrigin = ({ url, pageOrigin }: Facts): boolean =>
  pageOrigin !== null && originOf(url) !== pageOrigin

/** Whether a token went along, by the client or in the app's own header. */
export const hasSentToken = ({ sent }: Facts): boolean =>
  sent.credentials === 'attached' || (sent.credentials === 'none' && sent.header !== null)

/** The challenge that speaks of tokens; of several, the first that says what is wrong (RFC 9110 §11.6.1). */
export const tokenChallenge = ({ response }: Facts): ChallengeFacts | undefined => {
  const speaking = response?.challenges.filter(({ scheme }) => tokenSchemes.includes(scheme)) ?? []
  return speaking.find(({ error }) => error) ?? speaking[0]
}

export const errorIn = (facts: Facts): string | null => tokenChallenge(facts)?.error ?? null

/** Schemes that the server asks for, none of which is one for tokens. */
export const foreignSchemes = ({ response }: Facts): readonly string[] => {
  const schemes = response?.challenges.map(({ scheme }) => scheme) ?? []
  return schemes.some(scheme => tokenSchemes.includes(scheme)) ? [] : schemes
}

/** The server's own words about the refusal that match; `null`: none do. */
export const wordsOf = (facts: Facts, pattern: RegExp): string | null => {
  const words = [...(facts.response?.challenges.map(({ description }) => description) ?? []), facts.response?.text]
  return words.find(text => text && pattern.test(text)) ?? null
}

/** Whether the server finds the token invalid, and says so by the code of RFC 6750 or in its own words. */
export const isTokenInvalid = (facts: Facts): boolean =>
  errorIn(facts) === 'invalid_token' ||
  wordsOf(facts, /\b(invalid|bad|unknown)\b.{0,12}\b(token|credentials)\b|\btoken is (invalid|unknown)/i) !== null

/** The server's words for another way of signing in than a token; `null`: none. */
export const wordsForOtherScheme = (facts: Facts): string | null =>
  wordsOf(
    facts,
    /\b(api|subscription)[ _-]?key\b|\b(basic|digest|windows) auth|client certificate|\bhmac\b|requires ['"]?(credential|signature)\b/i,
  )

/** Marked as the server's: it may say anything. */
export const quote = (words: string | null): readonly string[] => (words ? [`The server says: “${words}”`] : [])

export const looksLikeLogin = ({ method, url }: Facts): boolean =>
  method === 'POST' && /\/(log-?in|sign-?in|sessions?|auth(enticate)?|token)\/?$/i.test(new URL(url).pathname)

/** The same, where only names that are a login's count. */
export const isNamedLogin = ({ method, url }: Facts): boolean =>
  method === 'POST' && /\/(log-?in|sign-?in)\/?$/i.test(new URL(url).pathname)

/** How far the server's clock is ahead of the device's; `null`: its `Date` cannot be read. */
export const skewMs = ({ response, atMs }: Facts): number | null =>
  response?.serverTimeMs == null ? null : response.serverTimeMs - atMs

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** @example '5 minutes' */
export const duration = (ms: number): string => {
  const size = Math.abs(ms)
  const [unitMs, name] = units.find(([unit]) => size >= unit) ?? [1000, 'second']
  const count = Math.round(size / unitMs)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
