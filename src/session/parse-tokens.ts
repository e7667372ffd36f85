import { ConfigurationError, warnOnce } from '../errors.ts'
import { textOf } from '../platform/json.ts'
import type { Clock, Moment } from '../time/clock.ts'
import type { Credentials, JwtClaims } from './credentials.ts'
import { decodeClaims, lifetimeOnArrivalMs } from './expiry.ts'
import { checkIdentity, continueIdentity, readStatements } from './identity.ts'

/**
 * The result of a login, a refresh or a step-up, under this library's own names.
 *
 * @example
 * await api.session.signIn({ accessToken: body.access, refreshToken: body.refresh, expiresInSeconds: body.ttl })
 */
export interface Tokens {
  readonly accessToken: string
  /** After a refresh, leaving it out (or `null`) keeps the current one (RFC 6749 §6). */
  readonly refreshToken?: string | null | undefined
  /**
   * The lifetime of the access token in seconds, counted from when it was requested. There is no absolute form: a device clock
   * may be wrong by a day, a duration is not.
   * @default for a JWT `exp - iat`, else unknown: the token is used until a 401
   */
  readonly expiresInSeconds?: number | null | undefined
  /** Seconds until the whole session ends (refresh token or server session). For countdowns only: it ends nothing. */
  readonly sessionExpiresInSeconds?: number | null | undefined
  /** @default the scheme's own, `'Bearer'` */
  readonly tokenType?: string | null | undefined
  /** Space-separated, as in OAuth. */
  readonly scope?: string | null | undefined
  /** An OpenID Connect ID token. It is read for `claims` and kept for `id_token_hint`, and never sent to an API. */
  readonly idToken?: string | null | undefined
  /**
   * The user. Waiting requests are replayed for the same subject only, and `signIn` with the same subject continues the session
   * instead of starting a new one. If your users work in several tenants, include the tenant.
   *
   * It is compared only with what the same source said before (your app, the ID token, the access token), and only within one
   * issuer. A number counts as its text.
   *
   * @default the `sub` of the ID token, else of a JWT access token, else unknown (then every `signIn` starts a new session)
   */
  readonly subject?: string | number | null | undefined
}

/**
 * The response of a token endpoint, as it is. The results of oauth4webapi, oidc-client-ts (`User`), and the endpoints of Auth0
 * and Keycloak fit without mapping. Lifetimes are seconds, and may be numeric strings.
 * @see RFC 6749 §5.1
 */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type?: string | undefined
  readonly expires_in?: number | string | null | undefined
  readonly refresh_token?: string | null | undefined
  readonly scope?: string | null | undefined
  readonly id_token?: string | null | undefined
  /** Keycloak's name for `sessionExpiresInSeconds`. `refresh_token_expires_in` (Entra, GitHub) is read, too. */
  readonly refresh_expires_in?: number | string | null | undefined
  readonly refresh_token_expires_in?: number | string | null | undefined
}

/**
 * A session whose credential is an HttpOnly cookie: the page has no token, and nothing is attached to requests. `cookie: true` is
 * required, so that a mapping mistake (`{ token: … }`) never counts as a cookie session.
 */
export interface CookieSession {
  readonly cookie: true
  /** The user. @default the `sub` of `claims` */
  readonly subject?: string | number | null | undefined
  /** Claims of the user, for display. */
  readonly claims?: object | null | undefined
  /** Seconds until the session ends. For countdowns only: it ends nothing. */
  readonly sessionExpiresInSeconds?: number | null | undefined
}

/**
 * What starts or refreshes a session. Each value is read under either name. `expiresIn` and `expiresAt` are not read, since their
 * unit is uncertain.
 */
export type SessionInput = Tokens | TokenResponse | CookieSession

function durationMs(value: unknown): number | null {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) * 1000 : 0
  return ms > 0 && Number.isFinite(ms) ? ms : null
}

/** No token has a lifetime of 0, of a date, or of more than ten years (RFC 6749 §5.1). */
function lifetimeOf(stated: unknown): number | null {
  const ms = durationMs(stated)
  if ((stated ?? null) === null || (ms && ms < 3.2e11)) return ms
  warnOnce('`expires_in` is no lifetime in seconds, so it is ignored.')
  return null
}

