import { aFlag, checkOptions, type OptionRule, type OptionRules } from '../checks/option-rules.ts'
import { check } from '../errors.ts'
import { originProblem } from '../http/trusted-origins.ts'
import { unlessAborted } from '../platform/abort.ts'
import { parseUrl } from '../platform/page.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { TokenResponse } from '../session/parse-tokens.ts'
import { createFakeEndpoints, type FakeRequest, type FakeRoute } from './fake-endpoints.ts'
import { createFakeSessions } from './fake-sessions.ts'
import { createOutages, type Outage, type OutagePlace } from './outages.ts'

export interface FakeServerOptions {
  /** Where the API and the authorization server are. @default 'https://api.test' */
  readonly origin?: string | undefined
  /** @default '/token' */
  readonly tokenPath?: string | undefined
  /** The path of the revocation endpoint. @default '/revoke' */
  readonly revokePath?: string | undefined
  /** @default 300 */
  readonly accessTokenSeconds?: number | undefined
  /** How long a rotated refresh token is still accepted. @default 0: its reuse ends the session, as with strict servers */
  readonly reuseIntervalMs?: number | undefined
  /** Access tokens are no JWTs; responses then have an ID token with the claims. @default false */
  readonly opaque?: boolean | undefined
}

/** An authorization server and an API in memory: rotation, reuse detection, outages. */
export interface FakeServer {
  readonly origin: string
  /** For `createClient({ fetch })`. Requests to other origins are network errors. */
  readonly fetch: typeof globalThis.fetch
  /** For `createClient({ refresh })`. Any strategy that sends to `tokenPath` will do, `oauthRefresh` among them. */
  readonly refresh: RefreshStrategy
  /** For msw: ``http.all(`${server.origin}/*`, server.handler)``. */
  readonly handler: (info: { readonly request: Request }) => Promise<Response>
  /** How many requests reached `tokenPath`. */
  readonly refreshes: number
  /** Refresh tokens that came once more after their rotation. Each would be a sign-out on a strict server. */
  readonly reuses: number
  readonly requests: readonly FakeRequest[]
  /** What a login returns, for `session.signIn`. @default subject 'alice' */
  issue(subject?: string, claims?: JwtClaims): TokenResponse
  /** Acts as if a login had set an HttpOnly cookie: the token endpoint and the API then know the user without a token. */
  issueCookie(subject?: string, claims?: JwtClaims): void
  /** Redeems a refresh token, for a route that speaks in names of your own. `null`: the session is over. */
  redeem(refreshToken: string): TokenResponse | null
  /** The API rejects every access token issued so far; refreshing helps. */
  expireAccessTokens(): void
  /** Ends sessions on the server: refreshing no longer helps. @default of all users */
  revoke(subject?: string): void
  /** Makes something go wrong from now on, so many times; `null` ends it. @default where 'all', for ever */
  outage(how: Outage | null, where?: OutagePlace, times?: number): void
  /**
   * What the API responds at a path: a `Response`, or a value that is sent as JSON.
   * @default every path responds `{ method, path, subject }`
   * @throws ConfigurationError for what no request has: a method in small letters, a path without its slash or with a query
   */
  route(method: string, path: string, respond: FakeRoute, options?: { readonly auth?: boolean }): void
}

const asClaims = (subject = 'alice', claims: JwtClaims = {}): JwtClaims => ({ ...claims, sub: subject })

const aNumber: OptionRule = [value => typeof value === 'number' && value >= 0, 'a number']
const aPath: OptionRule = [value => typeof value === 'string' && value.startsWith('/'), "a path: '/token'"]

const rules: OptionRules<FakeServerOptions> = {
  origin: [value => originProblem(value as string, true) === null, "an origin: 'https://api.test'"],
  tokenPath: aPath,
  revokePath: aPath,
  accessTokenSeconds: aNumber,
  reuseIntervalMs: aNumber,
  opaque: aFlag,
}

/**
 * Makes a server that is strict: it rotates refresh tokens at each use, and ends the session of one that is used twice.
 *
 * @example
 * const server = createFakeServer({ origin: 'https://api.example.com', tokenPath: '/auth/refresh' })
 * server.route('POST', '/auth/login', () => server.issue('alice'), { auth: false })
 */
export function createFakeServer(options: FakeServerOptions = {}): FakeServer {
  checkOptions(options, rules)
  const { origin = 'https://api.test', tokenPath = '/token', revokePath = '/revoke' } = options
  const { accessTokenSeconds = 300, reuseIntervalMs = 0, opaque = false } = options
  const sessions = createFakeSessions({ origin, accessTokenSeconds, reuseIntervalMs, opaque })
  const outages = createOutages()
  const endpoints = createFakeEndpoints({ sessions, outages, tokenPath, revokePath })
  const { respond } = endpoints

  return {
    origin,
    fetch: createFetch(origin, respond),
    refresh: createRefresh(origin + tokenPath, origin + revokePath),
    handler: ({ request }) => respond(request),
    get refreshes() {
      return endpoints.refreshes
    },
    get reuses() {
      return sessions.reuses
    },
    requests: endpoints.requests,
    issue: (subject, claims) => sessions.issue(asClaims(subject, claims)),
    issueCookie: (subject, claims) => endpoints.setCookie(sessions.issue(asClaims(subject, claims))),
    redeem: sessions.redeem,
    expireAccessTokens: sessions.expireAccessTokens,
    revoke: sessions.revoke,
    outage: (how, where = 'all', times = Number.POSITIVE_INFINITY) => outages.set(how, where, times),
    route(method, path, answer, { auth = true } = {}) {
      check(method === String(method).toUpperCase(), 'route.method', "write it in capitals: 'GET'")
      const isReachable = parseUrl(path, origin)?.pathname === path
      check(isReachable, 'route.path', "write a path as it is in the URL, with its slash and without a query: '/todos'")
      endpoints.route(method, path, answer, !auth)
    },
  }
}

/** As the network would: rejects on abort, and with a `TypeError` where there is no response. */
function createFetch(origin: string, respond: (request: Request) => Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal, url } = request
    if (signal?.aborted) throw signal.reason
    const asked = new URL(url).origin
    if (asked !== origin) throw new TypeError(`The fake server is ${origin}; nothing is at ${asked}.`)
    const response = await unlessAborted(respond(request), signal)
    if (response.type === 'error') throw new TypeError('Failed to fetch')
    return response
  }
}

/** RFC 6749 §6 and RFC 7009. */
const createRefresh = (tokenUrl: string, revokeUrl: string): RefreshStrategy => ({
  id: tokenUrl,
  needsRefreshToken: true,
  refresh: async ({ refreshToken = '', post }) =>
    post<TokenResponse>(tokenUrl, new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })),
  revoke: ({ refreshToken, accessToken, post }) =>
    post(revokeUrl, new URLSearchParams({ token: refreshToken ?? accessToken ?? '' })),
})
