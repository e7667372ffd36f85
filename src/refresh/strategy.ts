import type { RefreshCause } from '../session/events.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { SessionStore } from '../session/session-store.ts'

/**
 * POSTs `body` and resolves with the parsed JSON answer. A plain object is sent as JSON, `URLSearchParams` as a form.
 * Relative to `baseUrl`. It carries no token, follows no redirect, is not cached and not retried, has the refresh's
 * deadline over headers and body, and every failure it throws is judged rightly: 401, and 403 that is not HTML, mean
 * "rejected"; an OAuth `error` of RFC 6749 §5.2 is read; everything else is "unavailable" and ends nothing.
 */
export type Post = <Answer = unknown>(
  url: string | URL,
  body?: object | URLSearchParams | undefined,
  init?: PostInit,
) => Promise<Answer>

export interface PostInit {
  readonly headers?: HeadersInit | undefined
  /** @default 'same-origin' */
  readonly credentials?: RequestCredentials | undefined
}

/** What the strategies of this library may ask for besides: who is signed in, by GET. */
export interface OwnPostInit extends PostInit {
  readonly method?: 'GET' | 'POST'
}

export interface RefreshContext {
  /** The refresh token in use; `undefined` where the credential is not in the page (cookie, native shell, another SDK). */
  readonly refreshToken: string | undefined
  readonly post: Post
  /** Aborts at the refresh's deadline. It never aborts because a caller lost interest. */
  readonly signal: AbortSignal
  readonly cause: RefreshCause
  /** Whose token is wanted, where {@link RefreshStrategy.audienceOf} tells several apart; `undefined`: the session's own. */
  readonly audience?: string | undefined
}

/**
 * Trades the refresh token for newer credentials. Called once at a time, in all tabs together.
 *
 * - Answer credentials in either naming: {@link Tokens} or the raw {@link TokenResponse}.
 * - Answer `null` when the server says that the session is over. That is the only way, besides a thrown 401 or
 *   `invalid_grant`, to end it.
 * - Throw anything else (or let `post` throw) for "not now": the session stays, waiters get `RefreshUnavailableError`.
 *   `status` is read from the thrown error's `response.status` (ky, axios) or `status`, or from a thrown `Response`;
 *   OAuth and OpenID codes (`invalid_grant`, `login_required`) from its `error` or `code`.
 * - Any other answer (no `accessToken`) counts as "not now", and the error's message lists the keys it found.
 *
 * It may call the client itself: before its first `await` such calls go out without credentials. Later ones wait as any request does, until
 * the deadline; `post` never waits.
 *
 * @example
 * refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken })
 * @example
 * refresh: async ({ refreshToken, post }) => {
 *   const { access, refresh, ttl } = await post<Answer>('auth/refresh', { refresh: refreshToken })
 *   return { accessToken: access, refreshToken: refresh, expiresInSeconds: ttl }
 * }
 */
export type RefreshFunction = (context: RefreshContext) => Promise<SessionInput | null>

export interface RevokeContext {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  /** As in a refresh, and `keepalive`. */
  readonly post: Post
  /** Only where the server is told once more: which session was signed out, so that it spares a login made since. */
  readonly signedOutSession?: SignedOutSession | undefined
}

/** Names a session that was signed out, for the server to compare; what is not known is left out. */
export interface SignedOutSession {
  readonly subject: string | null
  /** Claims of OpenID Connect, as the server told them. */
  readonly sid?: unknown
  readonly authTime?: unknown
  /** A session that began later is another one. */
  readonly secondsAgo: number
}

/** The long form of `refresh`. `oauthRefresh`, `cookieRefresh`, `cookieSession` and `shellRefresh` make one. */
export interface RefreshStrategy {
  readonly refresh: RefreshFunction
  /**
   * The credential is not in the page, so a refresh may be tried with nothing held: at start (`session.ready()`, the
   * first request) the session is restored, or found to be over without calling `onLoginRequired`.
   * @default false
   */
  readonly ambient?: boolean | undefined
  /**
   * Without a refresh token there is nothing to refresh: a session that has none sends its token until a 401 ends it.
   * @default false
   */
  readonly needsRefreshToken?: boolean | undefined
  /** Told by `signOut()`, after everything local is gone; what it does can neither delay nor undo the sign-out. */
  readonly revoke?: ((context: RevokeContext) => unknown) | undefined
  /**
   * The credential is an HttpOnly cookie, and a refresh brings a token, or only who is signed in. A login that the page
   * makes (`auth: false`) then waits for refreshes and sign-outs under way, whose answers would change the new cookie.
   */
  readonly cookie?: 'token' | 'session' | undefined
  /** Part of the default `sessionName`: strategies with different ids never share a session. A function resolves by `baseUrl`. */
  readonly id?: string | ((baseUrl: string | undefined) => string) | undefined
  /** Where the refresh POSTs to, so that a DPoP proof for it can be made beforehand. An absolute URL. */
  readonly endpoint?: string | URL | undefined
  /**
   * Which audience's token an origin takes; `undefined`: the session's own, which the login brought. One that has none yet
   * gets it by a refresh of its own, one at a time for the session (RFC 8707, RFC 9700 §2.3).
   */
  readonly audienceOf?: ((origin: string) => string | undefined) | undefined
  /** Where the session rests if the app names no store. @default memory */
  readonly store?: (() => SessionStore) | undefined
}
