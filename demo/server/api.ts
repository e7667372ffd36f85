import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { type RequestListener, readBody } from './listener.ts'
import { createProofChecker } from './proofs.ts'

/** The resource indicator (RFC 8707): a name, never contacted. */
export const apiResource = 'urn:latchkey:demo:notes'
export const apiScope = 'notes:read notes:write'
/** What a sign-in is worth that was asked for once more (RFC 9470, `acr_values`), and for how long. */
export const againAcr = 'urn:latchkey:demo:again'
const freshSeconds = 60

export interface ApiOptions {
  readonly origin: string
  readonly pageOrigin: string
  readonly issuer: string
  readonly keys: JWTVerifyGetKey
  /** Whether a token was withdrawn before its time. */
  readonly isWithdrawn: (tokenId: string) => boolean
  /** How long an answer takes, so that an eye can follow it. */
  readonly answerMs: number
}

export interface Api {
  readonly listener: RequestListener
  readonly counters: { requests: number; refused: number }
}

/** Who calls, or the challenge's parameters that say why nobody does. */
type Caller = { readonly claims: JWTPayload } | { readonly refusal: Parameters }
type Parameters = Readonly<Record<string, string>>

type Route = (request: IncomingMessage, response: ServerResponse, claims: JWTPayload) => void | Promise<void>

/** A small protected API: JWT access tokens (RFC 9068), bearer or bound (RFC 9449 §7), challenges, CORS for one page. */
export function createApi({ origin, pageOrigin, issuer, keys, isWithdrawn, answerMs }: ApiOptions): Api {
  const counters = { requests: 0, refused: 0 }
  const proofs = createProofChecker(origin)

  const routes: Readonly<Record<string, Route>> = {
    'GET /me': (_request, response, { sub, scope }) => json(response, { subject: sub, scope }),
    'GET /notes': (_request, response, { sub }) => json(response, notesOf(sub ?? '')),
    'GET /slow': async (_request, response) => {
      await delay(10 * answerMs)
      json(response, { slow: true })
    },
    'POST /upload': async (request, response) => {
      const body = await readBody(request)
      json(response, { bytes: body.byteLength, sha256: createHash('sha256').update(body).digest('hex') })
    },
    'GET /admin': (_request, response) =>
      challenge(response, 403, { error: 'insufficient_scope', error_description: 'Not for you', scope: 'notes:admin' }),
    'POST /safe': (_request, response, { acr, auth_time }) => {
      const isFresh = acr === againAcr && Date.now() / 1000 - Number(auth_time) < freshSeconds
      if (isFresh) return json(response, { open: true })
      const wanted = { acr_values: againAcr, max_age: String(freshSeconds) }
      challenge(response, 401, { error: 'insufficient_user_authentication', ...wanted })
    },
  }

  const authenticate = async (request: IncomingMessage): Promise<Caller> => {
    const [, scheme = '', token] = /^(Bearer|DPoP) ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') ?? []
    // RFC 6750 §3.1: whoever sent no credentials is told no error code.
    if (token === undefined) return { refusal: {} }
    const proof = scheme.toLowerCase() === 'dpop' ? await proofs.check(request, token) : { thumbprint: undefined }
    if ('error' in proof) return { refusal: { error: proof.error } }
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: apiResource, typ: 'at+jwt' })
      if (isWithdrawn(payload.jti ?? '')) return refusal('The access token was withdrawn')
      const { jkt } = (payload['cnf'] ?? {}) as { readonly jkt?: string }
      if (jkt !== proof.thumbprint) return refusal('The access token is not bound to this key')
      return { claims: payload }
    } catch (error) {
      return refusal(
        error instanceof errors.JWTExpired ? 'The access token has expired' : 'The access token is not valid',
      )
    }
  }

  const listener: RequestListener = async (request, response) => {
    response.setHeader('Access-Control-Allow-Origin', pageOrigin)
    response.setHeader('Vary', 'Origin')
    if (request.method === 'OPTIONS') return preflight(response)

    counters.requests += 1
    response.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate, DPoP-Nonce, Retry-After, Date')
    response.setHeader('DPoP-Nonce', proofs.nonce)
    response.setHeader('Cache-Control', 'no-store')
    const caller = await authenticate(request)
    // Saying no is quick; and answers that differ a little look like a network's.
    await delay(answerMs * ('refusal' in caller ? 0.5 : 1) * (0.7 + 0.6 * Math.random()))
    if ('refusal' in caller) {
      counters.refused += 1
      request.resume()
      return challenge(response, 401, caller.refusal)
    }
    const path = new URL(request.url ?? '/', issuer).pathname
    const route = routes[`${request.method} ${path}`]
    if (!route) return void response.writeHead(404).end()
    await route(request, response, caller.claims)
  }

  return { listener, counters }
}

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Authorization, DPoP, Content-Type',
    'Access-Control-Max-Age': '7200',
  })
  response.end()
}

const refusal = (description: string): Caller => ({
  refusal: { error: 'invalid_token', error_description: description },
})

const schemes = ['Bearer', 'DPoP'] as const

/** Names both schemes (RFC 9449 §7.1). The error belongs to the one that the request used. */
function challenge(response: ServerResponse, status: number, parameters: Parameters): void {
  const used = /^dpop /i.test(response.req.headers.authorization ?? '') ? 'DPoP' : 'Bearer'
  const challenges = schemes.map(scheme => {
    const own = {
      realm: 'notes',
      ...(scheme === used && parameters),
      ...(scheme === 'DPoP' && { algs: 'ES256 EdDSA' }),
    }
    const pairs = Object.entries(own).map(([name, value]) => `${name}="${value}"`)
    return `${scheme} ${pairs.join(', ')}`
  })
  response.writeHead(status, { 'WWW-Authenticate': challenges.join(', ') }).end()
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

const notesOf = (subject: string) => [
  { id: 1, text: `${subject} keeps a key under the mat.` },
  { id: 2, text: 'The latch opens once, and everyone comes in.' },
]
