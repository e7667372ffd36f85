import { randomBytes } from 'node:crypto'
import type { AuthSettings } from './auth-settings.ts'
import { type Endpoints, type OtherEndpoint, type RefreshEndpoint, redeem, signInAgain, subjectIn } from './endpoint.ts'
import { type Answer, cookiesOf, json, type ReceivedRequest } from './http-messages.ts'
import type { IssuedTokens, TokenFamilies } from './token-families.ts'

export interface CookieEndpoints {
  readonly refreshes: Endpoints<RefreshEndpoint>
  readonly others: Endpoints<OtherEndpoint>
  /** Whose request it is by its session cookie; `null` if that needs renewing, or is none. */
  subjectOf(request: ReceivedRequest): string | null
  expireSessions(): void
  revokeSubject(subject: string): void
}

interface ServerSession {
  readonly subject: string
  expiresAtMs: number
}

const setCookie = (name: string, value: string) => `${name}=${value}; HttpOnly; SameSite=Strict; Path=/`
const clearCookie = (name: string) => `${setCookie(name, '')}; Max-Age=0`

/** A header that no form of another site can set. */
const hasCsrfHeader = ({ headers }: ReceivedRequest) =>
  ['x-requested-with', 'x-csrf', 'x-csrftoken'].some(name => headers[name] !== undefined)

const csrfRefused: Answer = json(400, { message: 'A header against cross-site requests is missing' })

const guarded =
  (endpoint: RefreshEndpoint): RefreshEndpoint =>
  (request, refresh) => {
    if (hasCsrfHeader(request)) return endpoint(request, refresh)
    refresh.outcome = 'malformed'
    return csrfRefused
  }

/** The refresh token in an HttpOnly cookie, the access token in the page (a token-mediating backend). */
const createRefreshCookie = (families: TokenFamilies) => {
  const grant = ({ accessToken, refreshToken, expiresInSeconds }: IssuedTokens): Answer =>
    json(200, { accessToken, expiresInSeconds }, { 'set-cookie': setCookie('refresh', refreshToken) })

  const refresh: RefreshEndpoint = (request, refresh) => {
    const result = redeem(families, cookiesOf(request).get('refresh') ?? '', refresh)
    return result.outcome === 'granted' ? grant(result.tokens) : signInAgain({ 'set-cookie': clearCookie('refresh') })
  }
  const logIn: OtherEndpoint = request => grant(families.issue(subjectIn(request)))
  return { refresh, logIn }
}

/** The session in an HttpOnly cookie, no token in the page (a backend for frontend). */
const createSessionCookie = (settings: AuthSettings) => {
  const sessions = new Map<string, ServerSession>()
  const freshUntil = () => settings.now() + settings.accessTokenSeconds * 1000
  const idIn = (request: ReceivedRequest) => cookiesOf(request).get('bff') ?? ''

  const logIn: OtherEndpoint = request => {
    const id = randomBytes(18).toString('base64url')
    const subject = subjectIn(request)
    sessions.set(id, { subject, expiresAtMs: freshUntil() })
    return json(200, { subject }, { 'set-cookie': setCookie('bff', id) })
  }
  const renew: RefreshEndpoint = (request, refresh) => {
    const session = sessions.get(idIn(request))
    refresh.outcome = session ? 'granted' : 'unknown'
    if (!session) return signInAgain()
    session.expiresAtMs = freshUntil()
    return json(200, { subject: session.subject, sub: session.subject, name: `Name of ${session.subject}` })
  }
  return { sessions, idIn, logIn, renew }
}

export const createCookieEndpoints = (families: TokenFamilies, settings: AuthSettings): CookieEndpoints => {
  const refreshCookie = createRefreshCookie(families)
  const { sessions, idIn, logIn, renew } = createSessionCookie(settings)

  const logOut: OtherEndpoint = request => {
    if (!hasCsrfHeader(request)) return csrfRefused
    families.revokeToken(cookiesOf(request).get('refresh') ?? '')
    sessions.delete(idIn(request))
    return { status: 204, headers: { 'set-cookie': [clearCookie('refresh'), clearCookie('bff')] } }
  }

  return {
    refreshes: {
      'POST /cookie/refresh': guarded(refreshCookie.refresh),
      'POST /bff/refresh': guarded(renew),
      'GET /bff/user': guarded(renew),
    },
    others: {
      'POST /cookie/login': refreshCookie.logIn,
      'POST /bff/login': logIn,
      'POST /cookie/logout': logOut,
    },
    subjectOf: request => {
      const session = sessions.get(idIn(request))
      return session && settings.now() < session.expiresAtMs ? session.subject : null
    },
    expireSessions: () => {
      for (const session of sessions.values()) session.expiresAtMs = 0
    },
    revokeSubject: subject => {
      for (const [id, session] of sessions) if (session.subject === subject) sessions.delete(id)
    },
  }
}
