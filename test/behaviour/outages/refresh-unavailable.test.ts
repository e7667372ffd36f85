import { describe, expect, test, vi } from 'vitest'
import { RefreshUnavailableError } from '../../../src/errors.ts'
import { createDeferred } from '../../support/deferred.ts'
import type { Fault } from '../../support/faults.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createTimedWorld, signIn, type TimedClient } from '../../support/timed-client.ts'

const start = async (options?: Parameters<Awaited<ReturnType<typeof createTimedWorld>>['open']>[0]) => {
  const world = await createTimedWorld()
  const tab = world.open(options)
  await signIn(tab, world.server)
  world.server.expireAccessTokens()
  return { ...world, ...tab, tab }
}

/** What a refused request came to, which waited for a refresh. */
const failureOf = async ({ get }: TimedClient, path?: string): Promise<RefreshUnavailableError> => {
  const failure = await get(path).catch(error => error)
  expect(failure).toBeInstanceOf(RefreshUnavailableError)
  return failure
}

const passing: readonly (readonly [name: string, fault: Fault, reason: string])[] = [
  ...[408, 425, 429, 500, 502, 503, 504, 599].map(
    status => [`a ${status}`, { kind: 'status', status }, 'status'] as const,
  ),
  ['a connection that breaks', { kind: 'lost' }, 'network'],
  ['an answer that is cut off', { kind: 'truncated' }, 'network'],
  ['a captive portal’s HTML', { kind: 'captive-portal' }, 'unreadable-response'],
  ['JSON that is none', { kind: 'garbage' }, 'unreadable-response'],
  ['a redirect', { kind: 'redirect', location: 'https://elsewhere.test/' }, 'status'],
]

describe('promise 8: a refresh that fails for a temporary reason ends nothing', () => {
  test.each(passing)(
    'RF-10: %s: waiting requests reject with retryAfterMs, and after that time a refresh works',
    async (...arranged) => {
      const [, fault, reason] = arranged
      const { server, clock, client, tab, askedForLogin } = await start()
      server.failRefreshes(fault)
      const failures = await Promise.all(['/api/1', '/api/2', '/api/3'].map(path => failureOf(tab, path)))
      expect(failures).toMatchObject(failures.map(() => ({ code: 'refresh-unavailable', reason, retryAfterMs: 500 })))
      expect(new Set(failures).size).toBe(3)
      expect([server.refreshes, client.session.status, await askedForLogin()]).toEqual([1, 'signed-in', 0])
      await clock.advance(500)
      expect((await tab.get()).status).toBe(200)
      expect([server.refreshes, client.session.getSnapshot().generation]).toEqual([2, 1])
    },
  )

  test.each(['hang-in-headers', 'hang-in-body'] as const)('RF-10: no response at all (%s)', async kind => {
    const { server, clock, client, tab } = await start()
    server.failRefreshes({ kind })
    const failing = failureOf(tab)
    await vi.waitFor(() => expect(server.refreshes).toBe(1))
    await clock.advance(10_000)
    expect(await failing).toMatchObject({ reason: 'timeout', status: null })
    expect(client.session.status).toBe('signed-in')
  })

  test('refresh-failed is emitted once, with the reason, and without a token', async () => {
    const { server, client, tab } = await start()
    const events: unknown[] = []
    client.session.on('refresh-failed', event => void events.push(event))
    server.failRefreshes({ kind: 'status', status: 503 })
    const token = await client.session.getAccessToken()
    await Promise.all([failureOf(tab, '/api/1'), failureOf(tab, '/api/2')])
    expect(events).toMatchObject([{ type: 'refresh-failed', tab: 'this', error: { status: 503 } }])
    expect(JSON.stringify(events) + String((events[0] as { error: Error }).error)).not.toContain(token)
  })

  test('session.refresh() rejects with the same error, and getAccessToken returns the token that is still valid', async () => {
    const { server, client } = await start()
    server.failRefreshes({ kind: 'status', status: 503 }, { times: 2 })
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable', status: 503 })
    expect(await client.session.getAccessToken({ minValidityMs: 1e9 })).toMatch(/./)
    expect(client.session.status).toBe('signed-in')
  })

  test('a rejection of the token counts until the refresh has ended: after that a token that other routes accept is used again', async () => {
    const world = await createTimedWorld()
    const tab = world.open()
    await signIn(tab, world.server)
    world.server.refuse('/api/broken')
    world.server.failRefreshes({ kind: 'status', status: 503 })
    await failureOf(tab, '/api/broken')
    expect((await tab.get('/api/fine')).status).toBe(200)
    expect(world.server.refreshes).toBe(1)
  })

  test('requests that start while it is under way share its outcome', async () => {
    const { server, tab } = await start()
    const gate = server.holdRefresh()
    const first = failureOf(tab, '/api/1')
    await gate.reached()
    const second = failureOf(tab, '/api/2')
    gate.open({ kind: 'status', status: 503 })
    await Promise.all([first, second])
    expect(server.refreshes).toBe(1)
  })
})

