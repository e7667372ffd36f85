import { exportJWK, generateKeyPair } from 'jose'
import { createFakeServer } from 'latchkey/testing'
import { Provider } from 'oidc-provider'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openListener } from '../../../demo/server/listener.ts'
import { createMemoryAdapter } from '../../../demo/server/memory-adapter.ts'
import { startAuthServer } from '../../support/auth-server.ts'
import { createRandom, type Random } from '../../support/random.ts'

/** A server of this test, and what its answers say of it. */
interface Judged {
  issue(subject: string): Promise<Tokens> | Tokens
  redeem(refreshToken: string): Promise<Tokens | null>
  isGood?(accessToken: string): Promise<boolean>
  expireAccessTokens?(): void
  revoke?(subject: string): void
  revokeToken?(token: string): Promise<unknown>
  readonly reuses: number
}
interface Tokens {
  readonly access: string
  readonly refresh: string
}

const tokensOf = (answer: { readonly access_token?: string; readonly refresh_token?: unknown }): Tokens => ({
  access: String(answer.access_token),
  refresh: String(answer.refresh_token),
})
const post = async (send: typeof fetch, url: string, fields: Record<string, string>): Promise<Tokens | null> => {
  const response = await send(url, { method: 'POST', body: new URLSearchParams({ client_id: 'spa', ...fields }) })
  if (response.ok) return tokensOf(JSON.parse((await response.text()) || '{}'))
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  return null
}
const redeemAt = (send: typeof fetch, url: string) => (refresh_token: string) =>
  post(send, url, { grant_type: 'refresh_token', refresh_token })
const isGoodAt = (send: typeof fetch, url: string) => async (token: string) =>
  (await send(url, { headers: { authorization: `Bearer ${token}` } })).ok

const openFake = (reuseIntervalMs: number): Judged => {
  const server = createFakeServer({ reuseIntervalMs })
  return {
    issue: subject => tokensOf(server.issue(subject)),
    redeem: redeemAt(server.fetch, `${server.origin}/token`),
    isGood: isGoodAt(server.fetch, `${server.origin}/api/me`),
    expireAccessTokens: server.expireAccessTokens,
    revoke: server.revoke,
    revokeToken: token => post(server.fetch, `${server.origin}/revoke`, { token }),
    get reuses() {
      return server.reuses
    },
  }
}
/** The strict server of this repository's own behaviour tests. */
const openOwn = async (reuseIntervalMs: number): Promise<Judged> => {
  const reuse = reuseIntervalMs > 0 ? 'grace' : 'strict'
  const graceSeconds = reuseIntervalMs / 1000
  const server = await startAuthServer({ reuse, graceSeconds, keepOldAccessTokens: true, now: () => Date.now() })
  onTestFinished(server.close)
  return {
    issue(subject) {
      const { accessToken, refreshToken } = server.issue(subject)
      return { access: accessToken, refresh: refreshToken }
    },
    redeem: redeemAt(fetch, `${server.origin}/token`),
    isGood: isGoodAt(fetch, `${server.origin}/api/me`),
    expireAccessTokens: server.expireAccessTokens,
    revoke: server.revoke,
    revokeToken: token => post(fetch, `${server.origin}/revoke`, { token }),
    get reuses() {
      return server.reuses
    },
  }
}

/** What a day of logins, refreshes, thefts and sign-outs looks like; the same for the same seed, whatever the server. */
async function live(server: Judged, random: Random, steps: number): Promise<readonly unknown[]> {
  const known: Tokens[] = [await server.issue('alice')]
  const seen: unknown[] = []
  const any = () => (random.chance(0.7) ? (known.at(-1) as Tokens) : random.pick(known))
  for (let step = 0; step < steps; step += 1) {
    vi.setSystemTime(Date.now() + random.below(4000))
    const chance = random.next()
    if (chance < 0.6) {
      const renewed = await server.redeem(any().refresh)
      if (renewed) known.push(renewed)
      seen.push(['redeemed', renewed !== null])
    } else if (chance < 0.85) seen.push(['good', await server.isGood?.(any().access)])
    else if (chance < 0.92) known.push(await server.issue(random.pick(['alice', 'bob'])))
    else if (chance < 0.95) server.expireAccessTokens?.()
    else if (chance < 0.97) server.revoke?.(random.pick(['alice', 'bob']))
    else await server.revokeToken?.(random.chance(0.5) ? any().refresh : any().access)
  }
  return [...seen, ['reuses', server.reuses]]
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  return () => void vi.useRealTimers()
})

