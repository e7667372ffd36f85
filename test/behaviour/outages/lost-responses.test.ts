import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import type { AuthSettings } from '../../support/auth-settings.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createTimedWorld, signIn } from '../../support/timed-client.ts'

const start = async (settings: Partial<AuthSettings> = {}, tabs = 1) => {
  const world = await createTimedWorld(settings)
  const store = createScriptedStore()
  const [tab, other] = [world.open({ store }), ...Array.from({ length: tabs - 1 }, () => world.open({ store }))]
  if (!tab) throw new Error('One tab at least')
  await signIn(tab, world.server)
  await other?.outcome()
  world.server.expireAccessTokens()
  return { ...world, ...tab, store, other: other ?? tab, stored: () => store.content as StoredRecord }
}

describe('promise 10: the response of a refresh was lost', () => {
  test('before it reached the server: the record says so, and the next refresh sends the same token once more', async () => {
    const { server, clock, client, outcome, stored } = await start()
    server.failRefreshes({ kind: 'lost' })
    expect(await outcome()).toBe('refresh-unavailable')
    expect(stored()).toMatchObject({ generation: 0, lease: { closed: true } })
    await clock.advance(500)
    expect(await outcome()).toBe('200')
    expect([server.refreshes, server.reuses, client.session.getSnapshot().generation]).toEqual([2, 0, 1])
    const [first, second] = server.refreshLog
    expect(second?.body).toBe(first?.body)
  })

  test('on the way back, from a server with a grace window: no request notices', async () => {
    const { server, clock, client, outcome, logins } = await start({ reuse: 'grace' })
    server.failRefreshes({ kind: 'lost' }, { at: 'after-handling' })
    expect(await outcome()).toBe('refresh-unavailable')
    await clock.advance(500)
    expect(await outcome()).toBe('200')
    expect([server.refreshes, client.session.status, logins.length]).toEqual([2, 'signed-in', 0])
  })

  test('RF-13, LF-06: on the way back, from a strict server: tried once more, and then login is asked for once', async () => {
    const { server, clock, client, outcome, askedForLogin } = await start()
    server.failRefreshes({ kind: 'lost' }, { at: 'after-handling' })
    expect(await outcome()).toBe('refresh-unavailable')
    await clock.advance(500)
    expect(await outcome()).toBe('session-ended')
    expect([server.refreshes, client.session.getSnapshot().endReason]).toEqual([2, 'refresh-rejected'])
    expect(await outcome()).toBe('401')
    expect([server.refreshes, await askedForLogin()]).toEqual([2, 1])
  })

  test.each(['truncated', 'captive-portal', 'garbage'] as const)(
    'because it was damaged on the way (%s)',
    async kind => {
      const { server, clock, outcome, stored } = await start({ reuse: 'grace' })
      server.failRefreshes({ kind }, { at: 'after-handling' })
      expect(await outcome()).toBe('refresh-unavailable')
      expect(stored().lease).toMatchObject({ closed: true })
      await clock.advance(500)
      expect(await outcome()).toBe('200')
      expect(server.refreshes).toBe(2)
    },
  )

  test('but the server did not rotate: nothing is lost, and the record has no lease', async () => {
    const { server, outcome, stored } = await start()
    server.failRefreshes({ kind: 'status', status: 503, headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(await outcome()).toBe('refresh-unavailable')
    expect(stored().lease ?? null).toBeNull()
  })

  test('RF-13: a request causes one refresh, and ky’s retries none: a lost response is not requested again by itself', async () => {
    const { server, client, clock } = await start()
    server.failRefreshes({ kind: 'lost' }, { times: 10 })
    const answer = client.get(`${server.origin}/api/a`, { retry: { limit: 0 } })
    await expect(answer).rejects.toMatchObject({ code: 'refresh-unavailable' })
    await clock.advance(600_000)
    expect(server.refreshes).toBe(1)
  })

  test('while responses go on being lost, later refreshes try again after the backoff, and the session does not end', async () => {
    const { server, clock, client, outcome, askedForLogin } = await start()
    server.failRefreshes({ kind: 'lost' }, { times: 12 })
    for (let round = 0; round < 12; round += 1) {
      expect(await outcome()).toBe('refresh-unavailable')
      expect(await outcome()).toBe('refresh-unavailable')
      await clock.advance(30_000)
    }
    expect([server.refreshes, client.session.status, await askedForLogin()]).toEqual([12, 'signed-in', 0])
    expect(await outcome()).toBe('200')
  })
})

describe('promise 10: in another tab', () => {
  test('a refresh under way is waited for, not repeated', async () => {
    const { server, clock, outcome, other } = await start({}, 2)
    const gate = server.holdRefresh()
    const first = outcome()
    await gate.reached()
    const second = other.outcome()
    await clock.advance(3000)
    expect(server.refreshes).toBe(1)
    gate.open()
    expect(await first).toBe('200')
    await clock.advance(250)
    expect(await second).toBe('200')
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('a refresh whose response was lost is repeated once, after the backoff', async () => {
    const { server, clock, outcome, other, patiently } = await start({}, 2)
    server.failRefreshes({ kind: 'lost' })
    expect(await outcome()).toBe('refresh-unavailable')
    expect(await other.outcome()).toBe('refresh-unavailable')
    expect(server.refreshes).toBe(1)
    await clock.advance(500)
    expect(await patiently(Promise.all([outcome(), other.outcome()]))).toEqual(['200', '200'])
    expect([server.refreshes, server.reuses]).toEqual([2, 0])
  })

  test('LF-06: a refresh whose tab was closed is waited for until no response can come any more', async () => {
    const { server, clock, open, store, patiently } = await start()
    let isClosed = false
    const call = (run: () => boolean | PromiseLike<boolean>) => (isClosed ? new Promise<never>(() => {}) : run())
    const dying = open({ store: { ...store, compareAndSet: (...write) => call(() => store.compareAndSet(...write)) } })
    await signIn(dying, server)
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    void dying.outcome()
    await gate.reached()
    // Whatever that page still does, nobody sees of it.
    isClosed = true
    const reloaded = open({ store })
    const answer = reloaded.outcome()
    await clock.advance(11_000)
    expect(server.refreshes).toBe(1)
    expect(await patiently(answer)).toBe('200')
    expect(server.refreshes).toBe(2)
    expect([server.reuses, await reloaded.askedForLogin()]).toEqual([0, 0])
  })
})
