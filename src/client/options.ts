import type { Options as KyOptions } from 'ky'
import type { LoginRequiredEvent } from '../login/login-notifier.ts'
import type { ReauthenticateContext } from '../login/reauthenticator.ts'
import type { SendHeaders } from '../refresh/post.ts'
import type { RefreshFunction, RefreshStrategy } from '../refresh/strategy.ts'
import type { AuthRequestOptions } from '../request/request-context.ts'
import type { ResponseView } from '../request/response-view.ts'
import type { Scheme } from '../schemes/scheme.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { InitialSession } from '../session/initial-session.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import type { KeyValueStorage, SessionStore } from '../session/session-store.ts'

/**
 * The options of one request: ky's and latchkey's, in one object. ky's `fetch` replaces the network, never the authentication.
 */
export interface RequestOptions extends KyOptions, AuthRequestOptions {}

/** The options of a session. `createClient` and `createAuthenticatedFetch` (`latchkey/fetch`) both take them. */
export interface SessionOptions<Claims extends object = JwtClaims> {
  /**
   * Gets newer credentials: a function, or a strategy (`oauthRefresh`, `cookieRefresh`, `cookieSession`, `shellRefresh`).
   * Without it, a rejected token ends the session.
   * @default undefined: the session cannot be refreshed
   * @example refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken })
   */
  readonly refresh?: RefreshFunction | RefreshStrategy | undefined
  /**
   * Called when the user has to sign in. Go to your login page here. It is called once for each session that ended, in each open
   * tab, after the tokens were removed and the waiting requests rejected. If no user was signed in, it is called at most once in
   * 10 s for each tab, across reloads, too. Errors in it are reported to the page (`reportError`) and change nothing.
   * @example onLoginRequired: redirectTo('/login')
   */
  readonly onLoginRequired?: ((event: LoginRequiredEvent<Claims>) => unknown) | undefined
  /**
   * Asks the user to sign in, or to step up (RFC 9470), without leaving the page: in a dialog, a popup or a native sheet.
   *
   * - The session is suspended, not ended. Requests wait, and continue if the same subject signs in.
   * - Return what the login brought. Return `null`, or reject, if the user declined: the session then ends and `onLoginRequired`
   *   is called. After a declined step-up the session stays, and the request rejects with `StepUpRequiredError`.
   * - Only one runs at a time, and only while the page is visible. `signal` aborts when the dialog is no longer needed.
   * - Send the requests of the dialog itself with `auth: false`. Otherwise a 401 would make them wait for the dialog.
   * @default undefined: a rejected refresh ends the session, and a step-up challenge is returned as a 401
   * @example reauthenticate: ({ subject, signal }) => openLoginDialog(subject, signal)
   * @see RFC 9470
   */
  readonly reauthenticate?: ((need: ReauthenticateContext<Claims>) => Promise<SessionInput | null>) | undefined
  /**
   * Decides which responses need a refresh, besides 401: 419 or 440, a 403 that means "expired", a GraphQL error in a 200.
   *
   * - `true`: treat the response as a 401 with `invalid_token`. `false`: return it to the caller. `undefined`: use the rules.
   * - It is called for responses of trusted origins, unless `auth: false` is set, and once for each request. Of the 401s it is
   *   called for those with a challenge of another scheme only; with `redirect: 'manual'` for redirects, too.
   * - The caller can abort while it runs. If it throws, the request rejects with that error.
   * @example shouldRefresh: ({ status }) => status === 419 || undefined
   */
  readonly shouldRefresh?:
    | ((answer: ResponseView) => boolean | undefined | PromiseLike<boolean | undefined>)
    | undefined
  /**
   * Headers that change, such as a rotating CSRF token. Called before each send to a trusted origin: the request, its replay, and
   * what `refresh` sends there by `post`. (A ky hook runs once for each request, so the replay would carry the old value.) The
   * argument tells the sends apart, so that each can have a `traceparent` of its own (`latchkey/observe`).
   * @example sendHeaders: () => ({ 'X-CSRF-Token': /XSRF=([^;]*)/.exec(document.cookie)?.[1] ?? '' })
   */
  readonly sendHeaders?: SendHeaders | undefined
  /**
   * Where the session is stored. Memory is the safest, and is lost on reload. `indexedDbStore()` survives a reload and is shared
   * by tabs. Any object with `getItem` and `setItem`, sync or async, works too; `sessionStorage` does not.
   * @default the strategy's own store, else memoryStore()
   * @example store: indexedDbStore()
   */
  readonly store?: SessionStore | KeyValueStorage | undefined
  /**
   * Clients with the same name and the same store share one session: over tabs, bundles and iframes of one origin.
   * @default the origin of the base URL and the id of the strategy, so that two backends or identity providers never share a
   * session.
   * @example sessionName: 'admin'
   */
  readonly sessionName?: string | undefined
  /**
   * What the server that rendered the page knows of the session, so that the first render is not `'unknown'`. `null`: no user is
   * signed in. It is shown until the store has been read or, for ambient strategies, the server has been asked. Requests and
   * `ready()` still wait for that. Never a token. On a server, create a client for each request.
   * @throws ConfigurationError for members other than `subject` and `claims`, and for claims that look like a token
   * @default undefined: not known
   * @example initial: user && { subject: user.id, claims: { name: user.name } }
   */
  readonly initial?: InitialSession<Claims> | null | undefined
  /**
   * Origins that may get the token, besides that of `baseUrl`. Exact origins, no wildcards; `https`, or a loopback host.
   * @default []
   * @example trustedOrigins: ['https://files.example.com']
   */
  readonly trustedOrigins?: readonly (string | URL)[] | undefined
  /**
   * For development on a LAN, for example at `http://192.168.1.5:3000`: `baseUrl`, the page and `trustedOrigins` may use plain
   * `http`. Tokens are then sent unencrypted, and the console shows a warning.
   * @default false: `https`, or `http` on a loopback host
   * @example allowInsecureRequests: import.meta.env.DEV
   */
  readonly allowInsecureRequests?: boolean | undefined
  /**
   * How credentials are attached to a request: `bearer()`, or `dpop()` of `latchkey/dpop`.
   * @default bearer()
   * @example scheme: bearer({ header: 'X-Access-Token', prefix: '' })
   */
  readonly scheme?: Scheme | undefined
  /**
   * What happens to a request that needs a refresh, when the refresh failed and the browser says that it is offline.
   * `'fail'`: the refresh is tried again for `limits.patienceMs`, as after any failure that may pass. `'wait'`: the request waits
   * until the network is back or it is aborted. A refresh is always tried once, since webviews and VPN adapters report "offline"
   * wrongly.
   * @default 'fail'
   */
  readonly whenOffline?: 'fail' | 'wait' | undefined
  /**
   * Timeouts and thresholds. Most apps need none of them.
   * @throws ConfigurationError for unknown names, and for numbers that are not over 0
   * @example limits: { refreshTimeoutMs: 20_000 }
   */
  readonly limits?: Limits | undefined
}

