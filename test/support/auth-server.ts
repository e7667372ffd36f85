import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AuthSettings, defaultSettings } from './auth-settings.ts'
import { createCookieEndpoints } from './cookie-endpoints.ts'
import type { Endpoints, OtherEndpoint, Refresh, RefreshEndpoint } from './endpoint.ts'
import { createFaults, type Fault, type FaultOptions, type Faults, type Gate } from './faults.ts'
import { type Answer, type ReceivedRequest, receive, send } from './http-messages.ts'
import { servePage } from './pages.ts'
import { type ApiSend, createProtectedApi, type ProtectedApi } from './protected-api.ts'
import { createTokenEndpoints, type Revocation } from './token-endpoints.ts'
import { createTokenFamilies, type IssuedTokens } from './token-families.ts'

/**
 * A real HTTP server: sign-in, refresh with rotation and reuse detection, an API that refuses stale tokens, and pages.
 *
 * | endpoint | speaks |
 * |---|---|
 * | `POST /auth/login`, `/auth/refresh` | JSON in the library's own names |
 * | `POST /token`, `/revoke` | RFC 6749 §6, RFC 7009 |
 * | `POST /cookie/login`, `/cookie/refresh`, `/cookie/logout` | refresh token in an HttpOnly cookie |
 * | `POST /bff/login`, `/bff/refresh`, `GET /bff/user` | session in an HttpOnly cookie |
 * | any `/api/…` | 401 with a challenge, or an echo of the request |
 * | `GET /page.html`, `/unbundled.html` | the built package, in a page |
 *
 * A login names its `subject` in a JSON body; without one it is `alice`.
 */
export interface AuthServer {
  readonly origin: string
  /** May be changed at any time. */
  readonly settings: AuthSettings
  /** As if this person had just signed in. */
  issue(subject?: string): IssuedTokens
  /** Of everybody, the server's side of cookie sessions too. */
  expireAccessTokens(): void
  /** Signs a person out on the server: every token of theirs is dead. */
  revoke(subject?: string): void

  /** Every call of an endpoint that renews, in order of arrival, granted or not. */
  readonly refreshLog: readonly Refresh[]
  readonly refreshes: number
  /** How often a refresh token came that had been used before. */
  readonly reuses: number
  /** Every request that reached `/api/`, in order of arrival. */
  readonly sends: readonly ApiSend[]
  readonly revocations: readonly Revocation[]

  holdRefresh(options?: FaultOptions): Gate
  failRefreshes(fault: Fault, options?: FaultOptions): void
  /** A browser opens six connections to one origin, over all its pages: no more than six can stand at gates at once. */
  holdApi(options?: FaultOptions): Gate
  failApi(fault: Fault, options?: FaultOptions): void
  /** The API answers 401 there whatever the token. @default always */
  refuse(path: string, times?: number): void
  /** Answers so at any path, before anything else looks at the request. @default always */
  answerWith(path: string, answer: Answer | ((request: ReceivedRequest) => Answer), times?: number): void
  /** Takes back every hold, fault, refusal and answer that is not used up. */
  clearFaults(): void

  close(): Promise<void>
}

/** What the test wants answered at a path, for so many times. */
const createOverrides = () => {
  const overrides = new Map<string, { answer: (request: ReceivedRequest) => Answer; timesLeft: number }>()
  return {
    set: (path: string, answer: (request: ReceivedRequest) => Answer, times = Number.POSITIVE_INFINITY) =>
      void overrides.set(path, { answer, timesLeft: times }),
    take: (request: ReceivedRequest): Answer | undefined => {
      const override = overrides.get(request.path)
      if (!override) return undefined
      override.timesLeft -= 1
      if (override.timesLeft <= 0) overrides.delete(request.path)
      return override.answer(request)
    },
    clear: () => overrides.clear(),
  }
}

/** CORS as a careful server does it: the origin by name, credentials, and the headers that clients need to read. */
const allowOrigins = (request: IncomingMessage, response: ServerResponse, { cors, exposedHeaders }: AuthSettings) => {
  const { origin } = request.headers
  if (!cors || origin === undefined) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-credentials', 'true')
  response.setHeader('access-control-expose-headers', exposedHeaders)
  response.setHeader('vary', 'Origin')
}

const preflightAnswer = ({ headers }: ReceivedRequest): Answer => ({
  status: 204,
  headers: {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, QUERY',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    'access-control-max-age': '600',
  },
})

