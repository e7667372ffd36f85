import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SessionStore } from '../../src/session/session-store.ts'
import { sharedMemoryStore } from '../../src/stores/shared-memory.ts'
import { createTestWorker } from '../support/shared-worker.ts'
import { recordOf } from './store-contract.ts'

/** Everything that was posted before has arrived, there and back. */
const settled = (store: SessionStore) => store.read('settled')

describe('A worker that crashed', () => {
  /** A page connects to the worker of then, as `new SharedWorker()` does. */
  const start = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const workers = [createTestWorker()]
    const closed: MessagePort[] = []
    const open = () =>
      sharedMemoryStore({
        worker: () => {
          const connected = workers.at(-1)?.connect() as SharedWorker
          const { port } = connected
          vi.spyOn(port, 'close').mockImplementationOnce(() => void closed.push(port))
          return connected
        },
      })
    const crash = () => {
      workers.at(-1)?.crash()
      workers.push(createTestWorker())
    }
    return { open, crash, closed, connections: () => workers.map(({ connections }) => connections) }
  }
  const slow = { name: 'TimeoutError' }

  test('is replaced by another once a call has had no answer for five seconds, and its port is closed', async () => {
    const { open, crash, closed, connections } = start()
    const store = open()
    store.watch?.('main', () => {})
    await store.overwrite('main', recordOf('a'))
    crash()
    const lost = [store.read('main'), store.compareAndSet('main', 'a', recordOf('b'))]
    const failed = Promise.all(lost.map(call => expect(call).rejects.toMatchObject(slow)))
    await vi.advanceTimersByTimeAsync(4999)
    expect(connections()).toEqual([1, 0])
    await vi.advanceTimersByTimeAsync(1)
    await failed
    expect(closed).toHaveLength(1)
    // The memory is lost, and what a page still had of it is not written back (decision 44).
    expect(await store.read('main')).toBeNull()
    await store.overwrite('main', recordOf('c'))
    expect(await open().read('main')).toEqual(recordOf('c'))
    expect(connections()).toEqual([1, 2])
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is replaced for all pages, and each is told again what the others change', async () => {
    const { open, crash } = start()
    const [one, other] = [open(), open()]
    const told = vi.fn()
    other.watch?.('main', told)
    await Promise.all([settled(one), settled(other)])
    crash()
    const lost = Promise.all([one, other].map(store => expect(settled(store)).rejects.toMatchObject(slow)))
    await vi.advanceTimersByTimeAsync(5000)
    await lost
    await settled(other)
    await one.overwrite('main', recordOf('a'))
    await settled(other)
    // The first was for what it may have missed.
    expect(told).toHaveBeenCalledTimes(2)
  })

  test('is not asked again and again if it hangs from the start: what watches is told once', async () => {
    const { open, crash } = start()
    const store = open()
    const reads: Promise<unknown>[] = []
    const read = () => void reads.push(Promise.allSettled([store.read('main')]))
    store.watch?.('main', read)
    await settled(store)
    crash()
    vi.spyOn(MessagePort.prototype, 'postMessage').mockImplementation(() => {})
    read()
    read()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reads).toHaveLength(3)
  })
})

test('After a crash of the worker the session is over at the next refresh, and the next sign-in is one for all tabs again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  vi.stubGlobal('SharedWorker', class {})
  let worker = createTestWorker()
  const openTab = () => {
    const client = createClient({
      baseUrl: 'https://api.test/',
      store: sharedMemoryStore({ worker: () => worker.connect() }),
      refresh: async ({ refreshToken }) => ({ accessToken: `${refreshToken}+`, refreshToken: `${refreshToken}+` }),
    })
    onTestFinished(() => client.dispose())
    return client.session
  }
  /** As the promise settles, however long that takes. */
  const inTime = async (promise: Promise<unknown>) => {
    let settledAs: unknown
    promise.then(
      () => (settledAs = 'resolved'),
      (error: { readonly reason?: string }) => (settledAs = error.reason),
    )
    for (let waited = 0; settledAs === undefined && waited < 60_000; waited += 100)
      await vi.advanceTimersByTimeAsync(100)
    return settledAs
  }
  const [here, there] = [openTab(), openTab()]
  await inTime(here.signIn({ accessToken: 'a', refreshToken: 'a' }))
  await inTime(there.ready())
  worker.crash()
  worker = createTestWorker()
  expect(await inTime(here.refresh())).toBe('signed-out')
  await inTime(here.signIn({ accessToken: 'b', refreshToken: 'b' }))
  expect(await inTime(here.refresh())).toBe('resolved')
  expect(await inTime(here.getAccessToken())).toBe('resolved')
  const third = openTab()
  await inTime(third.ready())
  expect(await third.getAccessToken()).toBe('b+')
  let held: string | null = null
  for (let asked = 0; held !== 'b+' && asked < 200; asked += 1) {
    const token = there.getAccessToken()
    await inTime(token)
    await vi.advanceTimersByTimeAsync(100)
    held = await token.catch(() => null)
  }
  expect(held).toBe('b+')
})
