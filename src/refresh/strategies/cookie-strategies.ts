import { check, factory } from '../../errors.ts'
import type { CookieSession, SessionInput, TokenResponse, Tokens } from '../../session/parse-tokens.ts'
import { indexedDbStore } from '../../stores/indexed-db.ts'
import { withoutSecrets, withoutTokens } from '../../stores/without-tokens.ts'
import { statusOf } from '../judge-failure.ts'
import type { OwnPostInit, Post, RefreshStrategy } from '../strategy.ts'

/** An answer of the cookie endpoint that brought nothing. */
export interface CookieResponse {
  /** 0 if no page may see it: a redirect, or a failure of the network. */
  readonly status: number
  readonly redirected: boolean
}

export interface CookieEndpoint {
  /** Relative to `baseUrl`. Should be on the same site as the page: other sites' cookies are blocked by browsers. */
  readonly url: string | URL
  /**
   * Where `signOut()` POSTs so that the server clears the cookie. `false` says that the app does it (a navigation, say).
   * Required, because a cookie that stays signs the person in again at the next reload. Any 2xx, a redirect and 401 count as
   * told; so does another 4xx, which is reported. After a 5xx or without an answer it is called again: when the page is
   * online or visible again, or at the next start, if then the same person is found to be signed in still.
   */
  readonly signOutUrl: string | URL | false
  /**
   * Sent with each call here, besides `X-Requested-With: latchkey`, which forces a preflight, so that other sites cannot call
   * it. A function is asked each time, for a CSRF cookie that changes.
   */
  readonly headers?: HeadersInit | (() => HeadersInit) | undefined
  /** @default 'include' */
  readonly credentials?: RequestCredentials | undefined
  /**
   * Decides what an answer of `url` without a session means: `true` nobody is signed in, `false` not now, `undefined` as
   * usual: a redirect (to a login page), 401, and 403 that is not HTML, mean nobody.
   * @example isOver: ({ status }) => status === 419 || undefined
   */
  readonly isSignedOut?: ((answer: CookieResponse) => boolean | undefined) | undefined
}

export interface CookieRefreshOptions extends CookieEndpoint {
  /** Reads the answer, where its names are not ours or OAuth's. `null`: nobody is signed in. Not asked about an empty answer. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the app's server's; it annotates the parameter itself
  readonly read?: ((answer: any) => Tokens | TokenResponse | null) | undefined
}

export interface CookieSessionOptions extends CookieEndpoint {
  /**
   * `'GET'` where `url` tells who is signed in: an answer that names nobody (204, `null`, `{}`, by default any without `sub`)
   * means nobody. `'POST'` where it renews the cookie: it may answer nothing; only `null` means nobody.
   * @default 'POST'
   */
  readonly method?: 'GET' | 'POST' | undefined
  /**
   * Reads who is signed in from the answer. `null`: nobody.
   * @default the answer's JSON object, if any, is the claims; `sub` and `sessionExpiresInSeconds` in it are read
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly read?: ((answer: any) => Omit<CookieSession, 'cookie'> | null) | undefined
}

const isUrl = (value: unknown) => (typeof value === 'string' && value !== '') || 'href' in Object(value)

function absolute(url: string | URL, baseUrl: string | undefined): string {
  try {
    return new URL(url, baseUrl).href
  } catch {
    return String(url)
  }
}

function cookieStrategy(
  given: CookieEndpoint | undefined,
  cookie: 'token' | 'session',
  method: 'GET' | 'POST',
  read: (answer: unknown) => SessionInput | null,
): RefreshStrategy {
  const { url, signOutUrl, headers, credentials = 'include', isSignedOut } = (given ?? {}) as CookieEndpoint
  check(isUrl(url), 'url', 'write where the cookie is renewed')
  check(signOutUrl === false || isUrl(signOutUrl), 'signOutUrl', 'write where the cookie is cleared, or `false`')
  const call = (post: Post, target: string | URL, verb: 'GET' | 'POST', body?: object) => {
    const own = new Headers(typeof headers === 'function' ? headers() : headers)
    if (!own.has('x-requested-with')) own.set('x-requested-with', 'latchkey')
    const init: OwnPostInit = { headers: own, credentials, method: verb }
    return post(target, body, init)
  }
  async function ask(post: Post): Promise<unknown> {
    try {
      return await call(post, url, method)
    } catch (error) {
      const answer = statusOf(error)
      // IIS, oauth2-proxy and Spring lead to the login page where others answer 401.
      const over = isSignedOut?.(answer) ?? (answer.redirected || undefined)
      if (over) return null
      throw over === false && !answer.redirected ? new Error((error as Error).message) : error
    }
  }
  return {
    ambient: true,
    cookie,
    id: baseUrl => `cookie ${absolute(url, baseUrl)}`,
    // Tabs must know of each other's sign-outs and refreshes, even where their tokens stay in memory.
    store: () => withoutTokens(indexedDbStore()),
    refresh: async ({ post }) => {
      const answer = await ask(post)
      const isNothing = method === 'GET' || cookie === 'token' ? isEmpty(answer) : answer === null
      return isNothing ? null : withoutSecrets(read(answer))
    },
    ...(signOutUrl !== false && {
      revoke: ({ post, signedOutSession }) => call(post, signOutUrl, 'POST', signedOutSession),
    }),
  }
}

const isEmpty = (answer: unknown): boolean => !answer || (typeof answer === 'object' && !Object.keys(answer).length)

/**
 * HttpOnly refresh cookie, access token in the page (RFC 10017 §6.2, token-mediating backend). POST. Ambient.
 * @throws ConfigurationError if `url` or `signOutUrl` is missing
 */
export const cookieRefresh = /* @__PURE__ */ factory(
  'cookieRefresh',
  (options: CookieRefreshOptions): RefreshStrategy => {
    // Never GET: sent on cross-site navigations, prefetched, cached (RFC 9110 §9.2.1, RFC 6265bis §8.8).
    return cookieStrategy(options, 'token', 'POST', answer =>
      options.read ? options.read(answer) : (answer as Tokens),
    )
  },
)

/**
 * HttpOnly session cookie, no token in the page (RFC 10017 §6.1, backend for frontend). Ambient.
 * @throws ConfigurationError if `url` or `signOutUrl` is missing
 */
export const cookieSession = /* @__PURE__ */ factory(
  'cookieSession',
  (options: CookieSessionOptions): RefreshStrategy => {
    const { method = 'POST', read = defaultRead } = options ?? {}
    return cookieStrategy(options, 'session', method, answer => {
      const session = read(answer)
      // A default that found no name in what should name somebody.
      if (!session || (method === 'GET' && read === defaultRead && !session.subject)) return null
      const { subject, claims, sessionExpiresInSeconds } = session
      return { cookie: true, subject, claims, sessionExpiresInSeconds }
    })
  },
)

/** A renewal may well answer nothing; a JSON object tells who it is. */
function defaultRead(answer: unknown): Omit<CookieSession, 'cookie'> {
  const claims = typeof answer === 'object' ? answer : null
  const { sub, sessionExpiresInSeconds } = (claims ?? {}) as Pick<CookieSession, 'sessionExpiresInSeconds'> & {
    readonly sub?: CookieSession['subject']
  }
  return { claims, subject: sub ?? null, sessionExpiresInSeconds }
}
