import type { CookieSession, SessionInput, TokenResponse, Tokens } from '../session/token-set.ts'
import { indexedDbStore } from '../stores/indexed-db.ts'
import { withoutTokens } from '../stores/without-tokens.ts'
import type { OwnPostInit, Post, RefreshStrategy } from './strategy.ts'

export interface CookieEndpoint {
  /** Relative to `baseUrl`. Should be on the same site as the page: other sites' cookies are blocked by browsers. */
  readonly url: string | URL
  /**
   * Where `signOut()` POSTs so that the server clears the cookie. `false` says that the app does it (a navigation, say).
   * Required, because a cookie that stays signs the person in again at the next reload.
   */
  readonly signOutUrl: string | URL | false
  /**
   * Added to each call here. A function is asked each time, for a CSRF cookie that changes.
   * @default { 'X-Requested-With': 'latchkey' } // forces a preflight, so that other sites cannot call it
   */
  readonly headers?: HeadersInit | (() => HeadersInit) | undefined
  /** @default 'include' */
  readonly credentials?: RequestCredentials | undefined
}

export interface CookieRefreshOptions extends CookieEndpoint {
  /** Reads the answer, where its names are not ours or OAuth's. `null`: nobody is signed in. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the app's server's; it annotates the parameter itself
  readonly read?: ((answer: any) => Tokens | TokenResponse | null) | undefined
}

export interface CookieSessionOptions extends CookieEndpoint {
  /** `'GET'` where `url` tells who is signed in, `'POST'` where it renews the cookie. @default 'POST' */
  readonly method?: 'GET' | 'POST' | undefined
  /** Reads who is signed in from the answer. `null`: nobody. @default the answer's JSON object, if any, is the claims */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly read?: ((answer: any) => Omit<CookieSession, 'cookie'> | null) | undefined
}

const requestedWith = { 'X-Requested-With': 'latchkey' }

function cookieStrategy(
  { url, signOutUrl, headers = requestedWith, credentials = 'include' }: CookieEndpoint,
  method: 'GET' | 'POST',
  read: (answer: unknown) => SessionInput | null,
): RefreshStrategy {
  const call = (post: Post, target: string | URL, verb: 'GET' | 'POST') => {
    const init: OwnPostInit = {
      headers: typeof headers === 'function' ? headers() : headers,
      credentials,
      method: verb,
    }
    return post(target, undefined, init)
  }
  return {
    ambient: true,
    id: `cookie ${url}`,
    // Tabs must know of each other's sign-outs and exchanges, even where their tokens stay in memory.
    store: () => withoutTokens(indexedDbStore()),
    exchange: async ({ post }) => read(await call(post, url, method)),
    ...(signOutUrl !== false && { revoke: ({ post }) => call(post, signOutUrl, 'POST') }),
  }
}

/** HttpOnly refresh cookie, access token in the page (BBA: token-mediating backend). POST. Ambient. */
export function cookieRefresh(options: CookieRefreshOptions): RefreshStrategy {
  const { read = answer => answer } = options
  // Never GET: sent on cross-site navigations, prefetched, cached (RFC 9110 §9.2.1, RFC 6265bis §8.8).
  return cookieStrategy(options, 'POST', read)
}

/** HttpOnly session cookie, no token in the page (BBA: backend for frontend). Ambient. */
export function cookieSession(options: CookieSessionOptions): RefreshStrategy {
  const { method = 'POST', read = defaultRead } = options
  return cookieStrategy(options, method, answer => {
    const session = read(answer)
    return session && { ...session, cookie: true }
  })
}

/** A renewal may well answer nothing; a JSON object tells who it is. */
function defaultRead(answer: unknown): Omit<CookieSession, 'cookie'> {
  const claims = typeof answer === 'object' ? answer : null
  const { sub } = (claims ?? {}) as { readonly sub?: unknown }
  return { claims, subject: typeof sub === 'string' ? sub : null }
}
