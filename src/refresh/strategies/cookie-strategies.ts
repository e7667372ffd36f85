import { checkOptions, isFunction, isUrl, type OptionRule, type OptionRules } from '../../checks/option-rules.ts'
import { factory } from '../../errors.ts'
import type { CookieSession, SessionInput, TokenResponse, Tokens } from '../../session/parse-tokens.ts'
import { indexedDbStore } from '../../stores/indexed-db.ts'
import { withoutSecrets, withoutTokens } from '../../stores/without-tokens.ts'
import { statusOf } from '../judge-failure.ts'
import { readHeaders } from '../post.ts'
import type { OwnPostInit, Post, RefreshStrategy, WatchingStrategy } from '../strategy.ts'
import { watchLogins } from './watch-logins.ts'

/** A response of the cookie endpoint without a session. */
export interface CookieResponse {
  /** 0 if the page cannot see it: a redirect, or a failure of the network. */
  readonly status: number
  readonly redirected: boolean
}

/** The options that `cookieRefresh` and `cookieSession` have in common. */
export interface CookieEndpoint {
  /** Relative to `baseUrl`. It should be on the same site as the page: browsers block the cookies of other sites. */
  readonly url: string | URL
  /**
   * Where `signOut()` POSTs so that the server clears the cookie. `false`: the app does it, for example by a navigation.
   * Required, since a cookie that stays signs the user in again at the next reload.
   *
   * 2xx, a redirect and 401 mean that the server knows of the sign-out; so does any other 4xx, which is also reported as an
   * error. After a 5xx or a network error, it is sent again: when the page is online or visible again, or at the next start if
   * the same user is still signed in. Not if the page is left before the response: await `revoked` of `signOut()` first.
   * @example signOutUrl: 'auth/logout'
   */
  readonly signOutUrl: string | URL | false
  /**
   * Headers of each call, besides `X-Requested-With: latchkey`, which forces a preflight, so that other sites cannot make the
   * call. A function is called each time, for a CSRF token that changes.
   * @example headers: () => ({ 'X-CSRF-Token': readCsrfCookie() })
   */
  readonly headers?: HeadersInit | (() => HeadersInit) | undefined
  /** @default 'include' */
  readonly credentials?: RequestCredentials | undefined
  /**
   * Decides what a response of `url` without a session means. `true`: no user is signed in. `false`: not now. `undefined`: by the
   * rules, in which a redirect (to a login page), 401, and 403 that is not HTML, mean that no user is signed in.
   * @example isSignedOut: ({ status }) => status === 419 || undefined
   */
  readonly isSignedOut?: ((answer: CookieResponse) => boolean | undefined) | undefined
}

/** The options of `cookieRefresh`. */
export interface CookieRefreshOptions extends CookieEndpoint {
  /**
   * Reads the response, if its names are neither latchkey's nor OAuth's. Return `null` if no user is signed in. It is not called
   * for an empty response.
   * @example read: ({ token, ttl }) => ({ accessToken: token, expiresInSeconds: ttl })
   */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the app's server's; it annotates the parameter itself
  readonly read?: ((answer: any) => Tokens | TokenResponse | null) | undefined
}

