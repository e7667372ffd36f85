import type { IncomingMessage, ServerResponse } from 'node:http'
import { jwtVerify } from 'jose'
import { onTestFinished } from 'vitest'
import { apiResource } from '../../demo/server/api.ts'
import { createAuthorizationServer } from '../../demo/server/authorization-server.ts'
import { openListener, type RequestListener } from '../../demo/server/listener.ts'
import { type Answer, json, type ReceivedRequest, receive, send } from './http-messages.ts'
import { servePage } from './pages.ts'
import { createProofCheck, type SeenProof } from './proof-check.ts'

/** One request to the API, and why it was refused; `null`: let in. */
export interface BoundSend {
  /** Of the API that it reached. */
  readonly audience: string
  readonly path: string
  readonly proof: SeenProof | null
  readonly error: string | null
  /** Of the `Authorization` header. */
  readonly scheme: string
}

interface BoundApi {
  readonly origin: string
  readonly audience: string
  readonly check: ReturnType<typeof createProofCheck>
}

const cors = (origin: string, exposed: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-headers': 'authorization, dpop, content-type',
  'access-control-expose-headers': exposed,
  'access-control-max-age': '600',
})

/** Another resource than the demo's, at an origin of its own (RFC 8707). */
const filesResource = 'urn:latchkey:test:files'

/** Tests fill in the forms by scripts of theirs, which WebKit's driver evaluates: the pages' policy would forbid it. */
const withoutPolicy =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    const writeHead = response.writeHead.bind(response) as (status: number, headers?: object) => ServerResponse
    response.writeHead = ((status: number, headers?: object) =>
      writeHead(status, { ...headers, 'Content-Security-Policy': '' })) as ServerResponse['writeHead']
    return listener(request, response)
  }

/**
 * The demo's authorization server (oidc-provider: nonces required, rotation, reuse detection), two APIs that check each proof
 * and each token with `jose`, and pages; each at an origin of its own.
 */
export const startBoundTokens = async () => {
  const listeners = [
    await openListener(0),
    await openListener(0),
    await openListener(0),
    await openListener(0),
  ] as const
  const [page, provider, api, files] = listeners
  onTestFinished(async () => void (await Promise.all(listeners.map(({ close }) => close()))))
  const options = {
    issuer: provider.origin,
    pageOrigin: page.origin,
    accessTokenSeconds: 300,
    resources: [apiResource, filesResource] as const,
  }
  const authorization = await createAuthorizationServer(options)
  const sends: BoundSend[] = []
  const settings = { nonces: true, exposed: 'WWW-Authenticate, DPoP-Nonce, Date' }
  let nonce = 'nonce-1'
  let rotations = 1

  const errorOf = async (
    request: ReceivedRequest,
    accessToken: string,
    { check, origin, audience }: BoundApi,
  ): Promise<[string | null, SeenProof | null]> => {
    const nonces = settings.nonces ? [nonce] : null
    const expected = { origin, accessToken, nonces, toleranceSeconds: 30, now: Date.now }
    const { proof, error } = await check(request, expected)
    if (error) return [error, proof]
    try {
      const { payload } = await jwtVerify(accessToken, authorization.keys, {
        issuer: provider.origin,
        audience,
      })
      const { jkt } = (payload['cnf'] ?? {}) as { readonly jkt?: string }
      const isGood = jkt === proof.thumbprint && !authorization.isWithdrawn(payload.jti ?? '')
      return [isGood ? null : 'invalid_token', proof]
    } catch {
      return ['invalid_token', proof]
    }
  }

  const answerAs =
    (bound: BoundApi) =>
    async (request: ReceivedRequest): Promise<Answer> => {
      const headers = { ...cors(page.origin, settings.exposed), ...(settings.nonces && { 'dpop-nonce': nonce }) }
      if (request.method === 'OPTIONS') return { status: 204, headers }
      const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ')
      const [error, proof] = await errorOf(request, token, bound)
      sends.push({ audience: bound.audience, path: request.path, proof, error, scheme })
      if (error) return json(401, {}, { ...headers, 'www-authenticate': `DPoP error="${error}"` })
      return json(200, { path: request.path }, headers)
    }
  const answerPage = async (request: ReceivedRequest): Promise<Answer> =>
    (await servePage(request.path === '/callback' ? { ...request, path: '/page.html' } : request)) ?? { status: 404 }

  const by =
    (answer: (request: ReceivedRequest) => Promise<Answer>) =>
    async (request: IncomingMessage, response: ServerResponse) =>
      send(response, await answer(await receive(request)))
  provider.answerWith(withoutPolicy(authorization.listener))
  for (const [{ origin, answerWith }, audience] of [
    [api, apiResource],
    [files, filesResource],
  ] as const)
    answerWith(by(answerAs({ origin, audience, check: createProofCheck() })))
  page.answerWith(by(answerPage))

  return {
    page: page.origin,
    issuer: provider.origin,
    api: api.origin,
    resource: apiResource,
    files: files.origin,
    filesResource,
    settings,
    sends,
    counters: authorization.counters,
    withdrawAccessTokens: authorization.withdrawAccessTokens,
    rotateNonce: () => {
      nonce = `nonce-${++rotations}`
    },
  }
}

export type BoundTokens = Awaited<ReturnType<typeof startBoundTokens>>
