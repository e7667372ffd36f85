import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bearer, createClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jwtOf } from '../support/jwt.ts'
import { createStage } from '../support/stage.ts'

/** Responds with a body that does not end, and counts what is taken of it. */
async function startEndlessServer(status: number) {
  let bytes = 0
  const part = Buffer.alloc(64 * 1024, ' ')
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    const write = () => {
      while (!response.destroyed && response.write(part)) bytes += part.length
    }
    response.on('drain', write)
    response.on('error', () => {})
    write()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bytes: () => bytes }
}

describe.each([
  ['Bearer', () => bearer()],
  ['DPoP', () => dpop()],
] as const)('a token endpoint whose body never ends, with %s', (name, make) => {
  test.each([200, 400, 503])('and the status %i, is read up to a bound, and ends nothing', async status => {
    const server = await startEndlessServer(status)
    const scheme = make()
    const client = createClient({
      baseUrl: server.origin,
      scheme,
      limits: { patienceMs: 0 },
      refresh: oauthRefresh({ tokenEndpoint: `${server.origin}/token`, clientId: 'spa' }),
    })
    onTestFinished(client.dispose)
    // With DPoP, a login needs a key of the client.
    if (name === 'DPoP') await loginProof(scheme, { url: server.origin })
    await client.session.signIn({ accessToken: 'access', refreshToken: 'refresh' })
    const reason = status === 200 ? 'unreadable-response' : 'status'
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable', reason })
    // A megabyte, and what is under way in buffers.
    expect(server.bytes()).toBeLessThan(24 * 2 ** 20)
    expect(client.session.status).toBe('signed-in')
  })
})

const url = 'https://api.test/x'
const lifetimes: readonly unknown[] = [
  ...[0, -1, -1e308, 1e308, 2 ** 53, 4_102_444_800],
  ...['', ' ', '-1', 'NaN', 'Infinity', '1e400', '0x10', '1_000', '\u0661\u0662', '3600s', 'P1D', '9'.repeat(400)],
  ...[true, false, null, [], [3600], {}, { valueOf: 3600 }, '2099-01-01T00:00:00Z'],
]

describe.each(['expires_in', 'expiresInSeconds', 'refresh_expires_in'])('a hostile %s', name => {
  test('causes one refresh for many requests at most, and ends nothing', async () => {
    for (const lifetime of lifetimes) {
      const stage = createStage()
      await stage.signIn()
      stage.refresh(async () => ({ ...stage.issue(), [name]: lifetime }) as never)
      stage.refuseAll()
      for (let count = 0; count < 10; count += 1) {
        expect((await stage.client.fetch(url)).status, JSON.stringify(lifetime)).toBe(200)
        await stage.clock.advance(1000)
      }
      expect(stage.refreshes.length, JSON.stringify(lifetime)).toBeLessThanOrEqual(1)
      expect(stage.client.session.status).toBe('signed-in')
    }
  })
})

test('claims that are nested a hundred thousand deep stop neither a login nor a request', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const token = jwtOf({ sub: 'alice', deep: 'DEEP' })
  const [head, , signature] = token.split('.')
  const payload = Buffer.from(JSON.stringify({ sub: 'alice', deep: 'DEEP' }).replace('"DEEP"', deep)).toString(
    'base64url',
  )
  const items = new Map<string, string>()
  const setItem = (key: string, value: string) => void items.set(key, value)
  const stage = createStage({ store: { getItem: (key: string) => items.get(key) ?? null, setItem } })
  await stage.signIn({ idToken: [head, payload, signature].join('.') })
  expect((await stage.client.fetch(url)).status).toBe(200)
  expect(stage.client.session.getSnapshot().subject).toBe('alice')
})
