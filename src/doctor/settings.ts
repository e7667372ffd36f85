/**
 * What the user allows to be used up, each with those before it:
 * - `nothing`: requests without a credential, or with an access token that is only read with;
 * - `refresh`: the refresh token is used, and so replaced;
 * - `session`: a session may end.
 */
export type Spend = 'nothing' | 'refresh' | 'session'

export const spends: readonly Spend[] = ['nothing', 'refresh', 'session']

/** How a session is renewed: by RFC 6749 §6, by JSON with the refresh token, or by a cookie. */
export type RenewalMode = 'oauth' | 'json' | 'cookie'

/** What to examine, without any secret. */
export interface Settings {
  /** A URL that needs a token and is read with GET. */
  readonly api: URL | null
  /** The page's origin, for CORS. */
  readonly origin: string | null
  readonly renewal: { readonly mode: RenewalMode; readonly endpoint: URL } | null
  readonly clientId: string | null
  /** Further form parameters of the token request, such as `resource`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly loginEndpoint: URL | null
  readonly revocationEndpoint: URL | null
  /** Sent with every request of cookie mode. */
  readonly csrfHeader: { readonly name: string; readonly value: string }
  readonly dpop: boolean
  readonly spend: Spend
  /** How long the server takes a refresh token that was replaced. */
  readonly graceSeconds: number
  readonly timeoutMs: number
  readonly only: readonly string[]
  readonly skip: readonly string[]
  readonly yes: boolean
  readonly json: boolean
  readonly verbose: boolean
}

/** What must never be printed. */
export interface Credentials {
  /** One for each session. */
  readonly refreshTokens: readonly string[]
  /** `Cookie` values, one for each session. */
  readonly cookies: readonly string[]
  readonly accessToken: string | null
  /** JSON that `loginEndpoint` is sent. */
  readonly login: string | null
  readonly dpopKey: JsonWebKey | null
  /** A variable is set, and holds nothing. */
  readonly hasEmpty: boolean
}
