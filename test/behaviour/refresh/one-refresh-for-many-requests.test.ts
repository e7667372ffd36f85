import { describe, expect, test } from 'vitest'
import type { AuthServer } from '../../support/auth-server.ts'
import { createNarrowFetch } from '../../support/narrow-fetch.ts'
import { createServedClient } from '../../support/served-client.ts'
import { forms } from '../../support/stage.ts'

/** How often each token was sent. */
const tally = ({ sends }: AuthServer) => {
  const counts = new Map<string | null, number>()
  for (const { authorization } of sends) counts.set(authorization, (counts.get(authorization) ?? 0) + 1)
  return [...counts.values()]
}

/** How often each path was sent: the lowest and the highest count. */
const sendsAPath = ({ sends }: AuthServer) => {
  const counts = new Map<string, number>()
  for (const { path } of sends) counts.set(path, (counts.get(path) ?? 0) + 1)
  return [Math.min(...counts.values()), Math.max(...counts.values()), counts.size]
}

/** Ten thousand by one form: the other differs only in what it does before and after. */
const stormsOf = (form: string): readonly number[] => [1, 50, 1000, ...(form === 'fetch' ? [10_000] : [])]

describe.each(forms)('promise 1, by %s', (form, send) => {
  test.each(stormsOf(form))(
    'RT-01: %i requests that get a 401 together cause one refresh, and each is replayed once with its token',
    async count => {
      const { server, client, logins, waiting } = await createServedClient({
        fetch: createNarrowFetch(200),
        // The refresh waits until all were refused, which takes a busy machine its time.
        limits: { refreshTimeoutMs: 300_000 },
      })
      server.expireAccessTokens()
      const gate = server.holdRefresh()
      const answers = Array.from({ length: count }, (_, index) => send(client, `${server.origin}/api/${index}`))
      const settled = Promise.allSettled(answers)
      await waiting(count)
      gate.open()
      const outcomes = (await settled).map(one => (one.status === 'fulfilled' ? one.value.status : one.reason))
      expect(new Set(outcomes)).toEqual(new Set([200]))
      expect([server.refreshes, server.reuses]).toEqual([1, 0])
      expect(tally(server)).toEqual([count, count])
      expect(sendsAPath(server)).toEqual([2, 2, count])
      expect(logins).toEqual([])
    },
    300_000,
  )

  test('requests that get a 401 while the refresh is under way join it', async () => {
    const { server, client, waiting } = await createServedClient()
    server.expireAccessTokens()
    const late = server.holdApi({ path: '/api/late' })
    const gate = server.holdRefresh()
    const answers = [send(client, `${server.origin}/api/late`), send(client, `${server.origin}/api/early`)]
    await Promise.all([late.reached(), gate.reached()])
    late.open()
    await waiting(2)
    gate.open()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
    expect(server.refreshes).toBe(1)
  })

  test('requests of every method share the refresh', async () => {
    const { server, client, waiting } = await createServedClient()
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
    const answers = methods.map(method => send(client, `${server.origin}/api/one`, { method }))
    await waiting(methods.length)
    gate.open()
    expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true)
    expect(server.refreshes).toBe(1)
    expect(server.sends.map(({ method }) => method).sort()).toEqual([...methods, ...methods].sort())
  })
})

describe('promise 1, for every kind of caller', () => {
  test('instances made by extend and create share the refresh with their parent', async () => {
    const { server, client, waiting } = await createServedClient()
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const instances = [client, client.extend({ timeout: 5000 }), client.create({ baseUrl: server.origin, retry: 0 })]
    const answers = instances.flatMap(instance => [
      instance.get('api/one').json(),
      instance.fetch(`${server.origin}/api/two`),
    ])
    await waiting(answers.length)
    gate.open()
    await Promise.all(answers)
    expect(server.refreshes).toBe(1)
  })

  test('session.refresh and getAccessToken join the refresh that requests wait for', async () => {
    const { server, client, waiting } = await createServedClient()
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const answer = client.fetch(`${server.origin}/api/one`)
    await waiting(1)
    const [refreshed, token] = [client.session.refresh(), client.session.getAccessToken()]
    gate.open()
    expect((await answer).status).toBe(200)
    expect((await refreshed).generation).toBe(1)
    expect(`Bearer ${await token}`).toBe(server.sends.at(-1)?.authorization)
    expect(server.refreshes).toBe(1)
  })

  test('over a store that tabs share, a hundred requests that get a 401 together still cause one refresh', async () => {
    const items = new Map<string, string>()
    const store = {
      getItem: async (key: string) => items.get(key) ?? null,
      setItem: async (key: string, value: string) => void items.set(key, value),
    }
    const { server, client, waiting } = await createServedClient({ store })
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const answers = Array.from({ length: 100 }, () => client.fetch(`${server.origin}/api/storm`))
    await waiting(100)
    gate.open()
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true)
    expect([server.refreshes, server.sends.length]).toEqual([1, 200])
  })

  test('two storms, one after the other, cause two refreshes and no reuse', async () => {
    const { server, client } = await createServedClient()
    for (const storm of [1, 2]) {
      server.expireAccessTokens()
      const answers = Array.from({ length: 20 }, () => client.fetch(`${server.origin}/api/storm`))
      expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true)
      expect([server.refreshes, server.reuses]).toEqual([storm, 0])
    }
  })
})
