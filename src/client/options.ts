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

/** What one request takes: ky's options and ours, flat. ky's `fetch` replaces the network, never the authentication. */
export interface RequestOptions extends KyOptions, AuthRequestOptions {}

/** Everything about signing in; shared with the ky-free `latchkey/fetch` entry. */
export interface SessionOptions<Claims extends object = JwtClaims> {
  /**
   * How to get newer credentials. Without one, a rejected token ends the session.
   * @example refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken })
   */
  readonly refresh?: RefreshFunction | RefreshStrategy | undefined
  /**
   * Told that the person has to sign in: go to the login page. Once for each session that ended, after its tokens are gone
   * and its requests were rejected; for somebody who was never signed in, at most once in 10 s, also over reloads.
   * @example onLoginRequired: redirectTo('/login')
   */
  readonly onLoginRequired?: ((event: LoginRequiredEvent<Claims>) => unknown) | undefined
  /**
   * Asks the person without leaving the page (dialog, popup, native sheet). The session is suspended, not ended: requests
   * wait, and go on if the same subject signed in. `null` or a rejection: not here; then the session ends and
   * `onLoginRequired` is told (for a step-up nothing ends: the caller gets `StepUpRequiredError`). One at a time, and only
   * while the page is visible. Without it, a step-up challenge is the caller's, as any 401.
   * What the dialog itself sends, its form say, takes `auth: false`: with a 401 it would wait for the dialog.
   */
  readonly reauthenticate?: ((need: ReauthenticateContext<Claims>) => Promise<SessionInput | null>) | undefined
  /**
   * Decides beyond 401: `true` treats the answer as a 401 `invalid_token`, `false` hands it to the caller, `undefined`
   * leaves it to the rules. For 419 and 440, a 403 that means "expired", GraphQL errors in a 200.
   * Asked about answers from trusted origins, unless `auth: false`: also about a 401 whose challenge is of another scheme, and
   * (with `redirect: 'manual'`) a redirect to a login page; not about other 401s, and not twice for one request. The caller's
   * abort is heard while it is awaited. What it throws, the caller gets in place of the answer.
   * @example shouldRefresh: ({ status }) => status === 419 || undefined
   */
  readonly shouldRefresh?:
    | ((answer: ResponseView) => boolean | undefined | PromiseLike<boolean | undefined>)
    | undefined
  /**
   * Headers that change, asked for anew for each send to a trusted origin, also for the replay, and for what `refresh` sends
   * there by `post`. For CSRF tokens that rotate: a ky hook sees a request once, and the replay would carry its old token.
   * Its argument says which send it is, so that a trace can give each a `traceparent` (`latchkey/observe`).
   * @example sendHeaders: () => ({ 'X-CSRF-Token': /XSRF=([^;]*)/.exec(document.cookie)?.[1] ?? '' })
   */
  readonly sendHeaders?: SendHeaders | undefined
  /**
   * Where the session rests. Memory is safest and forgets at reload; `indexedDbStore()` survives it and is shared by tabs.
   * Anything with `getItem` and `setItem`, sync or async, will do as well.
   * @default memoryStore()
   */
  readonly store?: SessionStore | KeyValueStorage | undefined
  /**
   * Clients with the same name and store share one session, also over tabs, bundles and iframes of one origin.
   * @default made from the base URL's origin and the strategy's id, so two backends or two identity providers never mix. What
   * 0.1 stored under a name made from all trusted origins is moved.
   */
  readonly sessionName?: string | undefined
  /**
   * What the server that rendered the page knows of the session, so that the first render is not `'unknown'`. `null`: nobody is
   * signed in. It is shown until the store was read or, for ambient strategies, the server asked; requests and `ready()` wait for
   * that all the same. Never a token. On a server, make a client for each request.
   * @throws ConfigurationError for members other than `subject` and `claims`
   * @default undefined: not known
   * @example initial: user && { subject: user.id, claims: { name: user.name } }
   */
  readonly initial?: InitialSession<Claims> | null | undefined
  /**
   * Origins that may get the token besides that of `baseUrl`. Exact origins, no wildcards; `https`, or loopback.
   * @default []
   * @example trustedOrigins: ['https://files.example.com']
   */
  readonly trustedOrigins?: readonly (string | URL)[] | undefined
  /**
   * For development on a LAN, say at `http://192.168.1.5:3000`: the origins of `baseUrl`, of the page and in `trustedOrigins`
   * may be plain `http`. Tokens then go unencrypted; the console says so.
   * @default false: `https`, or `http` on a loopback host
   */
  readonly allowInsecureRequests?: boolean | undefined
  /** How the credential goes on the wire. @default bearer() */
  readonly scheme?: Scheme | undefined
  /**
   * What becomes of a request that needs a refresh, once that has failed and the browser says that it is offline. `'fail'`: the
   * refresh is tried again for `limits.patienceMs`, as after any failure. `'wait'`: without an end, until the network is back or
   * the request is aborted. The browser's word is only a hint (webviews and VPN adapters have it wrong), so a refresh is always
   * tried.
   * @default 'fail'
   */
  readonly whenOffline?: 'fail' | 'wait' | undefined
  /** Numbers that are right for nearly everyone. */
  readonly limits?: Limits | undefined
}

export interface Limits {
  /** The refresh's deadline over headers and body. @default 10_000 */
  readonly refreshTimeoutMs?: number | undefined
  /**
   * How long before its end a token is renewed in the background, in milliseconds; never more than a quarter of its life. Each
   * client takes half of it to all of it, so that many do not come at once. @default 300_000
   */
  readonly leewayMs?: number | undefined
  /**
   * How long a request that waits for a refresh bears with failures that may pass (a 503, a lost connection), while the refresh
   * is tried again, before it gets `RefreshUnavailableError`. `0`: not at all. @default 5_000
   */
  readonly patienceMs?: number | undefined
  /** After this many refreshes that helped nobody… @default 5 */
  readonly unhelpfulRefreshes?: number | undefined
  /** …within this time, further 401s are handed to callers until it has passed. @default 30_000 */
  readonly unhelpfulWindowMs?: number | undefined
  /**
   * Over all tabs, after this many refreshes in 30 s that helped nobody, none begins until 30 s after the first of them.
   * Requests that need one get `RefreshUnavailableError` with the reason `'circuit-open'`. One whose token a server then
   * accepted is not counted, nor is the one that a page makes at its start. @default 10
   */
  readonly circuitOpensAfter?: number | undefined
  /**
   * How long a server forgives that a refresh token is presented again, its answer having been lost: the next try comes
   * within this time. @default 30_000
   */
  readonly reuseIntervalMs?: number | undefined
  /**
   * How long one call of the store may take. A read that takes longer leaves the status `'unknown'`, and what waits for it gets
   * `RefreshUnavailableError`, until the store answers. @default 2000
   */
  readonly storeTimeoutMs?: number | undefined
}

/**
 * ky's options and the session's, flat: `createClient({ baseUrl, refresh, onLoginRequired })` is a whole program.
 * `headers.Authorization` is rejected here: it would switch every request to "the caller's own". In `extend()` and `create()`
 * it is just that, for requests of that instance.
 */
export interface ClientOptions<Claims extends object = JwtClaims> extends SessionOptions<Claims>, RequestOptions {}
