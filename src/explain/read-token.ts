import type { Credentials } from '../session/credentials.ts'
import { decodeClaims } from '../session/expiry.ts'
import type { HeaderFacts, HeaderFlaw, TokenFacts } from './facts.ts'
import { tokenSchemes } from './questions.ts'

/** What is shown of a token: claims by name, never a part of it. */

const longestText = 120

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, longestText) : null

/** NumericDate (RFC 7519 §2), in milliseconds; beyond the year 5138 it is milliseconds already. */
const timeMs = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? (value < 1e11 ? value * 1000 : value) : null

const names = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value])
    .slice(0, 5)
    .map(text)
    .filter(name => name !== null)

const scopeOf = (value: unknown): readonly string[] | null =>
  typeof value === 'string' ? value.split(' ').filter(Boolean).slice(0, 30) : Array.isArray(value) ? names(value) : null

/** The header of a JWT is encoded as its claims are, so it can be read in their place. */
const decodeHeader = (token: string) => decodeClaims(`.${token.split('.', 1)[0]}.`)

const ofIdTokens = ['nonce', 'at_hash', 'c_hash', 's_hash']

/** `held`: what the session holds, if the token is of it. */
export function readToken(token: string, held: Credentials | null): TokenFacts {
  const claims = token.split('.').length === 3 ? decodeClaims(token) : null
  const header = claims && decodeHeader(token)
  const isSame = held?.idToken === token
  const isSimilar = ofIdTokens.some(name => claims?.[name] !== undefined)
  return {
    format: claims ? 'jwt' : 'opaque',
    type: text(header?.['typ']),
    algorithm: text(header?.['alg']),
    keyId: text(header?.['kid']),
    issuer: text(claims?.iss),
    audience: names(claims?.['aud']),
    scope: scopeOf(claims?.['scope'] ?? claims?.['scp'] ?? held?.scope),
    issuedAtMs: timeMs(claims?.['iat']),
    notBeforeMs: timeMs(claims?.['nbf']),
    expiresAtMs: timeMs(claims?.['exp']),
    receivedAtMs: held ? held.sentAt : null,
    idToken: isSame ? 'same' : isSimilar ? 'similar' : null,
    isBound: typeof (claims?.['cnf'] as { readonly jkt?: unknown } | undefined)?.jkt === 'string',
  }
}

/** Only these are shown: the first word of a header may be the token itself. */
const knownSchemes = [...tokenSchemes, 'basic', 'digest', 'token', 'apikey', 'negotiate', 'gnap', 'hawk']

/** What a credentials header has, apart from its token; `token` is for `readToken` and is never shown. */
export interface ReadHeader {
  readonly facts: HeaderFacts
  readonly token: string | null
}

function flawOf(scheme: string | null, token: string, value: string): HeaderFlaw | null {
  if (/^(undefined|null|\[object Object\])$/.test(token || value.trim())) return 'undefined'
  if (scheme === null) return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(value.trim()) ? 'no-scheme' : null
  if (!tokenSchemes.includes(scheme)) return null
  if (token === '') return 'no-token'
  if (tokenSchemes.includes(token.toLowerCase().split(/\s/, 1)[0] as string)) return 'scheme-twice'
  return /^["'].*["']$/.test(token) ? 'quotes' : null
}

/** `isAuthorization`: any other header of the app's choice may hold a token alone. */
export function readHeader(value: string, isAuthorization: boolean): ReadHeader {
  const [first = '', ...rest] = value.trim().split(/\s+/)
  const scheme = knownSchemes.find(name => name === first.toLowerCase()) ?? null
  const token = scheme === null && rest.length === 0 ? first : rest.join(' ')
  const flaw = isAuthorization ? flawOf(scheme, scheme === null ? '' : token, value) : null
  return { facts: { scheme, flaw }, token: token || null }
}