describe('The fake server judges as real ones do', () => {
  test.each([
    ['strict', 0],
    ['with a reuse interval', 10_000],
  ])('as the strict server of our own tests, over days drawn at random (%s)', async (_, reuseIntervalMs) => {
    for (let seed = 1; seed <= 3; seed += 1) {
      vi.setSystemTime(Date.UTC(2026, 0, 1))
      const own = await live(await openOwn(reuseIntervalMs), createRandom(seed), 60)
      vi.setSystemTime(Date.UTC(2026, 0, 1))
      expect({ seed, seen: await live(openFake(reuseIntervalMs), createRandom(seed), 60) }).toEqual({ seed, seen: own })
    }
  })

  test('as oidc-provider, for rotation and reuse', async () => {
    const [provided, fake] = [await openProvider(), openFake(0)]
    const seen = await Promise.all(
      [provided, fake].map(async server => {
        const first = await server.issue('alice')
        const second = await server.redeem(first.refresh)
        const third = await server.redeem(second?.refresh ?? '')
        const reused = await server.redeem(first.refresh)
        const afterwards = await server.redeem(third?.refresh ?? '')
        const others = await server.redeem((await server.issue('alice')).refresh)
        const isRotated = new Set([first, second, third].map(tokens => tokens?.refresh)).size === 3
        const unknown = await server.redeem('nothing')
        return { isRotated, reused, afterwards, others: others !== null, unknown, reuses: server.reuses > 0 }
      }),
    )
    const judged = { isRotated: true, reused: null, afterwards: null, others: true, unknown: null, reuses: true }
    expect(seen[0]).toEqual(judged)
    expect(seen[1]).toEqual(seen[0])
  })
})

interface Model {
  new (payload: object): { save(): Promise<string>; addOIDCScope(scope: string): void }
}

/** A certified provider with one public client; its logins are made here, without a browser. */
async function openProvider(): Promise<Judged> {
  const listener = await openListener(0)
  onTestFinished(listener.close)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const provider = new Provider(listener.origin, {
    adapter: createMemoryAdapter(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'test', use: 'sig', alg: 'ES256' }] },
    features: { devInteractions: { enabled: false } },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clients: [
      {
        client_id: 'spa',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        redirect_uris: ['https://app.test/callback'],
      },
    ],
    scopes: ['openid', 'offline_access'],
    ttl: { AccessToken: 300, Grant: 3600, IdToken: 300, RefreshToken: 3600 },
    rotateRefreshToken: true,
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  })
  listener.answerWith(provider.callback())
  const models = provider as unknown as {
    readonly Grant: Model
    readonly RefreshToken: Model
    readonly Client: { find(id: string): Promise<object> }
  }
  let reuses = 0
  provider.on('grant.error', (_context, { error_detail }) => {
    if (error_detail === 'refresh token already used') reuses += 1
  })
  return {
    async issue(accountId) {
      const grant = new models.Grant({ accountId, clientId: 'spa' })
      grant.addOIDCScope('openid offline_access')
      const grantId = await grant.save()
      const client = await models.Client.find('spa')
      const scope = 'openid offline_access'
      const token = new models.RefreshToken({ accountId, client, grantId, scope, gty: 'authorization_code' })
      return { access: '', refresh: await token.save() }
    },
    redeem: redeemAt(fetch, `${listener.origin}/token`),
    get reuses() {
      return reuses
    },
  }
}
