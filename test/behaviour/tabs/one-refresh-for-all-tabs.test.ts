import 'fake-indexeddb/auto'
import { createClient, indexedDbStore, type SessionStore } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import type { ControlledClock } from '../../support/clock.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createTimedWorld, signIn } from '../../support/timed-client.ts'

// Real pages of real browsers are in test/browser/pages/tabs.*; every schedule of two and three tabs is in test/model/steps.

/** The same store, whose writes take that long to be done, or to be told of once they are done. */
const slowly = (
  store: SessionStore,
  clock: ControlledClock,
  waits: { doneMs: number; toldMs: number }[],
): SessionStore => {
  const wait = (ms: number) => new Promise<void>(resolve => clock.setTimer(resolve, ms))
  return {
    ...store,
    async compareAndSet(...write) {
      const { doneMs, toldMs } = waits.shift() ?? { doneMs: 0, toldMs: 0 }
      if (doneMs) await wait(doneMs)
      const written = await store.compareAndSet(...write)
      if (toldMs) await wait(toldMs)
      return written
    },
  }
}

describe('promise 4: tabs over one store', () => {
  test.each([2, 5, 20])('RT-07: %i of them, with Web Locks and IndexedDB, make one refresh', async count => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const tabs = Array.from({ length: count }, () => {
      const client = createClient({
        baseUrl: server.origin,
        retry: 0,
        store: indexedDbStore(),
        refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
      })
      onTestFinished(client.dispose)
      return client
    })
    await tabs[0]?.session.signIn(server.issue())
    await Promise.all(tabs.map(tab => tab.session.ready()))
    for (let round = 1; round <= 3; round += 1) {
      server.expireAccessTokens()
      const answers = await Promise.all(tabs.map(tab => tab.get('api/a')))
      expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200))
      expect([server.refreshes, server.reuses]).toEqual([round, 0])
    }
  })

  test.each([2, 5, 20])('RT-12: %i of them without Web Locks make one refresh: the lease is enough', async count => {
    const { server, open, patiently } = await createTimedWorld()
    const store = createScriptedStore()
    const tabs = Array.from({ length: count }, () => open({ store }))
    const [first] = tabs
    if (first) await signIn(first, server)
    await Promise.all(tabs.map(tab => tab.outcome()))
    server.expireAccessTokens()
    expect(await patiently(Promise.all(tabs.map(tab => tab.outcome())))).toEqual(tabs.map(() => '200'))
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('RT-11: a lease is respected for all the time that its owner may take: to send, to wait, and to save', async () => {
    const { server, clock, open, patiently } = await createTimedWorld()
    const store = createScriptedStore()
    const waits: { doneMs: number; toldMs: number }[] = []
    const slow = open({ store: slowly(store, clock, waits) })
    const other = open({ store })
    await signIn(slow, server)
    await other.outcome()
    server.expireAccessTokens()
    // Each within its own deadline, and only just.
    waits.push({ doneMs: 0, toldMs: 1900 }, { doneMs: 1900, toldMs: 0 })
    const gate = server.holdRefresh()
    const answer = slow.outcome()
    await vi.waitFor(() => expect(store.content).toMatchObject({ lease: { generation: 0 } }))
    const othersAnswer = other.outcome()
    await vi.waitFor(() => expect(server.sends.filter(({ status }) => status === 401)).toHaveLength(2))
    await clock.advance(1900)
    await gate.reached()
    await clock.advance(9900)
    gate.open()
    await vi.waitFor(() => expect(waits).toEqual([]))
    await clock.advance(1900)
    expect(await patiently(Promise.all([answer, othersAnswer]))).toEqual(['200', '200'])
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('RT-07: a tab that needs a refresh while another tab refreshes waits for it, and uses its tokens', async () => {
    const { server, open, patiently } = await createTimedWorld()
    const store = createScriptedStore()
    const [tab, late] = [open({ store }), open({ store })]
    await signIn(tab, server)
    await late.outcome()
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const answer = tab.outcome()
    await gate.reached()
    const lateAnswer = late.outcome()
    const refreshed = vi.fn()
    late.client.session.on('refreshed', refreshed)
    gate.open()
    expect(await patiently(Promise.all([answer, lateAnswer]))).toEqual(['200', '200'])
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
    expect(refreshed.mock.calls.map(([{ tab: whose, generation }]) => [whose, generation])).toEqual([['other', 1]])
  })

  test('two sessions of one origin with different names refresh each its own token, and do not wait for each other (RT-08)', async () => {
    const { server, open, patiently } = await createTimedWorld()
    const [one, two] = [
      open({ store: createScriptedStore(), sessionName: 'one' }),
      open({ store: createScriptedStore(), sessionName: 'two' }),
    ]
    await signIn(one, server, 'alice')
    await signIn(two, server, 'bob')
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const held = one.outcome()
    await gate.reached()
    expect(await patiently(two.outcome())).toBe('200')
    gate.open()
    expect(await patiently(held)).toBe('200')
    expect([server.refreshes, server.reuses]).toEqual([2, 0])
  })
})
