import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { type AuthSettings, defaultSettings } from './auth-settings.ts'
import { type Answer, cookiesOf, json, jsonOf, type ReceivedRequest, receive, send } from './http-messages.ts'
import { createTokenFamilies } from './token-families.ts'

/** What a server does otherwise than it should; `undefined`: as it should. */
export type Spoil = (request: ReceivedRequest, answer: Answer) => Answer | undefined

export const pageOrigin = 'https://app.example.com'

const cors = ({ headers }: ReceivedRequest): Record<string, string> => ({
  vary: 'Origin',
  ...(headers.origin === pageOrigin && {
    'access-control-allow-origin': pageOrigin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'WWW-Authenticate, Retry-After, Date, DPoP-Nonce',
  }),
})

const preflight: Answer = {
  status: 204,
  headers: {
    'access-control-allow-headers': 'Authorization, X-Requested-With',
    'access-control-max-age': '7200',
  },
}

const challenge = (parameters: string): Answer =>
  json(401, {}, { 'www-authenticate': `Bearer realm="me"${parameters}` })

const setCookie = (value: string, more = '') => ({
  'set-cookie': `__Host-refresh=${value}; Path=/; Secure; HttpOnly; SameSite=Strict${more}`,
})

/** A server that does everything as docs/servers.md says, but for what a test spoils. */
export const startExaminedServer = async (spoil: Spoil = () => undefined, given: Partial<AuthSettings> = {}) => {
  let offsetMs = 0
  let revokes = true
  const now = () => Date.now() + offsetMs
  const settings: AuthSettings = { ...defaultSettings, reuse: 'grace', graceSeconds: 30, now, ...given }
  const families = createTokenFamilies(settings)
  const received: ReceivedRequest[] = []

  const api = ({ headers }: ReceivedRequest): Answer => {
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (token === undefined) return challenge('')
    const subject = families.subjectOf(token)
    return subject === null ? challenge(', error="invalid_token"') : json(200, { subject })
  }
  const renewByForm = ({ body }: ReceivedRequest): Answer => {
    const result = families.refresh(new URLSearchParams(String(body)).get('refresh_token') ?? '')
    if (result.outcome !== 'granted') return json(400, { error: 'invalid_grant' })
    const { accessToken, refreshToken, expiresInSeconds } = result.tokens
    const tokens = { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresInSeconds }
    return json(200, { ...tokens, token_type: 'Bearer' })
  }
  const renewByJson = (request: ReceivedRequest): Answer => {
    const result = families.refresh(String(jsonOf(request)['refreshToken']))
    return result.outcome === 'granted' ? json(200, result.tokens) : json(401, {})
  }
  const renewByCookie = (request: ReceivedRequest): Answer => {
    if (request.headers['x-requested-with'] === undefined) return json(403, {})
    const result = families.refresh(cookiesOf(request).get('__Host-refresh') ?? '')
    if (result.outcome !== 'granted') return json(401, {}, setCookie('', '; Max-Age=0'))
    return json(
      200,
      { accessToken: result.tokens.accessToken, expiresInSeconds: 300 },
      setCookie(result.tokens.refreshToken),
    )
  }
  const logIn = (request: ReceivedRequest): Answer => {
    if (jsonOf(request)['password'] !== 'correct horse') return json(401, {})
    const tokens = families.issue('alice')
    return json(200, tokens, setCookie(tokens.refreshToken))
  }
  const revoke = (request: ReceivedRequest): Answer => {
    const { body } = request
    const token = new URLSearchParams(String(body)).get('token') ?? jsonOf(request)['refreshToken']
    if (revokes) families.revokeToken(String(token ?? cookiesOf(request).get('__Host-refresh')))
    return { status: 200 }
  }
  const routes: Readonly<Record<string, (request: ReceivedRequest) => Answer>> = {
    'GET /me': api,
    'POST /token': renewByForm,
    'POST /json/refresh': renewByJson,
    'POST /cookie/refresh': renewByCookie,
    'POST /login': logIn,
    'POST /revoke': revoke,
  }
  const answerTo = (request: ReceivedRequest): Answer => {
    const route = routes[`${request.method} ${request.path}`]
    const own = request.method === 'OPTIONS' ? preflight : (route?.(request) ?? { status: 404 })
    const answer = { ...own, headers: { ...cors(request), ...own.headers } }
    return spoil(request, answer) ?? answer
  }

  const server = createServer(async (message, response) => {
    const request = await receive(message)
    received.push(request)
    send(response, answerTo(request))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    origin,
    settings,
    received,
    /** That many refresh tokens, each of a session of its own, one a line. */
    sessions: (count: number) => Array.from({ length: count }, () => families.issue('alice').refreshToken).join('\n'),
    cookies: (count: number) =>
      Array.from({ length: count }, () => `__Host-refresh=${families.issue('alice').refreshToken}`).join('\n'),
    accessToken: () => families.issue('alice').accessToken,
    /** Lets time pass on the server. */
    pass: (ms: number) => {
      offsetMs += ms
    },
    revokesNothing: () => {
      revokes = false
    },
    ofApi: ['--api', `${origin}/me`, '--origin', pageOrigin],
    ofOAuth: ['--token-endpoint', `${origin}/token`, '--client-id', 'spa', '--revocation-endpoint', `${origin}/revoke`],
    ofCookie: [
      '--cookie',
      '--refresh-endpoint',
      `${origin}/cookie/refresh`,
      '--revocation-endpoint',
      `${origin}/revoke`,
    ],
  }
}

export type ExaminedServer = Awaited<ReturnType<typeof startExaminedServer>>
