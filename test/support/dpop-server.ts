import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import { type Answer, json, type ReceivedRequest, receive, send } from './http-messages.ts'
import { createProofCheck, type SeenProof } from './proof-check.ts'

export interface DpopSettings {
  /** Whether the API, and the token endpoint, ask for a nonce. @default false */
  apiNonces: boolean
  tokenNonces: boolean
  /** What the token endpoint calls its tokens. @default 'DPoP' */
  tokenType: string
  /** How far a proof's time may be off. @default 60 */
  toleranceSeconds: number
  /** Both servers' wall clock in milliseconds. @default Date.now */
  now: () => number
  /** Whether answers say when they were made. @default true */
  dates: boolean
}

/** One request to either server, and what became of it. */
export interface ProvedSend {
  readonly to: 'api' | 'token'
  readonly request: ReceivedRequest
  readonly proof: SeenProof | null
  /** `null`: let in. */
  readonly error: string | null
  readonly why: string
}

/** What a path answers in place of its own; `undefined`: as ever. */
type Override = (request: ReceivedRequest) => Answer | undefined | Promise<Answer | undefined>

interface Grant {
  readonly thumbprint: string
  readonly subject: string
}

const random = (kind: string) => `${kind}_${randomBytes(12).toString('base64url')}`

/** Nonces of one server; only the newest is taken. */
const createNonces = (kind: string) => {
  let current = random(kind)
  return {
    get current() {
      return current
    },
    rotate: () => {
      current = random(kind)
    },
  }
}

type WhenDone = (close: () => void) => void

const listen = async (answer: (request: ReceivedRequest) => Promise<Answer>, whenDone: WhenDone): Promise<string> => {
  const server = createServer({ keepAliveTimeout: 600_000 }, async (message, response) => {
    try {
      send(response, await answer(await receive(message)))
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  whenDone(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return `http://127.0.0.1:${address.port}`
}

/** An authorization server that binds tokens to keys and rotates, and an API that checks every proof with `jose`. */
export const startDpopServer = async (
  options: Partial<DpopSettings> & { readonly oneOrigin?: boolean; readonly whenDone?: WhenDone } = {},
) => {
  const { oneOrigin = false, whenDone = onTestFinished, ...given } = options
  const settings: DpopSettings = {
    apiNonces: false,
    tokenNonces: false,
    tokenType: 'DPoP',
    toleranceSeconds: 60,
    now: Date.now,
    dates: true,
    ...given,
  }
  const nonces = { api: createNonces('api'), token: createNonces('token') }
  const checks = { api: createProofCheck(), token: createProofCheck() }
  const sends: ProvedSend[] = []
  const accessTokens = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant & { used: boolean }>()
  const overrides = new Map<string, Override>()
  let reuses = 0

  const issue = (grant: Grant) => {
    const [access, refresh] = [random('access'), random('refresh')]
    accessTokens.set(access, grant)
    refreshTokens.set(refresh, { ...grant, used: false })
    return { access_token: access, refresh_token: refresh, token_type: settings.tokenType, expires_in: 300 }
  }
  const oauthError = (error: string) => json(400, { error })

  const refresh = (form: URLSearchParams, thumbprint: string): Answer => {
    const held = refreshTokens.get(form.get('refresh_token') ?? '')
    if (held?.used) reuses += 1
    if (!held || held.used || held.thumbprint !== thumbprint) return oauthError('invalid_grant')
    held.used = true
    return json(200, issue(held))
  }

  const answerFor = async (to: 'api' | 'token', request: ReceivedRequest): Promise<Answer> => {
    const origin = to === 'api' ? api : issuer
    const accessToken = /^DPoP (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const wanted = to === 'api' ? settings.apiNonces : settings.tokenNonces
    const expectations = { origin, accessToken, nonces: wanted ? [nonces[to].current] : null, ...settings }
    const verdict = await checks[to](request, expectations)
    const { proof } = verdict
    const note = (error: string | null, why = '') => void sends.push({ to, request, proof, error, why })
    const override = await overrides.get(request.path)?.(request)
    if (override) {
      note(`answered ${override.status}`)
      return override
    }
    if (to === 'token') {
      note(verdict.error, verdict.error ? verdict.why : '')
      if (verdict.error) return oauthError(verdict.error)
      const { thumbprint } = verdict.proof
      if (request.path === '/login') return json(200, issue({ thumbprint, subject: 'alice' }))
      return refresh(new URLSearchParams(String(request.body)), thumbprint)
    }
    const grant = accessTokens.get(accessToken ?? '')
    const isTokenGood = grant !== undefined && grant.thumbprint === proof?.thumbprint
    const error = verdict.error ?? (isTokenGood ? null : 'invalid_token')
    note(error, verdict.error ? verdict.why : '')
    if (error) return json(401, { error }, { 'www-authenticate': `DPoP error="${error}", algs="ES256 EdDSA"` })
    return json(200, { subject: grant?.subject, body: String(request.body) })
  }
  const serve = async (to: 'api' | 'token', request: ReceivedRequest): Promise<Answer> => {
    const isAsked = to === 'api' ? settings.apiNonces : settings.tokenNonces
    const answer = await answerFor(to, request)
    const date = new Date(settings.now()).toUTCString()
    const own = { ...(isAsked && { 'dpop-nonce': nonces[to].current }), date: settings.dates ? date : '' }
    return { ...answer, headers: { ...own, ...answer.headers } }
  }

  const isOfToken = (path: string) => path === '/token' || path === '/login'
  const destinationOf = ({ path }: ReceivedRequest) => (oneOrigin && isOfToken(path) ? 'token' : 'api')
  const api: string = await listen(request => serve(destinationOf(request), request), whenDone)
  const issuer: string = oneOrigin ? api : await listen(request => serve('token', request), whenDone)

  return {
    api,
    issuer,
    settings,
    sends,
    nonces,
    /** By destination, newest last. */
    to: (to: 'api' | 'token', path?: string) =>
      sends.filter(one => one.to === to && (path === undefined || one.request.path === path)),
    get reuses() {
      return reuses
    },
    expireAccessTokens: () => accessTokens.clear(),
    answerWith: (path: string, answer: Override) => void overrides.set(path, answer),
  }
}

export type DpopServer = Awaited<ReturnType<typeof startDpopServer>>
