import { parseJson } from '../platform/json.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { TokenResponse } from '../session/parse-tokens.ts'
import { allowOrigin, challengeResponse, json, preflight, toResponse, withoutBody } from './fake-responses.ts'
import type { FakeSessions } from './fake-sessions.ts'
import type { Outages } from './outages.ts'

/** A request that reached the server, in order of arrival. */
export interface FakeRequest {
  readonly method: string
  readonly path: string
  /** The user whose token it was sent with; `null` without a valid token. */
  readonly subject: string | null
  /** Of the response; 0 for a network error, `null` while there is none. */
  readonly status: number | null
}

export type FakeRoute = (
  request: Request,
  claims: JwtClaims | null,
) => Response | object | null | Promise<Response | object | null>

export interface EndpointsPorts {
  readonly sessions: FakeSessions
  readonly outages: Outages
  readonly tokenPath: string
  readonly revokePath: string
}

export interface FakeEndpoints {
  /** Never rejects, unless a route of the test does. A network error is `Response.error()`. */
  respond(request: Request): Promise<Response>
  route(method: string, path: string, respond: FakeRoute, isPublic: boolean): void
  setCookie(cookie: TokenResponse): void
  readonly requests: readonly FakeRequest[]
  readonly refreshes: number
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

/** In a form (RFC 6749 §6, RFC 7009 §2.1) or in JSON, in either spelling. */
async function readToken(request: Request): Promise<string | undefined> {
  const text = await request.text()
  const body = (parseJson(text) ?? Object.fromEntries(new URLSearchParams(text))) as Readonly<Record<string, string>>
  return body['refresh_token'] ?? body['refreshToken'] ?? body['token']
}

export function createFakeEndpoints({ sessions, outages, tokenPath, revokePath }: EndpointsPorts): FakeEndpoints {
  const routes = new Map<string, { readonly respond: FakeRoute; readonly isPublic: boolean }>()
  const requests: Mutable<FakeRequest>[] = []
  /** What an HttpOnly cookie stands for. */
  let cookie: TokenResponse | undefined
  let refreshes = 0

  async function redeem(request: Request): Promise<Response> {
    const given = await readToken(request)
    const renewed = sessions.redeem(given ?? cookie?.refresh_token ?? '')
    if (given === undefined && renewed) cookie = renewed
    if (!renewed) return json(400, { error: 'invalid_grant' })
    // JSON leaves it out: a cookie's token is never shown.
    return json(200, { ...renewed, refresh_token: given === undefined ? undefined : renewed.refresh_token })
  }
  async function revoke(request: Request): Promise<Response> {
    const given = await readToken(request)
    sessions.revokeToken(given ?? cookie?.refresh_token ?? '')
    if (given === undefined) cookie = undefined
    return json(200, {})
  }
  function claimsOf({ headers }: Request): JwtClaims | null {
    const token = headers.get('authorization')?.replace(/^\S+ /, '') ?? cookie?.access_token
    return token === undefined ? null : sessions.claimsOf(token)
  }
  async function serve(request: Request, { method, path, subject }: FakeRequest): Promise<Response> {
    const route = routes.get(`${method} ${path}`)
    const claims = claimsOf(request)
    if (!claims && !route?.isPublic) return challengeResponse(request.headers.has('authorization'))
    return toResponse(route ? await route.respond(request, claims) : { method, path, subject })
  }
  function choose(request: Request, entry: FakeRequest): Promise<Response> {
    const isRouted = routes.has(`${entry.method} ${entry.path}`)
    if (isRouted || ![tokenPath, revokePath].includes(entry.path))
      return outages.pass('api', () => serve(request, entry))
    if (entry.path === revokePath) return outages.pass('token', () => revoke(request))
    refreshes += 1
    return outages.pass('token', () => redeem(request))
  }
  return {
    async respond(request) {
      const allowed = preflight(request)
      if (allowed) return allowOrigin(request, allowed)
      const { method, url } = request
      const subject = claimsOf(request)?.sub ?? null
      const entry: Mutable<FakeRequest> = { method, path: new URL(url).pathname, subject, status: null }
      requests.push(entry)
      const response = await choose(request, entry)
      entry.status = response.status
      return allowOrigin(request, method === 'HEAD' ? withoutBody(response) : response)
    },
    route: (method, path, respond, isPublic) => void routes.set(`${method} ${path}`, { respond, isPublic }),
    setCookie(next) {
      cookie = next
    },
    requests,
    get refreshes() {
      return refreshes
    },
  }
}
