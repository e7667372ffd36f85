/** How the server behaves. A test may change these while it runs. */
export interface AuthSettings {
  /** @default 300 */
  accessTokenSeconds: number
  /** `'jwt'`: with `sub`, `iat` and `exp`; nobody checks its signature. @default 'opaque' */
  accessTokenFormat: 'opaque' | 'jwt'
  /** Whether an access token stays good, until its end, when its family has a newer one. @default false */
  keepOldAccessTokens: boolean
  /** Whether each refresh brings a new refresh token. @default true */
  rotate: boolean
  /**
   * What happens when a refresh token comes that was used before.
   * - `'strict'`: refused, and the whole family is revoked (RFC 9700 §4.14.2).
   * - `'lenient'`: refused, and the family lives.
   * - `'grace'`: within `graceSeconds` it is used once more; later as `'strict'`.
   * @default 'strict'
   */
  reuse: 'strict' | 'lenient' | 'grace'
  /** @default 10 */
  graceSeconds: number
  /**
   * Hosts whose API takes only tokens of a resource of its own (RFC 8707), by name without port: the server is reached as
   * `127.0.0.1` and as `localhost`. @default {}
   */
  audiences: Readonly<Record<string, string>>
  /** The challenge of the API's 401; `null` leaves the header out. @default 'Bearer error="invalid_token"' */
  challenge: string | null
  /** Whether pages of other origins may call, with and without cookies. @default true */
  cors: boolean
  /** What those pages may read of the answers. */
  exposedHeaders: string
  /** The server's wall clock in milliseconds. @default Date.now */
  now: () => number
}

export const defaultSettings: AuthSettings = {
  accessTokenSeconds: 300,
  accessTokenFormat: 'opaque',
  keepOldAccessTokens: false,
  rotate: true,
  reuse: 'strict',
  graceSeconds: 10,
  audiences: {},
  challenge: 'Bearer error="invalid_token"',
  cors: true,
  exposedHeaders: 'WWW-Authenticate, Retry-After, Date, DPoP-Nonce',
  now: Date.now,
}