describe('promise 8: the backoff', () => {
  test('RF-12: Retry-After is kept to, with jitter on top, and requests meanwhile reject at once', async () => {
    const { server, clock, tab, outcome } = await start()
    server.failRefreshes({ kind: 'status', status: 503, headers: { 'retry-after': '30' } })
    expect((await failureOf(tab)).retryAfterMs).toBe(30_500)
    await clock.advance(10_000)
    expect((await failureOf(tab)).retryAfterMs).toBe(20_500)
    await clock.advance(20_499)
    expect(await outcome()).toBe('refresh-unavailable')
    expect(server.refreshes).toBe(1)
    await clock.advance(1)
    expect(await outcome()).toBe('200')
  })

  test.each([
    ['a date', (at: number) => new Date(at + 20_000).toUTCString(), 20_500],
    ['10^12 seconds, which is capped', () => '1000000000000', 60_500],
    ['a date that is over', (at: number) => new Date(at - 20_000).toUTCString(), 500],
    ['garbage', () => 'soon', 500],
    ['a negative number', () => '-5', 500],
    ['nothing', () => '', 500],
  ])('RF-12: Retry-After with %s', async (_name, header, retryAfterMs) => {
    const { server, clock, tab } = await start()
    const headers = { 'retry-after': header(clock.wallMs()) }
    server.failRefreshes({ kind: 'status', status: 429, headers })
    expect((await failureOf(tab)).retryAfterMs).toBe(retryAfterMs)
  })

  test('has full jitter: two clients that failed at the same time do not retry at the same time', async () => {
    const waits: number[] = []
    for (const random of [0.1, 0.9]) {
      const { server, clock, tab } = await start()
      clock.setRandom(random)
      server.failRefreshes({ kind: 'status', status: 503 })
      waits.push((await failureOf(tab)).retryAfterMs)
    }
    expect(waits).toEqual([100, 900])
  })

  test('grows with every failure in a row, and is forgotten with the first success', async () => {
    const { server, clock, tab, get } = await start()
    server.failRefreshes({ kind: 'status', status: 503 }, { times: 3 })
    const waits: number[] = []
    for (let round = 0; round < 3; round += 1) {
      waits.push((await failureOf(tab)).retryAfterMs)
      await clock.advance(waits.at(-1) ?? 0)
    }
    expect(waits).toEqual([500, 1000, 2000])
    expect((await get()).status).toBe(200)
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'status', status: 503 })
    expect((await failureOf(tab)).retryAfterMs).toBe(500)
  })

  test('is shared by all tabs', async () => {
    const world = await createTimedWorld()
    const store = createScriptedStore()
    const [one, other] = [world.open({ store }), world.open({ store })]
    await signIn(one, world.server)
    expect(await other.outcome()).toBe('200')
    world.server.expireAccessTokens()
    world.server.failRefreshes({ kind: 'status', status: 503, headers: { 'retry-after': '30' } })
    expect(await one.outcome()).toBe('refresh-unavailable')
    expect((await failureOf(other)).retryAfterMs).toBe(30_500)
    expect(world.server.refreshes).toBe(1)
  })

  test('outlives a reload', async () => {
    const world = await createTimedWorld()
    const store = createScriptedStore()
    const before = world.open({ store })
    await signIn(before, world.server)
    world.server.expireAccessTokens()
    world.server.failRefreshes({ kind: 'status', status: 503, headers: { 'retry-after': '30' } })
    await before.outcome()
    before.client.dispose()
    expect(await world.open({ store }).outcome()).toBe('refresh-unavailable')
    expect(world.server.refreshes).toBe(1)
  })

  test('ends at once if the device clock was set back by a day, which would extend it to a day', async () => {
    const { server, clock, tab, outcome } = await start()
    server.failRefreshes({ kind: 'status', status: 503, headers: { 'retry-after': '30' } })
    await failureOf(tab)
    clock.jumpWall(-86_400_000)
    server.settings.now = () => clock.wallMs() + 86_400_000
    expect(await outcome()).toBe('200')
  })
})

describe('promise 8: offline', () => {
  const network = { onLine: true }
  /** What the browser says, and what is so. */
  const goOffline = (offline = true, really = offline) => {
    network.onLine = !offline
    isDown = really
    vi.stubGlobal('navigator', network)
  }
  let isDown = false
  const wired: typeof fetch = (input, init) =>
    isDown ? Promise.reject(new TypeError('Failed to fetch')) : fetch(input, init)

  test('once it has failed, requests that need a refresh reject with the reason offline, until there is a network', async () => {
    const { server, client, tab, outcome } = await start({ fetch: wired })
    const answer = tab.get('/api/a')
    goOffline(true, false)
    expect((await answer).status).toBe(200)
    server.expireAccessTokens()
    goOffline()
    await expect(client.session.refresh()).rejects.toMatchObject({ reason: 'offline', status: null })
    await expect(client.session.refresh()).rejects.toMatchObject({ reason: 'offline', cause: { reason: 'offline' } })
    expect([server.refreshes, client.session.status]).toEqual([1, 'signed-in'])
    goOffline(false)
    expect(await outcome()).toBe('200')
  })

  test('a browser that wrongly reports to be offline prevents no refresh', async () => {
    const { server, get } = await start()
    goOffline(true, false)
    expect((await get()).status).toBe(200)
    expect(server.refreshes).toBe(1)
  })

  test('whenOffline: "wait": the request waits for the network, however long that takes', async () => {
    const { server, clock, wake, client } = await start({ whenOffline: 'wait', fetch: wired })
    goOffline()
    const answer = client.session.refresh()
    await clock.advance(3_600_000)
    expect(server.refreshes).toBe(0)
    goOffline(false)
    wake.wake()
    expect((await answer).status).toBe('signed-in')
    expect(server.refreshes).toBe(1)
  })

  test('whenOffline: "wait": a sign-out does not wait', async () => {
    const { client, outcome } = await start({ whenOffline: 'wait' })
    goOffline()
    const waits = createDeferred()
    client.session.on('request', event => event.step === 'waiting' && event.for !== 'store' && waits.resolve())
    const waiting = outcome()
    await waits.promise
    await client.session.signOut()
    expect(await waiting).toBe('session-ended')
  })
})
