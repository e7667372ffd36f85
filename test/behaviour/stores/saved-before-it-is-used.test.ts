import { describe, expect, test, vi } from 'vitest'
import { createClientOn } from '../../../src/client/create-client.ts'
import type { ClientOptions } from '../../../src/client/options.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { webStorageStore } from '../../../src/stores/web-storage.ts'
import { createScriptedStore, type StoreCall, type StoreFault } from '../../support/scripted-store.ts'
import { stubChannel } from '../../support/test-channel.ts'
import { createTestLock } from '../../support/test-lock.ts'
import { createTimedWorld, signIn } from '../../support/timed-client.ts'

const storedToken = (content: unknown) => (content as StoredRecord | null)?.credentials?.refreshToken

const start = async (options: ClientOptions = {}, store = createScriptedStore()) => {
  const world = await createTimedWorld()
  const tab = world.open({ store, ...options })
  await signIn(tab, world.server)
  return { ...world, ...tab, store }
}

describe('promise 9: new tokens are saved first', () => {
  test('RF-08: before any waiting request continues, before the lock is released, before other tabs get a message', async () => {
    const [world, store, lock, channel] = [
      await createTimedWorld(),
      createScriptedStore(),
      createTestLock(),
      stubChannel(),
    ]
    const told: string[] = []
    const note = (what: string) => void told.push(`${what}: ${storedToken(store.content) === spent ? 'old' : 'new'}`)
    const client = createClientOn(
      { clock: world.clock, lock },
      {
        baseUrl: world.server.origin,
        store: {
          ...store,
          compareAndSet: async (...call) => {
            const written = await store.compareAndSet(...call)
            // What is stored is not yet known to this page: nobody may be ahead of that.
            if (storedToken(store.content) !== spent) note(`saved, lock held ${lock.isHeld}`)
            return written
          },
        },
        refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
      },
    )
    await client.session.signIn(world.server.issue())
    channel.posted.length = 0
    const spent = storedToken(store.content)
    world.server.expireAccessTokens()
    const answers = ['/api/1', '/api/2'].map(path =>
      client.fetch(world.server.origin + path).then(() => note('waiter')),
    )
    client.session.on('refreshed', () => note(`here, tabs told ${channel.posted.length}`))
    await Promise.all(answers)
    expect(told).toEqual(['saved, lock held true: new', 'here, tabs told 0: new', 'waiter: new', 'waiter: new'])
    expect([lock.isHeld, channel.posted.length]).toEqual([false, 1])
    client.dispose()
  })

  test('RF-08: a page that is closed at that moment has lost nothing: the next one goes on with the new tokens', async () => {
    const { server, store, get, open, client } = await start()
    server.expireAccessTokens()
    expect((await get()).status).toBe(200)
    client.dispose()
    server.expireAccessTokens()
    expect((await open({ store }).get()).status).toBe(200)
    expect([server.refreshes, server.reuses]).toEqual([2, 0])
  })
})

const faults: readonly StoreFault[] = ['throws', 'rejects', 'hangs', 'lands-then-rejects', 'lands-then-hangs']
const calls: readonly (StoreCall | 'all')[] = ['compareAndSet', 'overwrite', 'all']
const broken = calls.flatMap(call => faults.map(fault => [call, fault] as const))