/** The options of `cookieSession`. */
export interface CookieSessionOptions extends CookieEndpoint {
  /**
   * `'GET'` if `url` returns the signed-in user: a response that names none (204, `null`, `{}`, by default any without `sub`)
   * means that no user is signed in. `'POST'` if it renews the cookie: its response may be empty, and only `null` means that no
   * user is signed in.
   * @default 'POST'
   */
  readonly method?: 'GET' | 'POST' | undefined
  /**
   * Reads the signed-in user from the response. Return `null` if there is none.
   * @default the JSON object of the response, if any, is the claims; `sub` and `sessionExpiresInSeconds` in it are read
   * @example read: ({ user }) => user && { subject: user.id, claims: user }
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly read?: ((answer: any) => Omit<CookieSession, 'cookie'> | null) | undefined
}

const aFunction: OptionRule = [isFunction, 'a function']

const rules: OptionRules<CookieRefreshOptions> = {
  url: [isUrl, 'the URL that renews the cookie', 'required'],
  signOutUrl: [value => value === false || isUrl(value), 'the URL that clears the cookie, or `false`', 'required'],
  headers: [
    value => isFunction(value) || Object(value) === value,
    "`{ 'X-CSRF-Token': … }`, or a function that returns them",
  ],
  credentials: [value => /^(include|same-origin|omit)$/.test(value as string), "'include'"],
  isSignedOut: aFunction,
  read: aFunction,
}

function absolute(url: string | URL, baseUrl: string | undefined): string {
  try {
    return new URL(url, baseUrl).href
  } catch {
    return String(url)
  }
}

/** What tells the two cookie modes apart. */
interface CookieMode {
  readonly cookie: 'token' | 'session'
  readonly method: 'GET' | 'POST'
  readonly read: (answer: unknown) => SessionInput | null | Promise<SessionInput | null>
}

function cookieStrategy(given: CookieEndpoint, { cookie, method, read }: CookieMode): WatchingStrategy {
  const { headers, credentials = 'include', isSignedOut } = given
  const [url, signOutUrl] = [`${given.url}`, given.signOutUrl && `${given.signOutUrl}`] as const // URL objects may change
  const initOf = (verb: CookieMode['method']): OwnPostInit => {
    const own = readHeaders(typeof headers === 'function' ? headers() : headers, 'headers')
    if (!own.has('x-requested-with')) own.set('x-requested-with', 'latchkey')
    return { headers: own, credentials, method: verb }
  }
  async function ask(post: Post): Promise<unknown> {
    try {
      return await post(url, undefined, initOf(method))
    } catch (error) {
      const answer = statusOf(error)
      // IIS, oauth2-proxy and Spring redirect to the login page where other servers return 401.
      const isOver = (await isSignedOut?.(answer)) ?? (answer.redirected || undefined)
      if (isOver) return null
      throw isOver === false && !answer.redirected ? new Error((error as Error).message) : error
    }
  }
  return {
    ambient: true,
    cookie,
    watchSession: watchLogins,
    id: baseUrl => `cookie ${absolute(url, baseUrl)}`,
    // Tabs must see each other's sign-outs and refreshes, although their tokens stay in memory.
    store: () => withoutTokens(indexedDbStore()),
    refresh: async ({ post }) => {
      const answer = await ask(post)
      const isNothing = method === 'GET' || cookie === 'token' ? isEmpty(answer) : answer === null
      return isNothing ? null : withoutSecrets(await read(answer))
    },
    ...(signOutUrl && {
      revoke: ({ post, signedOutSession }) => post(signOutUrl, signedOutSession, initOf('POST')),
    }),
  }
}

const isEmpty = (answer: unknown): boolean => !answer || (typeof answer === 'object' && !Object.keys(answer).length)

/**
 * A strategy for `refresh`: the refresh token is in an HttpOnly cookie, the access token in the page. A POST to `url` returns a
 * new access token. Ambient: at the start of the page the session is restored by it.
 *
 * @throws ConfigurationError if `url` or `signOutUrl` is missing
 * @see RFC 10017 §6.2 (token-mediating backend)
 *
 * @example
 * refresh: cookieRefresh({ url: 'auth/refresh', signOutUrl: 'auth/logout' })
 */
export const cookieRefresh = /* @__PURE__ */ factory(
  'cookieRefresh',
  (options: CookieRefreshOptions): RefreshStrategy => {
    checkOptions(options, rules)
    // Never GET: sent on cross-site navigations, prefetched, cached (RFC 9110 §9.2.1, RFC 6265bis §8.8).
    const read: CookieMode['read'] = answer => (options.read ? options.read(answer) : (answer as Tokens))
    return cookieStrategy(options, { cookie: 'token', method: 'POST', read })
  },
)

/**
 * A strategy for `refresh`: the session is in an HttpOnly cookie, and the page has no token at all. Ambient: at the start of the
 * page the session is restored by a call of `url`.
 *
 * @throws ConfigurationError if `url` or `signOutUrl` is missing
 * @see RFC 10017 §6.1 (backend for frontend)
 *
 * @example
 * refresh: cookieSession({ url: 'auth/me', method: 'GET', signOutUrl: 'auth/logout' })
 */
export const cookieSession = /* @__PURE__ */ factory(
  'cookieSession',
  (options: CookieSessionOptions): RefreshStrategy => {
    const method: OptionRule = [value => /^(GET|POST)$/.test(value as string), "'GET' or 'POST'"]
    checkOptions(options, { ...rules, method })
    const { method: verb = 'POST', read = defaultRead } = options
    const readSession: CookieMode['read'] = async answer => {
      // By its type it is not async. A promise would count as a user without a name.
      const session = await read(answer)
      // The response of a GET should name the user. Without `sub`, no user is signed in.
      if (!session || (verb === 'GET' && read === defaultRead && !session.subject)) return null
      const { subject, claims, sessionExpiresInSeconds } = session
      return { cookie: true, subject, claims, sessionExpiresInSeconds }
    }
    return cookieStrategy(options, { cookie: 'session', method: verb, read: readSession })
  },
)

/** The response of a renewal may be empty; a JSON object is the user's claims. */
function defaultRead(answer: unknown): Omit<CookieSession, 'cookie'> {
  const claims = typeof answer === 'object' ? answer : null
  const { sub, sessionExpiresInSeconds } = (claims ?? {}) as Pick<CookieSession, 'sessionExpiresInSeconds'> & {
    readonly sub?: CookieSession['subject']
  }
  return { claims, subject: sub ?? null, sessionExpiresInSeconds }
}
