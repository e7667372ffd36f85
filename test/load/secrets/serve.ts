import { startAuthServer } from '../../support/auth-server.ts'
import { startDpopServer } from '../../support/dpop-server.ts'
import type { Answer } from '../../support/http-messages.ts'
import { bundlePage, pageOf } from '../bundle-page.ts'

export const schemes = ['bearer', 'dpop'] as const
export type SchemeName = (typeof schemes)[number]

interface SecretServer {
  readonly origin: string
  readonly expire: () => void
  readonly close: () => unknown
  answer(path: string, answer: () => Answer, times?: number): void
}

async function startBearer(): Promise<SecretServer> {
  const server = await startAuthServer()
  const { origin, expireAccessTokens: expire, close, answerWith: answer } = server
  return { origin, expire, close, answer }
}

async function startDpop(): Promise<SecretServer> {
  let close = () => {}
  const whenDone = (done: () => void) => {
    close = done
  }
  const server = await startDpopServer({ oneOrigin: true, apiNonces: true, whenDone })
  const answer: SecretServer['answer'] = (path, answer, times = Number.POSITIVE_INFINITY) => {
    let left = times
    server.answerWith(path, () => {
      left -= 1
      return left < 0 ? undefined : answer()
    })
  }
  return { origin: server.api, expire: server.expireAccessTokens, close: () => close(), answer }
}

const challenge = (scheme: SchemeName, error: string): Answer => ({
  status: 401,
  headers: { 'www-authenticate': `${scheme} error="${error}"` },
})

/** The page of `in-page.ts`, an authorization server and an API, of one origin. */
export async function serveSecrets(scheme: SchemeName): Promise<Pick<SecretServer, 'origin' | 'close'>> {
  const [server, script] = await Promise.all([
    scheme === 'dpop' ? startDpop() : startBearer(),
    bundlePage('test/load/secrets/in-page.ts'),
  ])
  const { answer, origin, close } = server
  const html = { 'content-type': 'text/html' }
  answer('/', () => ({ status: 200, headers: html, body: pageOf('/in-page.js') }))
  answer('/in-page.js', () => ({ status: 200, headers: { 'content-type': 'text/javascript' }, body: script }))
  answer('/expire', () => {
    server.expire()
    return { status: 204 }
  })
  answer('/outage', () => {
    answer('/token', () => ({ status: 503 }), 1)
    return { status: 204 }
  })
  answer('/api/step-up', () => challenge(scheme, 'insufficient_user_authentication'), 1)
  answer('/api/never', () => challenge(scheme, 'invalid_token'))
  // Neither server says anything then.
  answer('/api/lost', () => {
    throw new Error('No response')
  })
  answer('/api/broken', () => ({ status: 500, body: 'no' }))
  return { origin, close }
}

/**
 * A token of either server, or a proof. Theirs have these beginnings, and then at least sixteen letters; `refresh_token_expires_in`
 * is none.
 */
export const secretPattern: RegExp = /(?:access|refresh)_(?!token)[\w-]{16}|eyJ0eXAiOiJkcG9wK2p3dCI/
