import { exportJWK } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { apiResource, createApi } from '../../../demo/server/api.ts'
import { clientId, createAuthorizationServer } from '../../../demo/server/authorization-server.ts'
import { openListener } from '../../../demo/server/listener.ts'
import { signInToDemo } from '../../support/demo-login.ts'
import { callDoctor, statusesOf } from '../../support/doctor.ts'

/** The demo's authorization server (oidc-provider) and API, without its page. */
const startServers = async (graceSeconds: number) => {
  const pageOrigin = 'http://127.0.0.1:4180'
  const [provider, resource] = [await openListener(0), await openListener(0)]
  onTestFinished(async () => void (await Promise.all([provider.close(), resource.close()])))
  const issuer = provider.origin
  const server = await createAuthorizationServer({ issuer, pageOrigin, accessTokenSeconds: 300, graceSeconds })
  const { keys, isWithdrawn } = server
  provider.answerWith(server.listener)
  resource.answerWith(
    createApi({ origin: resource.origin, pageOrigin, issuer, keys, isWithdrawn, answerMs: 0 }).listener,
  )
  return { issuer, pageOrigin, api: resource.origin, server }
}

type Servers = Awaited<ReturnType<typeof startServers>>

const argumentsFor = ({ api, issuer, pageOrigin }: Servers) => [
  ...['--api', `${api}/me`, '--origin', pageOrigin, '--token-endpoint', `${issuer}/token`, '--client-id', clientId],
  ...[
    '--revocation-endpoint',
    `${issuer}/token/revocation`,
    '--parameter',
    `resource=${apiResource}`,
    '--yes',
    '--json',
  ],
]

/** That many sessions, one refresh token a line. */
const signIn = async (servers: Servers, count: number, keys?: CryptoKeyPair) => {
  const signedIn = Array.from({ length: count }, () => signInToDemo(servers, keys))
  return (await Promise.all(signedIn)).map(({ refresh_token }) => refresh_token).join('\n')
}

const problemsIn = (run: Awaited<ReturnType<typeof callDoctor>>) =>
  Object.entries(statusesOf(run)).filter(([, status]) => status !== 'ok')

const realTime = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

describe('the doctor at the demo’s server', () => {
  test('names both faults of the strict one: a lost response and two refreshes at the same time end the session', async () => {
    const servers = await startServers(0)
    const env = { LATCHKEY_REFRESH_TOKEN: await signIn(servers, 3) }
    const run = await callDoctor(argumentsFor(servers), { env })
    expect(problemsIn(run)).toEqual([
      ['lost-response', 'fault'],
      ['simultaneous', 'fault'],
    ])
    expect(run.check('lost-response').findings[0]?.says).toMatch(/ends the session/)
    expect(run.check('simultaneous').findings[0]?.says).toMatch(/end the session/)
    expect(run.exitCode).toBe(1)
    expect(servers.server.counters.reused).toBe(2)
  })

  test('finds no fault in the one with a grace window', async () => {
    const servers = await startServers(2)
    const env = { LATCHKEY_REFRESH_TOKEN: await signIn(servers, 2) }
    const run = await callDoctor([...argumentsFor(servers), '--grace-seconds', '2'], { env, wait: realTime })
    expect(problemsIn(run)).toEqual([])
    expect(run.exitCode).toBe(0)
  })

  test('finds no fault with tokens that are bound to a key, and sees the nonces', async () => {
    const servers = await startServers(30)
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
    const key = JSON.stringify(await exportJWK(keys.privateKey))
    const env = { LATCHKEY_REFRESH_TOKEN: await signIn(servers, 1, keys), LATCHKEY_DPOP_KEY: key }
    const args = [...argumentsFor(servers), '--dpop', '--skip', 'grace-window,reuse-detection']
    const run = await callDoctor(args, { env })
    expect(problemsIn(run)).toEqual([])
    expect(run.check('dpop-nonce').evidence[0]).toMatch(/→ 401.*use_dpop_nonce/)
    expect(run.check('dpop-token-nonce').evidence[0]).toMatch(/→ 400, error use_dpop_nonce, dpop-nonce sent/)
  })
})