describe('promise 9, SG-03: a store that is broken from the start costs persistence, never the request', () => {
  test.each(broken)('%s %s', async (call, fault) => {
    const world = await createTimedWorld()
    const store = createScriptedStore()
    store.fail(call, fault)
    const tab = world.open({ store })
    const failures: unknown[] = []
    tab.client.session.on('store-failed', event => void failures.push(event))
    await world.patiently(signIn(tab, world.server))
    expect((await world.patiently(tab.get())).status).toBe(200)
    world.server.expireAccessTokens()
    expect((await world.patiently(tab.get())).status).toBe(200)
    expect([world.server.refreshes, world.server.reuses]).toEqual([1, 0])
    expect(tab.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 1 })
    await world.patiently(tab.client.session.signOut())
    expect(tab.client.session.status).toBe('signed-out')
    expect(failures.length).toBe(1)
    expect(await tab.askedForLogin()).toBe(0)
  })

  test('localStorage that is not there, as in an Android WebView without DOM storage', async () => {
    const world = await createTimedWorld()
    vi.stubGlobal('localStorage', null)
    const tab = world.open({ store: webStorageStore() })
    await world.patiently(signIn(tab, world.server))
    world.server.expireAccessTokens()
    expect((await world.patiently(tab.get())).status).toBe(200)
  })

  const ways = ['throws', 'takes everything and keeps nothing', 'answers garbage', 'answers null', 'never answers']
  test.each(ways)('a key-value storage that %s', async how => {
    const world = await createTimedWorld()
    const fail = () => {
      if (how === 'throws') throw new Error('SecurityError')
      if (how === 'never answers') return new Promise<never>(() => {})
      return how === 'answers garbage' ? '{"half":' : how === 'answers null' ? null : undefined
    }
    const tab = world.open({ store: { getItem: fail, setItem: fail } })
    await world.patiently(signIn(tab, world.server))
    world.server.expireAccessTokens()
    expect((await world.patiently(tab.get())).status).toBe(200)
    expect(world.server.refreshes).toBe(1)
  })
})

describe('promise 9: a shared store that breaks later', () => {
  test.each(['throws', 'rejects', 'hangs'] as const)(
    'a token that other tabs could see is not used unless the store was read again: reading %s',
    async fault => {
      const { server, clock, store, client, outcome, patiently } = await start()
      await outcome()
      server.expireAccessTokens()
      store.fail('read', fault)
      expect(await patiently(outcome())).toBe('refresh-unavailable')
      expect([server.refreshes, client.session.status]).toEqual([0, 'signed-in'])
      store.mend()
      await clock.advance(60_000)
      expect(await outcome()).toBe('200')
    },
  )

  test('a refresh by another tab meanwhile is found, and no token is presented twice', async () => {
    const { server, clock, store, outcome, open } = await start()
    const other = open({ store })
    expect([await outcome(), await other.outcome()]).toEqual(['200', '200'])
    server.expireAccessTokens()
    store.fail('read', 'rejects', 1)
    expect(await outcome()).toBe('refresh-unavailable')
    expect(await other.outcome()).toBe('200')
    await clock.advance(60_000)
    expect(await outcome()).toBe('200')
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('SG-03: what cannot be stored any more is kept in memory, and reported once', async () => {
    const { server, store, client, outcome } = await start()
    const failures: unknown[] = []
    client.session.on('store-failed', event => void failures.push(event))
    store.fail('compareAndSet', 'rejects')
    for (let round = 0; round < 3; round += 1) {
      server.expireAccessTokens()
      expect(await outcome()).toBe('200')
    }
    expect([server.refreshes, server.reuses, client.session.getSnapshot().generation]).toEqual([3, 0, 3])
    expect(failures).toMatchObject([{ type: 'store-failed', operation: 'write' }])
  })

  test('RF-08: what could not be stored is, once the store works again', async () => {
    const { server, store, outcome, open } = await start()
    store.fail('compareAndSet', 'rejects')
    server.expireAccessTokens()
    expect(await outcome()).toBe('200')
    store.mend()
    server.expireAccessTokens()
    expect(await outcome()).toBe('200')
    expect(await open({ store }).outcome()).toBe('200')
    expect(server.reuses).toBe(0)
  })

  test.each([null, { nothing: 'of ours' }, 'text', { version: 'x' }])(
    'SG-03, SG-04: overwritten with %j: nobody is signed in, by name of a sign-out, and a sign-in goes on from there',
    async content => {
      const { server, store, wake, client, clock, outcome, logins } = await start()
      await outcome()
      store.content = content
      wake.wake()
      await clock.settle()
      expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
      expect(logins).toEqual([])
      await client.session.signIn({ ...server.issue('alice'), subject: 'alice' })
      expect(await outcome()).toBe('200')
    },
  )

  test('SG-04: a store that the browser had cleared before the start means signed out', async () => {
    const world = await createTimedWorld()
    const tab = world.open({ store: createScriptedStore() })
    expect(await tab.client.session.ready()).toMatchObject({ status: 'signed-out', endReason: null })
    expect(await tab.askedForLogin()).toBe(0)
    expect(await tab.outcome()).toBe('401')
    expect(await tab.askedForLogin()).toBe(1)
  })
})
