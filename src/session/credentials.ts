/**
 * Claims of a JWT. They are not verified: use them for display, never for decisions.
 * @see RFC 7519 §7.2
 */
export interface JwtClaims {
  readonly sub?: string
  readonly iss?: string
  readonly [claim: string]: unknown
}

/** The user, as one source names them. A subject is unique only within its issuer (OpenID Connect Core §5.7). */
export interface Statement {
  readonly issuer: string | null
  /** `undefined`: there is one, but it cannot be read. */
  readonly subject: string | null | undefined
}

/** The user, as each source names them. Compare only statements of the same source. */
export type Statements = Readonly<Record<'app' | 'idToken' | 'accessToken', Statement>>

/** The token set of a session; `accessToken: null`: the session uses a cookie. Can be serialised as JSON. */
export interface Credentials {
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly idToken: string | null
  readonly tokenType: string | null
  readonly scope: string | null
  readonly subject: string | null
  readonly statedBy?: Statements
  readonly claims: JwtClaims | null
  /** The lifetime of the access token, counted from `sentAt`; `null`: unknown, until a 401; 0: there is no token here. */
  readonly lifetimeMs: number | null
  readonly sessionLifetimeMs: number | null
  /** Wall clock when the request for them was sent. */
  readonly sentAt: number
  /** The tokens are in the memory of another tab. The rest is known: user, claims, scope. */
  readonly tokensElsewhere?: boolean
  /** A login said only that there is a cookie. The next refresh finds out whose it is, before any request is sent with it. */
  readonly ownerUnverified?: boolean
  /** The RFC 7638 thumbprint of the key that the tokens are bound to, if they are bound to one. */
  readonly keyThumbprint?: string
  /** Tokens of other audiences than the session's own, by name (RFC 8707). */
  readonly audienceTokens?: Readonly<Record<string, AudienceToken>> | undefined
}

/** The members that an audience has of its own; it shares the others with the session. */
export type AudienceToken = Pick<Credentials, 'accessToken' | 'lifetimeMs' | 'sentAt'>

/** Whether both have the same token. Always `false` for cookie sessions, which have no token in the page. */
export const hasSame = (
  name: 'accessToken' | 'refreshToken',
  one: Credentials | null | undefined,
  other: Credentials | null | undefined,
): boolean => {
  const token = one?.[name]
  return Boolean(token) && token === other?.[name]
}