const notFound: Answer = { status: 404, body: 'There is nothing here' }

const listen = async (listener: (request: IncomingMessage, response: ServerResponse) => void) => {
  // Longer than any test, so that no kept connection is closed under a request.
  const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0, headersTimeout: 0 }, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { origin: `http://127.0.0.1:${address.port}`, close }
}

interface Parts {
  readonly refreshes: Endpoints<RefreshEndpoint>
  readonly others: Endpoints<OtherEndpoint>
  readonly faults: Faults
  readonly overrides: ReturnType<typeof createOverrides>
  readonly api: ProtectedApi
  readonly settings: AuthSettings
}

/** Finds who answers a request, and notes it where it counts. */
const createRouter = ({ refreshes, others, faults, overrides, api, settings }: Parts) => {
  const refreshLog: Refresh[] = []
  const apiFaults = createFaults()

  const answerApi = (request: ReceivedRequest, response: ServerResponse) => {
    const record = api.record(request)
    return apiFaults.answer(request, response, () => {
      const answer = overrides.take(request) ?? api.answer(request, record)
      record.status = answer.status
      return answer
    })
  }

  const answerRefresh = (endpoint: RefreshEndpoint, request: ReceivedRequest, response: ServerResponse) => {
    const refresh = { path: request.path, headers: request.headers, body: String(request.body), outcome: null }
    refreshLog.push(refresh)
    return faults.answer(request, response, () => endpoint(request, refresh))
  }

  const route = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await receive(message)
    allowOrigins(message, response, settings)
    if (request.method === 'OPTIONS') return send(response, preflightAnswer(request))
    if (request.path.startsWith('/api/')) return answerApi(request, response)
    const override = overrides.take(request)
    if (override) return send(response, override)
    const key = `${request.method} ${request.path}`
    const refresh = refreshes[key]
    if (refresh) return answerRefresh(refresh, request, response)
    send(response, others[key]?.(request) ?? (await servePage(request)) ?? notFound)
  }

  return { refreshLog, apiFaults, route }
}

/** RFC 6750 §2.1. */
const bearerOf = (authorization: string) => /^Bearer (.+)$/i.exec(authorization)?.[1] ?? ''

/** Starts the server on a free port of 127.0.0.1. */
export const startAuthServer = async (options: Partial<AuthSettings> = {}): Promise<AuthServer> => {
  const settings = { ...defaultSettings, ...options }
  const families = createTokenFamilies(settings)
  const tokens = createTokenEndpoints(families, settings)
  const cookies = createCookieEndpoints(families, settings)
  const api = createProtectedApi(settings, request => {
    const { authorization, host = '' } = request.headers
    if (authorization === undefined) return cookies.subjectOf(request)
    return families.subjectOf(bearerOf(authorization), settings.audiences[new URL(`http://${host}`).hostname])
  })
  const [faults, overrides] = [createFaults(), createOverrides()]
  const refreshes = { ...tokens.refreshes, ...cookies.refreshes }
  const others = { ...tokens.others, ...cookies.others }
  const { refreshLog, apiFaults, route } = createRouter({ refreshes, others, faults, overrides, api, settings })
  const listening = await listen((message, response) => {
    // A client that goes away in the middle of its request is none of the test's business.
    route(message, response).catch(() => response.destroy())
  })
  return {
    ...listening,
    settings,
    issue: (subject = 'alice') => families.issue(subject),
    expireAccessTokens: () => {
      families.expireAccessTokens()
      cookies.expireSessions()
    },
    revoke: (subject = 'alice') => {
      families.revokeSubject(subject)
      cookies.revokeSubject(subject)
    },
    refreshLog,
    get refreshes() {
      return refreshLog.length
    },
    get reuses() {
      return families.reuses
    },
    sends: api.sends,
    revocations: tokens.revocations,
    holdRefresh: faults.hold,
    failRefreshes: faults.fail,
    holdApi: apiFaults.hold,
    failApi: apiFaults.fail,
    refuse: (path, times) => overrides.set(path, api.refuse, times),
    answerWith: (path, answer, times) =>
      overrides.set(path, typeof answer === 'function' ? answer : () => answer, times),
    clearFaults: () => {
      for (const { clear } of [faults, apiFaults, overrides]) clear()
    },
  }
}
