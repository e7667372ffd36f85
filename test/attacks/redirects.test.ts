import fc from 'fast-check'
import { bearer, createClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { forms, startRedirectServers } from './redirect-servers.ts'

const { numRuns, seed } = fuzzSettings({ numRuns: 150, seed: 43 })
/** Only the first server is trusted; the second may be, and the third never is. */
const [home, friend, stranger] = [0, 1, 2] as const

let servers: Awaited<ReturnType<typeof startRedirectServers>>
beforeAll(async () => {
  servers = await startRedirectServers(3)
})
afterAll(() => servers.close())

const hops = fc.array(
  fc.record({
    status: fc.constantFrom(301, 302, 303, 307, 308),
    to: fc.constantFrom(home, friend, stranger, stranger),
    form: fc.constantFrom(...(Object.keys(forms) as (keyof typeof forms)[])),
  }),
  { minLength: 1, maxLength: 3 },
)

const schemes = {
  bearer: () => bearer(),
  'a header of its own': () => bearer({ header: 'X-Access-Token', prefix: '' }),
  dpop: () => dpop(),
}

const redirect = 'follow' as const
const calls: Readonly<Record<string, (client: RootClient, url: string) => Promise<unknown>>> = {
  fetch: (client, url) => client.fetch(url),
  'fetch, following as asked for': (client, url) => client.fetch(url, { redirect }),
  'fetch with a body': (client, url) => client.fetch(url, { method: 'POST', body: 'x' }),
  'a Request': (client, url) => client.fetch(new Request(url, { redirect })),
  ky: (client, url) => client.get(url, { retry: 0 }),
  'ky, following as asked for': (client, url) => client.post(url, { retry: 0, redirect, json: {} }),
  'a refresh': client => client.session.refresh(),
  'a sign-out': async client => (await client.session.signOut()).revoked,
}

test(
  'wherever servers redirect, no token and no refresh token arrives at an origin that is not trusted',
  async () => {
    let arrivedElsewhere = 0
    const property = fc.asyncProperty(
      hops,
      fc.constantFrom(...(Object.keys(schemes) as (keyof typeof schemes)[])),
      fc.constantFrom(...Object.keys(calls)),
      async (way, name, call) => {
        const origin = `http://${servers.hosts[home]}`
        const url = `${origin}/start?hops=${encodeURIComponent(JSON.stringify(way))}`
        const scheme = schemes[name]()
        const client = createClient({
          baseUrl: origin,
          trustedOrigins: [`http://${servers.hosts[friend]}`],
          scheme,
          limits: { patienceMs: 0 },
          refresh: oauthRefresh({ tokenEndpoint: url, revocationEndpoint: url, clientId: 'spa' }),
        })
        // With DPoP, a login needs a key of the client.
        if (name === 'dpop') await loginProof(scheme, { url })
        await client.session.signIn({ accessToken: 'S3cr3t-access', refreshToken: 'S3cr3t-refresh' })
        await calls[call]?.(client, url).catch(() => {})
        client.dispose()
        const arrivals = servers.take()
        const elsewhere = arrivals.filter(({ server }) => server === stranger)
        arrivedElsewhere += elsewhere.length
        expect(elsewhere.filter(({ text }) => text.includes('S3cr3t'))).toEqual([])
        expect(arrivals.filter(({ server }) => server === home).length).toBeGreaterThan(0)
      },
    )
    await fc.assert(property, { numRuns, seed })
    expect(arrivedElsewhere).toBeGreaterThan(numRuns / 10)
  },
  fuzzTimeout(60_000),
)
