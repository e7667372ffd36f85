import type { Credentials } from '../session/credentials.ts'
import type { RefreshCause } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionCore } from '../session/session.ts'
import type { SessionStore } from '../session/session-store.ts'

/**
 * POSTs `body` and resolves with the parsed JSON of the response. A plain object is sent as JSON, `URLSearchParams` as a form.
 * `url` is relative to `baseUrl`. A string or `FormData` as `body` is a mistake: the JSON is made here.
 *
 * The request is sent without a token. It follows no redirect, is not cached and not retried, and has the deadline of the refresh
 * over headers and body. Let its errors through: 401, and 403 that is not HTML, reject the refresh; an OAuth `error` (RFC 6749
 * §5.2) is read; every other failure means "not now" and keeps the session.
 * @example post('auth/refresh', { refreshToken })
 */
export type Post = <Answer = unknown>(
  url: string | URL,
  body?: object | URLSearchParams | undefined,
  init?: PostInit,
) => Promise<Answer>

/** Options of `post`. */
export interface PostInit {
  /** Headers besides `Accept` and `Content-Type`, which are set unless you set them. */
  readonly headers?: HeadersInit | undefined
  /** @default 'same-origin' */
  readonly credentials?: RequestCredentials | undefined
}

/** What the strategies of this library may also send: a GET that returns the signed-in user. */
export interface OwnPostInit extends PostInit {
  readonly method?: 'GET' | 'POST'
}

/** What your refresh function is called with. */
export interface RefreshContext {
  /** The current refresh token; `undefined` if the credential is not in the page (cookie, native shell, another SDK). */
  readonly refreshToken: string | undefined
  readonly post: Post
  /** Aborts at the deadline of the refresh (`limits.refreshTimeoutMs`). It does not abort when a request is aborted. */
  readonly signal: AbortSignal
  readonly cause: RefreshCause
  /** The audience whose token is needed, if {@link RefreshStrategy.audienceOf} names several; `undefined`: the session's own. */
  readonly audience?: string | undefined
}

/**
 * Gets newer credentials for the refresh token. Called once at a time, over all tabs that share the session.
 *
 * - Return credentials under either names: {@link Tokens}, or the raw {@link TokenResponse}.
 * - Return `null` if the server says that the session is over. Only this, a thrown 401 or 403, and `invalid_grant` end the
 *   session.
 * - Throw any other error, or let `post` throw it, for "not now": the session stays, and the waiting requests reject with
 *   `RefreshUnavailableError`. The status is read from the error's `response.status` (ky, axios) or `status`, or from a thrown
 *   `Response`; OAuth and OpenID codes (`invalid_grant`, `login_required`) from its `error` or `code`.
 * - Any other return value (without `accessToken`) means "not now", too. The message of the error lists the keys that were found.
 *
 * It may send requests with the client: before its first `await` they are sent without credentials. Later ones wait for the
 * refresh, until its deadline. `post` never waits.
 *
 * @example
 * refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken })
 * @example
 * refresh: async ({ refreshToken, post }) => {
 *   const { access, refresh, ttl } = await post<MyTokens>('auth/refresh', { refresh: refreshToken })
 *   return { accessToken: access, refreshToken: refresh, expiresInSeconds: ttl }
 * }
 */
export type RefreshFunction = (context: RefreshContext) => Promise<SessionInput | null>

/** What `revoke` of a strategy is called with. */
export interface RevokeContext {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** As in a refresh, and with `keepalive`. */
  readonly post: Post
  /** Only when a sign-out is sent again: the session that was signed out, so that the server can spare a login made since. */
  readonly signedOutSession?: SignedOutSession | undefined
}

/** Describes a session that was signed out, for the server to compare. Unknown members are left out. */
export interface SignedOutSession {
  readonly subject: string | null
  /** The `sid` and `auth_time` claims of OpenID Connect, as the server sent them. */
  readonly sid?: unknown
  readonly authTime?: unknown
  /** Seconds since the sign-out. A session that began later is another one. */
  readonly secondsAgo: number
}

/** The long form of `refresh`. `oauthRefresh`, `cookieRefresh`, `cookieSession` and `shellRefresh` return one. */
export interface RefreshStrategy {
  readonly refresh: RefreshFunction
  /**
   * Whether the credential is outside the page (a cookie, a native shell), so that a refresh may be tried without a token. At the
   * start (`session.ready()`, the first request) the session is then restored, or found to be over without calling
   * `onLoginRequired`.
   * @default false
   */
  readonly ambient?: boolean | undefined
  /**
   * Whether a refresh needs a refresh token. A session without one then uses its access token until a 401 ends it.
   * @default false
   */
  readonly needsRefreshToken?: boolean | undefined
  /** Called by `signOut()` after the local sign-out, to tell the server. It can neither delay nor undo the sign-out. */
  readonly revoke?: ((context: RevokeContext) => unknown) | undefined
  /**
   * The credential is an HttpOnly cookie, and a refresh returns a token (`'token'`) or only the signed-in user (`'session'`). A
   * login that the page sends (`auth: false`) then waits for running refreshes and sign-outs, whose responses would replace its
   * cookie.
   */
  readonly cookie?: 'token' | 'session' | undefined
  /**
   * Part of the default `sessionName`: strategies with different ids never share a session. A function is called with `baseUrl`.
   */
  readonly id?: string | ((baseUrl: string | undefined) => string) | undefined
  /** The absolute URL that the refresh POSTs to, so that a DPoP proof for it can be made beforehand. */
  readonly endpoint?: string | URL | undefined
  /**
   * Returns the audience whose token an origin takes; `undefined`: the session's own token, from the login. The token of another
   * audience is fetched by a refresh of its own, one at a time for each session.
   * @see RFC 8707, RFC 9700 §2.3
   */
  readonly audienceOf?: ((origin: string) => string | undefined) | undefined
  /** Makes the store that is used if the app sets none. @default memoryStore */
  readonly store?: (() => SessionStore) | undefined
}

/** A strategy that follows the session of a client. */
export interface WatchingStrategy extends RefreshStrategy {
  /** Called when a client is created with it. Returns a function that sees, and may change, the credentials of a login. */
  readonly watchSession?: ((session: SessionCore) => (credentials: Credentials) => Credentials) | undefined
}