/** Reads the result of a login or a token request; `null` if it has no credentials. @throws ConfigurationError */
export function readCredentials(input: unknown, sent: Moment, clock: Clock): Credentials | null {
  if (typeof input !== 'object' || input === null) return null
  const given = input as Partial<Tokens & TokenResponse & Omit<CookieSession, 'cookie'>> & { readonly cookie?: unknown }
  const accessToken = textOf(given.accessToken ?? given.access_token)
  if (!accessToken && given.cookie !== true) return null
  const idToken = textOf(given.idToken ?? given.id_token)
  const appClaims = given.claims as JwtClaims | null | undefined
  const claims = { app: appClaims, idToken: decodeClaims(idToken), accessToken: decodeClaims(accessToken) }
  const statedBy = readStatements(given.subject, claims)
  return {
    accessToken,
    refreshToken: textOf(given.refreshToken ?? given.refresh_token),
    idToken,
    tokenType: textOf(given.tokenType ?? given.token_type),
    scope: textOf(given.scope),
    subject: statedBy.app.subject ?? statedBy.idToken.subject ?? statedBy.accessToken.subject ?? null,
    statedBy,
    claims: claims.idToken ?? claims.accessToken ?? appClaims ?? null,
    lifetimeMs: accessToken
      ? lifetimeOnArrivalMs(
          lifetimeOf(given.expiresInSeconds ?? given.expires_in),
          claims.accessToken,
          clock.monotonicMs() - sent.monotonicMs,
        )
      : null,
    sessionLifetimeMs: durationMs(
      given.sessionExpiresInSeconds ?? given.refresh_expires_in ?? given.refresh_token_expires_in,
    ),
    sentAt: sent.wallMs,
  }
}

/**
 * Fills what a response leaves out with the former values (RFC 6749 §6): refresh token, scope, user, ID token with its claims.
 * @throws ConfigurationError if the user cannot be determined
 */
export function continueFrom(fresh: Credentials, former: Credentials | null): Credentials {
  checkIdentity(fresh, former)
  if (!former) return fresh
  // An ID token says more about the user than an access token, so its claims stay until another ID token comes.
  const keepsClaims = former.idToken && former.statedBy?.idToken.subject && !fresh.idToken
  return {
    ...fresh,
    ...continueIdentity(fresh, former),
    refreshToken: fresh.refreshToken ?? former.refreshToken,
    idToken: fresh.idToken ?? former.idToken,
    scope: fresh.scope ?? former.scope,
    claims: keepsClaims ? former.claims : (fresh.claims ?? former.claims),
  }
}

/** For `signIn`. The message names the keys that were found, never their values. */
export function requireCredentials(input: unknown, sent: Moment, clock: Clock): Credentials {
  const credentials = readCredentials(input, sent, clock)
  if (!credentials) {
    throw new ConfigurationError(
      null,
      `signIn needs \`accessToken\`, \`access_token\` or \`cookie: true\`, not ${describeKeys(input)}${describeToken(input)}`,
    )
  }
  const given = input as Readonly<Record<string, unknown>>
  if ((given['expiresInSeconds'] ?? given['expires_in'] ?? null) === null) {
    for (const name of ['expiresIn', 'expiresAt', 'expires_at']) {
      if ((given[name] ?? null) !== null)
        throw new ConfigurationError(name, 'write `expiresInSeconds`: its unit is certain')
    }
  }
  return credentials
}

/** What was given as the token, if it has its name: never the value. */
function describeToken(input: unknown): string {
  const given = Object(input) as Readonly<Record<string, unknown>>
  const name = ['accessToken', 'access_token'].find(token => token in given)
  if (!name) return ''
  const kind = given[name] === '' ? '""' : given[name] === null ? 'null' : typeof given[name]
  return `, whose \`${name}\` is ${kind}: write a string, or call \`signOut()\``
}

/** Hides keys that do not look like names: they may be pieces of a response that was parsed as something else. */
const nameOf = (key: string): string => (/^[a-z]{1,20}([A-Z_-][a-z]{1,20}){0,4}\d{0,2}$/.test(key) ? key : '…')

/** The keys of a response, for messages: names help, values may be secrets. */
export function describeKeys(input: unknown): string {
  const { then, json } = Object(input) as { readonly then?: unknown; readonly json?: unknown }
  // The two most common mistakes.
  if (typeof then === 'function') return 'a Promise: write `await`'
  if (typeof json === 'function') return 'a Response: write `await response.json()`'
  if (input === null) return 'null'
  return typeof input === 'object' ? `{ ${Object.keys(input).slice(0, 12).map(nameOf).join(', ')} }` : typeof input
}
