import { execFile } from 'node:child_process'
import { execPath } from 'node:process'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createClient, indexedDbStore, redirectTo, webStorageStore } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, outcomeOf, stageOrigin } from '../../support/stage.ts'

const reasonOf = (error: unknown) => error
const url = `${stageOrigin}/x`

/** Counts what is open, as the engine would. */
const countChannels = () => {
  let open = 0
  class CountedChannel {
    onmessage: unknown
    constructor() {
      open += 1
    }
    postMessage() {}
    close() {
      open -= 1
    }
  }
  vi.stubGlobal('BroadcastChannel', CountedChannel)
  return () => open
}

const createStorage = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

describe('making a client', () => {
  test('touches nothing: no store, no channel, no timer, no listener (LF-07)', () => {
    const open = countChannels()
    const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')]
    const touched = vi.fn()
    const store = { getItem: touched, setItem: touched }
    const refresh = vi.fn(async () => null)
    for (let time = 0; time < 2; time += 1) {
      createClient({
        baseUrl: stageOrigin,
        store,
        refresh: { refresh: refresh, ambient: true },
        onLoginRequired: redirectTo('/login'),
      })
      createClient({ store: indexedDbStore() })
      createClient({ store: webStorageStore() })
    }
    expect([open(), touched.mock.calls, refresh.mock.calls]).toEqual([0, [], []])
    for (const timer of timers) expect(timer).not.toHaveBeenCalled()
  })
})

describe('without a page', () => {
  test('a server’s program uses it, and ends although nothing was disposed (LF-07)', { timeout: 30_000 }, async () => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const program = new URL('../../support/server-program.ts', import.meta.url).pathname
    const { accessToken } = server.issue()
    const { stdout, stderr } = await promisify(execFile)(execPath, [program, server.origin, accessToken], {
      timeout: 20_000,
    })
    expect(stdout).toBe('signed-in 200\n'.repeat(3))
    expect(stderr).not.toMatch(/Error/)
  })

  test('a worker has one refresh for its requests, as a page has (LF-07)', { timeout: 30_000 }, async () => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const tokens = server.issue()
    server.expireAccessTokens()
    const worker = new Worker(new URL('../../support/worker-client.ts', import.meta.url), {
      workerData: { origin: server.origin, tokens },
    })
    onTestFinished(async () => void (await worker.terminate()))
    const answers = await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    expect([answers, server.refreshes]).toEqual([[200, 200, 200], 1])
  })
})

describe('dispose()', () => {
  test('undoes everything that use took up: channel, listeners, timers', async () => {
    const open = countChannels()
    const { client, clock, signIn, wakeListeners } = createStage({ store: createStorage() })
    await signIn()
    await client.fetch(url)
    expect([open(), wakeListeners()]).toEqual([1, 1])
    client.dispose()
    await clock.settle()
    expect([open(), wakeListeners(), clock.pendingTimers]).toEqual([0, 0, 0])
    client.dispose()
    expect([open(), wakeListeners()]).toEqual([0, 0])
  })

  test('rejects waiting requests; the refresh continues, and its tokens are kept', async () => {
    const { client, clock, signIn, refuseAll, refresh, refreshes, issue } = createStage()
    await signIn({ subject: 'alice' })
    refuseAll()
    const refreshed = createDeferred<ReturnType<typeof issue>>()
    refresh(() => refreshed.promise)
    const outcome = client.fetch(url).catch(reasonOf)
    await clock.settle()
    client.dispose()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect(refreshes[0]?.signal.aborted).toBe(false)
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.settle()
    expect(clock.pendingTimers).toBe(0)
    expect(await client.session.getAccessToken()).toBe('access-2')
  })

  test('requires no login, and ends no session', async () => {
    const { client, clock, signIn, logins } = createStage()
    await signIn()
    client.dispose()
    await clock.advance(60_000)
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test('can be followed by further use, which starts everything again', async () => {
    const open = countChannels()
    const { client, signIn, refuseAll, sends, refreshes, wakeListeners } = createStage({ store: createStorage() })
    await signIn()
    client.dispose()
    refuseAll()
    expect((await client.fetch(url)).status).toBe(200)
    expect([refreshes.length, sends.length]).toEqual([1, 2])
    expect([open(), wakeListeners()]).toEqual([1, 1])
    client.dispose()
    expect([open(), wakeListeners()]).toEqual([0, 0])
  })

  test('is not a method of derived instances, which share what it would close', () => {
    const { client } = createStage()
    expect('dispose' in client.extend({})).toBe(false)
    expect('dispose' in client.create()).toBe(false)
  })
})

describe('a framework that does everything twice', () => {
  test('starts an ambient session by one refresh: mounted, unmounted and mounted again', async () => {
    const { client, clock, refresh, refreshes, issue } = createStage({ strategy: { ambient: true } })
    const refreshed = createDeferred<ReturnType<typeof issue>>()
    refresh(() => refreshed.promise)
    void client.session.ready()
    await clock.settle()
    client.dispose()
    const ready = client.session.ready()
    await clock.settle()
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.advance(1000)
    expect(await ready).toMatchObject({ status: 'signed-in', subject: 'alice' })
    expect(refreshes).toHaveLength(1)
  })

  test('renews by one refresh, though a client was put away in the middle of it and another made', async () => {
    const store = createStorage()
    const first = createStage({ store, sessionName: 'twice' })
    await first.signIn({ subject: 'alice' })
    first.refuseAll()
    const refreshed = createDeferred<ReturnType<typeof first.issue>>()
    first.refresh(() => refreshed.promise)
    first.client.fetch(url).catch(() => {})
    await first.clock.settle()
    first.client.dispose()
    const second = createStage({ store, sessionName: 'twice', clock: first.clock })
    second.answer(({ token }) => new Response('', { status: token === 'access-2' ? 200 : 401 }))
    const again = second.client.fetch(url)
    await first.clock.settle()
    refreshed.resolve(first.issue({ subject: 'alice' }))
    for (let step = 0; step < 10; step += 1) await first.clock.advance(500)
    expect(await outcomeOf(again, first.clock)).toMatchObject({ status: 200 })
    expect([first.refreshes.length, second.refreshes.length]).toEqual([1, 0])
  })

  test('leaves nothing behind of a client that was made and never used', async () => {
    const open = countChannels()
    const { server } = await createServedClient()
    const make = () => createClient({ baseUrl: server.origin, store: createStorage() })
    make()
    const used = make()
    await used.session.signIn(server.issue())
    await used.get('api/x')
    used.dispose()
    expect(open()).toBe(0)
  })
})
