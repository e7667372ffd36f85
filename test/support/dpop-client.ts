import { createClient, type RootClient, type Scheme } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { onTestFinished } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import type { LoginRequiredEvent } from '../../src/login/login-notifier.ts'
import { type DpopServer, type DpopSettings, startDpopServer } from './dpop-server.ts'

/** A login of one's own, with the proof that the coming session's key makes. */
export const logIn = async (server: DpopServer, client: RootClient, scheme: Scheme): Promise<void> => {
  const url = `${server.issuer}/login`
  const ask = async (nonce?: string) => {
    const { proof } = await loginProof(scheme, { url, ...(nonce && { nonce }) })
    return fetch(url, { method: 'POST', headers: { dpop: proof } })
  }
  const first = await ask()
  const nonce = first.headers.get('dpop-nonce')
  const answer = first.status === 400 && nonce ? await ask(nonce) : first
  await client.session.signIn({ ...(await answer.json()), subject: 'alice' })
  server.sends.length = 0
}

export interface DpopClientOptions extends Partial<DpopSettings> {
  readonly oneOrigin?: boolean
  readonly algorithm?: 'ES256' | 'EdDSA'
  readonly client?: ClientOptions
  readonly signedIn?: boolean
}

/** A client by DPoP against the real servers, with `alice` signed in unless `signedIn` is false. */
export const createDpopClient = async (options: DpopClientOptions = {}) => {
  const { algorithm, client: more, signedIn = true, ...settings } = options
  const server = await startDpopServer(settings)
  const scheme = dpop(algorithm && { algorithm })
  const logins: LoginRequiredEvent[] = []
  const client = createClient({
    limits: { patienceMs: 0 },
    baseUrl: server.api,
    retry: 0,
    scheme,
    refresh: oauthRefresh({ tokenEndpoint: `${server.issuer}/token`, clientId: 'spa' }),
    onLoginRequired: event => void logins.push(event),
    ...more,
  })
  onTestFinished(() => client.dispose())
  if (signedIn) await logIn(server, client, scheme)
  return { server, scheme, client, logins, get: (path: string) => client.fetch(`${server.api}${path}`) }
}
