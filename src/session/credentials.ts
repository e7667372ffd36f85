/** Claims of a JWT. Nobody verified them: for display, never for decisions (RFC 7519 §7.2). */
export interface JwtClaims {
  readonly sub?: string
  readonly iss?: string
  readonly [claim: string]: unknown
}

/** Whose it is, as one source says it: a subject is one only of its issuer (OpenID Connect Core §5.7). */
export interface Statement {
  readonly issuer: string | null
  /** `undefined`: it is there, but cannot be read. */
  readonly subject: string | null | undefined
}

/** Who says whose it is. Only statements of the same source are comparable. */
export type Statements = Readonly<Record<'app' | 'idToken' | 'accessToken', Statement>>

/** What a session goes on with: a token set, or (`accessToken: null`) the knowledge that a cookie does it. JSON-safe. */
export interface Credentials {
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly idToken: string | null
  readonly tokenType: string | null
  readonly scope: string | null
  readonly subject: string | null
  readonly statedBy?: Statements
  readonly claims: JwtClaims | null
  /** How long the access token lives, counted from `sentAt`; `null` if only a 401 will tell, 0 if there is no token. */
  readonly lifetimeMs: number | null
  readonly sessionLifetimeMs: number | null
  /** Wall clock when it was asked for. */
  readonly sentAt: number
  /** The tokens are in the memory of the tab that fetched them; this is who is signed in. */
  readonly tokensElsewhere?: boolean
  /** A login said only that there is a cookie: whose it is, the next token request tells, before anything is sent by it. */
  readonly ownerUnverified?: boolean
  /** Which key the tokens are bound to, where they are bound to one (RFC 7638 thumbprint). */
  readonly keyThumbprint?: string
  /** Tokens of other audiences than the session's own, by name (RFC 8707). */
  readonly audienceTokens?: Readonly<Record<string, AudienceToken>> | undefined
}

/** What an audience has for itself; all else is the session's. */
export type AudienceToken = Pick<Credentials, 'accessToken' | 'lifetimeMs' | 'sentAt'>

/** Not of cookie sessions, which have no token in the page. */
export const hasSame = (
  name: 'accessToken' | 'refreshToken',
  one: Credentials | null | undefined,
  other: Credentials | null | undefined,
): boolean => Boolean(one?.[name]) && one?.[name] === other?.[name]