/** Timeouts and thresholds of a session. All `…Ms` are milliseconds. */
export interface Limits {
  /** The deadline of one refresh, over headers and body. @default 10_000 */
  readonly refreshTimeoutMs?: number | undefined
  /**
   * How long before its end a token is refreshed in the background; at most a quarter of its lifetime. Each client takes between
   * half of it and all of it, so that many clients do not refresh at once. @default 300_000
   */
  readonly leewayMs?: number | undefined
  /**
   * How long requests wait while a refresh fails for a reason that may pass (a 503, a lost connection) and is tried again. Then
   * they reject with `RefreshUnavailableError`. `0`: do not wait. @default 5_000
   */
  readonly patienceMs?: number | undefined
  /**
   * After this many refreshes within `unhelpfulWindowMs` whose new token was rejected, too, further 401s are returned to the
   * caller without a refresh. @default 5
   */
  readonly unhelpfulRefreshes?: number | undefined
  /** The time within which `unhelpfulRefreshes` are counted, and until the end of which 401s are returned. @default 30_000 */
  readonly unhelpfulWindowMs?: number | undefined
  /**
   * The circuit breaker: after this many unhelpful refreshes within 30 s, over all tabs, no refresh starts until 30 s after the
   * first of them. Requests that need one reject with `RefreshUnavailableError` and the reason `'circuit-open'`. A refresh is not
   * counted if a server then accepts its token, or if a page makes it at its start. @default 10
   */
  readonly circuitOpensAfter?: number | undefined
  /**
   * How long your server accepts a used refresh token again when its answer was lost (Auth0: "reuse interval"). The next try is
   * made within this time. @default 30_000
   */
  readonly reuseIntervalMs?: number | undefined
  /**
   * The timeout of one call of the store. After a read that takes longer, `status` stays `'unknown'` and requests reject with
   * `RefreshUnavailableError` until the store responds. @default 2000
   */
  readonly storeTimeoutMs?: number | undefined
}

/**
 * The options of `createClient`: ky's and the session's, in one object.
 *
 * `headers.Authorization` is rejected here: every request would then bring its own credentials, and none would be refreshed.
 * `extend()` and `create()` accept it, for the requests of that instance.
 *
 * @example createClient({ baseUrl: 'https://api.example.com/', refresh, onLoginRequired: redirectTo('/login') })
 */
export interface ClientOptions<Claims extends object = JwtClaims> extends SessionOptions<Claims>, RequestOptions {}
