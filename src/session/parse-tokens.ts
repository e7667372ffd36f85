import { ConfigurationError } from '../errors.ts'
import type { Clock, Moment } from '../platform/clock.ts'
import type { Credentials, JwtClaims } from './credentials.ts'
import { decodeClaims, lifetimeOnArrivalMs } from './expiry.ts'
import { checkIdentity, continueIdentity, readStatements } from './identity.ts'

/**
 * What a login, a refresh or a step-up brought, in this library's own names.
 *
 * @example
 * await api.session.signIn({ accessToken: body.access, refreshToken: body.refresh, expiresInSeconds: body.ttl })
 */
export interface Tokens {
  readonly accessToken: string
  /** In a refresh answer, leaving it out (or `null`) keeps the one in use (RFC 6749 §6). */
  readonly refreshToken?: string | null | undefined
  /**
   * Seconds the access token has left, counted from when it was asked for. Leave it out for a JWT: `exp - iat` is read.
   * There is no absolute form on purpose: a device clock may be wrong by a day, a duration is not.
   */
  readonly expiresInSeconds?: number | null | undefined
  /** Seconds until the whole session must end (refresh token or server session), for countdowns only: nothing is ended by it. */
  readonly sessionExpiresInSeconds?: number | null | undefined
  /** @default the scheme's own, `'Bearer'` */
  readonly tokenType?: string | null | undefined
  /** Space-separated, as OAuth writes it. */
  readonly scope?: string | null | undefined
  /** An OpenID Connect ID token: read for `claims`, kept for `id_token_hint`; never sent to an API. */
  readonly idToken?: string | null | undefined
  /**
   * Whose data this is. Waiting requests are replayed only under the same subject, and `signIn` with the same subject
   * continues the session instead of starting another. Where one person works in several tenants, put the tenant in.
   *
   * Compared only with what the same source says (you, the ID token, the access token), and only within one issuer. A number
   * is that number as text.
   *
   * @default the `sub` of the ID token, else of a JWT access token, else unknown (then every `signIn` starts a session)
   */
  readonly subject?: string | number | null | undefined
}

/**
 * A token endpoint's answer as it came (RFC 6749 §5.1). Answers of oauth4webapi, oidc-client-ts (`User`), Auth0's and
 * Keycloak's endpoints fit without mapping. Numeric strings are accepted for the lifetimes.
 */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type?: string | undefined
  readonly expires_in?: number | string | null | undefined
  readonly refresh_token?: string | null | undefined
  readonly scope?: string | null | undefined
  readonly id_token?: string | null | undefined
  /** Keycloak. Read as `sessionExpiresInSeconds`, as is `refresh_token_expires_in` (Entra, GitHub). */
  readonly refresh_expires_in?: number | string | null | undefined
  readonly refresh_token_expires_in?: number | string | null | undefined
}

/**
 * A session whose credential is an HttpOnly cookie: there is no token in the page and nothing is attached.
 * `cookie: true` is spelled out so that a mapping mistake (`{ token: … }`) can never be taken for a cookie session.
 */
export interface CookieSession {
  readonly cookie: true
  /** @default the `sub` of `claims` */
  readonly subject?: string | number | null | undefined
  readonly claims?: object | null | undefined
  readonly sessionExpiresInSeconds?: number | null | undefined
}

/** What starts or renews a session. Each value is read in either spelling; `expiresIn` and `expiresAt` are not, their unit is anyone's guess. */
export type SessionInput = Tokens | TokenResponse | CookieSession

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function durationMs(value: unknown): number | null {
  const ms = typeof value === 'number' || typeof value === 'string' ? Number(value) * 1000 : 0
  return ms > 0 && Number.isFinite(ms) ? ms : null
}

/** Reads what a login or a token request brought; `null` if it is none of the shapes that are credentials. @throws ConfigurationError */
export function readCredentials(input: unknown, sent: Moment, clock: Clock): Credentials | null {
  if (typeof input !== 'object' || input === null) return null
  const given = input as Partial<Tokens & TokenResponse & Omit<CookieSession, 'cookie'>> & { readonly cookie?: unknown }
  const accessToken = text(given.accessToken ?? given.access_token)
  if (!accessToken && given.cookie !== true) return null
  const idToken = text(given.idToken ?? given.id_token)
  const told = given.claims as JwtClaims | null | undefined
  const claims = { app: told, idToken: decodeClaims(idToken), accessToken: decodeClaims(accessToken) }
  const statedBy = readStatements(given.subject, claims)
  return {
    accessToken,
    refreshToken: text(given.refreshToken ?? given.refresh_token),
    idToken,
    tokenType: text(given.tokenType ?? given.token_type),
    scope: text(given.scope),
    subject: statedBy.app.subject ?? statedBy.idToken.subject ?? statedBy.accessToken.subject ?? null,
    statedBy,
    claims: claims.idToken ?? claims.accessToken ?? told ?? null,
    lifetimeMs: accessToken
      ? lifetimeOnArrivalMs(
          durationMs(given.expiresInSeconds ?? given.expires_in),
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
 * What was left out stays as it was (RFC 6749 §6: refresh token, scope, whose it is; the ID token with its claims).
 * @throws ConfigurationError if it cannot be told whose it is
 */
export function continueFrom(fresh: Credentials, former: Credentials | null): Credentials {
  checkIdentity(fresh, former)
  if (!former) return fresh
  // The ID token says more of a person, and is held until another one comes.
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

/** For `signIn`: a mistake is told by the keys that were found, never by their values. */
export function requireCredentials(input: unknown, sent: Moment, clock: Clock): Credentials {
  const credentials = readCredentials(input, sent, clock)
  if (!credentials) {
    throw new ConfigurationError(
      null,
      `signIn needs \`accessToken\`, \`access_token\` or \`cookie: true\`, not ${describeKeys(input)}`,
    )
  }
  const given = input as Readonly<Record<string, unknown>>
  if ((given['expiresInSeconds'] ?? given['expires_in'] ?? null) === null) {
    for (const name of ['expiresIn', 'expiresAt']) {
      if ((given[name] ?? null) !== null)
        throw new ConfigurationError(name, 'give `expiresInSeconds`: its unit is certain')
    }
  }
  return credentials
}

/** What does not look like a name may be a piece of an answer that was parsed as something else. */
const nameOf = (key: string): string => (/^[a-z]{1,20}([A-Z_-][a-z]{1,20}){0,4}\d{0,2}$/.test(key) ? key : '…')

/** The keys of an answer, for messages: names help, values may be secrets. */
export function describeKeys(input: unknown): string {
  return typeof input === 'object' && input !== null
    ? `{ ${Object.keys(input).slice(0, 12).map(nameOf).join(', ')} }`
    : typeof input
}
