import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SessionStore } from '../../src/session/session-store.ts'
import { sharedMemoryStore } from '../../src/stores/shared-memory.ts'
import { createTestWorker, type TestWorker } from '../support/shared-worker.ts'
import { recordOf, removeContract, storeContract } from './store-contract.ts'

/** Pages of one origin, each with a store of its own. */
const make = () => {
  let worker: TestWorker | undefined
  const open = () => {
    worker ??= createTestWorker()
    return sharedMemoryStore({ worker: worker.connect })
  }
  return { open }
}
storeContract('sharedMemoryStore', make)
removeContract('sharedMemoryStore', make)

const withoutWorker = () =>
  sharedMemoryStore({
    worker: () => {
      throw new ReferenceError('SharedWorker is not defined')
    },
  })
storeContract('sharedMemoryStore without a worker', () => {
  const store = withoutWorker()
  return { open: () => store }
})

/** The listeners of the page, as it unloads or enters the back-forward cache. */
const stubPage = () => {
  const listeners = new Set<() => void>()
  vi.stubGlobal('addEventListener', (_type: string, listener: () => void) => void listeners.add(listener))
  vi.stubGlobal('removeEventListener', (_type: string, listener: () => void) => void listeners.delete(listener))
  return listeners
}

/** Everything that was posted before has arrived, there and back. */
const settled = (store: SessionStore) => store.read('settled')

describe('A store in the memory of a SharedWorker', () => {
  let worker: TestWorker
  let open: () => SessionStore
  beforeEach(() => {
    worker = createTestWorker()
    open = () => sharedMemoryStore({ worker: worker.connect })
  })

  test('connects at the first use and not before, and once', async () => {
    const store = open()
    expect(worker.connections).toBe(0)
    await Promise.all([store.read('main'), store.overwrite('main', recordOf('a'))])
    expect(worker.connections).toBe(1)
  })

  test('is disconnected when the last client of the page that watches it is disposed of, after pending results', async () => {
    const { port } = worker.connect()
    const close = vi.spyOn(port, 'close')
    let isTaken = false
    const connect = () => {
      if (isTaken) return worker.connect()
      isTaken = true
      return { port, onerror: null } as unknown as SharedWorker
    }
    const store = sharedMemoryStore({ worker: connect })
    const stops = [store.watch?.('main', () => {}), store.watch?.('main', () => {})]
    await store.overwrite('main', recordOf('a'))
    stops[0]?.()
    const pending = store.read('main')
    stops[1]?.()
    expect(close).not.toHaveBeenCalled()
    expect((await pending)?.revision).toBe('a')
    expect(close).toHaveBeenCalledOnce()
    expect(port.onmessage).toBeNull()
    expect((await store.read('main'))?.revision).toBe('a')
  })

  test('does not stay connected by a write that comes after the client was disposed of', async () => {
    const ports: MessagePort[] = []
    const store = sharedMemoryStore({
      worker: () => {
        const connected = worker.connect()
        vi.spyOn(connected.port, 'close')
        ports.push(connected.port)
        return connected
      },
    })
    store.watch?.('main', () => {})()
    await store.overwrite('main', recordOf('a'))
    expect(ports).toHaveLength(1)
    expect(ports[0]?.close).toHaveBeenCalledOnce()
  })

  test('notifies the other pages that watch a name of a change, and not the page that made it', async () => {
    const [writer, reader] = [open(), open()]
    const told: string[] = []
    writer.watch?.('main', () => void told.push('writer'))
    const stop = reader.watch?.('main', () => void told.push('reader'))
    reader.watch?.('other', () => void told.push('other name'))
    await settled(reader)
    await writer.overwrite('main', recordOf('a'))
    await writer.compareAndSet('main', 'a', recordOf('b'))
    await writer.compareAndSet('main', 'a', recordOf('c'))
    await writer.remove?.('main', 'b')
    await settled(reader)
    expect(told).toEqual(['reader', 'reader', 'reader'])
    stop?.()
    await writer.overwrite('main', recordOf('d'))
    await settled(reader)
    expect(told).toHaveLength(3)
  })

  test('returns copies: a page cannot change what another one reads', async () => {
    const record = recordOf('a', { credentials: { accessToken: 'one' } })
    await open().overwrite('main', record)
    ;(record.credentials as { accessToken: string }).accessToken = 'two'
    const read = await open().read('main')
    expect(read?.credentials).toEqual({ accessToken: 'one' })
  })

  test('connects again after a stay in the back-forward cache, and gets no messages while it is there', async () => {
    const page = new EventTarget()
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    const store = open()
    const told = vi.fn()
    store.watch?.('main', told)
    await store.overwrite('main', recordOf('a'))
    page.dispatchEvent(new Event('pagehide'))
    const other = open()
    await other.overwrite('main', recordOf('b'))
    await settled(other)
    expect([worker.connections, told.mock.calls.length]).toEqual([2, 0])
    expect(await store.read('main')).toEqual(recordOf('b'))
    await other.overwrite('main', recordOf('c'))
    await settled(store)
    expect([worker.connections, told.mock.calls.length]).toEqual([3, 1])
  })

  test('sends nothing more to a page that has left', async () => {
    const [leaving, other] = [open(), open()]
    const stop = leaving.watch?.('main', () => {})
    await leaving.overwrite('main', recordOf('a'))
    const [port] = worker.ports
    const send = vi.spyOn(port as MessagePort, 'postMessage')
    await other.overwrite('main', recordOf('b'))
    expect(send).toHaveBeenCalledOnce()
    stop?.()
    await settled(other)
    await other.overwrite('main', recordOf('c'))
    expect(send).toHaveBeenCalledOnce()
  })

  test('leaves no listener on the page when its last client is disposed of', async () => {
    const page = stubPage()
    const store = open()
    const stop = store.watch?.('main', () => {})
    await store.overwrite('main', recordOf('a'))
    expect(page.size).toBe(1)
    stop?.()
    expect(page.size).toBe(0)
  })

  test('says that it is shared where there are SharedWorkers, and shows no record to code that prints it', async () => {
    vi.stubGlobal('SharedWorker', undefined)
    expect(open().shared).toBe(false)
    vi.stubGlobal('SharedWorker', class {})
    const store = open()
    await store.overwrite('main', recordOf('a'))
    expect(JSON.stringify(store)).toBe('{"shared":true}')
  })
})

describe('Without a worker, the store', () => {
  test('is a memory of its own in each tab, and the console says so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubGlobal('document', {})
    const store = withoutWorker()
    await store.overwrite('main', recordOf('a'))
    expect(await store.read('main')).toEqual(recordOf('a'))
    expect(await withoutWorker().read('other')).toBeNull()
    const said =
      'latchkey: sharedMemoryStore() has no worker (ReferenceError: SharedWorker is not defined), so this tab does not share its session.'
    expect(warn.mock.calls).toEqual([[said], [said]])
  })

  test('removes no record, since a write to its own memory never fails', async () => {
    const store = withoutWorker()
    await store.overwrite('main', recordOf('a'))
    expect(await store.remove?.('main', 'a')).toBe(false)
    expect(await store.read('main')).toEqual(recordOf('a'))
  })

  test('says nothing on a server, where there never is one', async () => {
    const warn = vi.spyOn(console, 'warn')
    expect(await withoutWorker().read('main')).toBeNull()
    expect(warn).not.toHaveBeenCalled()
  })

  test('runs the calls that waited for a script that cannot be loaded in memory, in their order', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubGlobal('document', {})
    const dead = { port: { postMessage: () => {} }, onerror: null as (() => void) | null }
    const worker = vi.fn(() => dead as unknown as SharedWorker)
    const store = sharedMemoryStore({ worker })
    const told = vi.fn()
    const stop = store.watch?.('main', told)
    const written = [
      store.overwrite('main', recordOf('a')),
      store.compareAndSet('main', 'a', recordOf('b')),
      store.compareAndSet('main', 'a', recordOf('c')),
    ]
    dead.onerror?.()
    expect(await Promise.all(written)).toEqual([undefined, true, false])
    expect(await store.read('main')).toEqual(recordOf('b'))
    expect([worker.mock.calls.length, warn.mock.calls.length, told.mock.calls.length]).toEqual([1, 1, 2])
    stop?.()
    await store.overwrite('main', recordOf('c'))
    expect(told).toHaveBeenCalledTimes(2)
  })

  test('does not look for a worker again after a stay in the back-forward cache: its session is in memory', async () => {
    const page = stubPage()
    const dead = { port: { postMessage: () => {} }, onerror: null as (() => void) | null }
    const worker = vi.fn(() => dead as unknown as SharedWorker)
    const store = sharedMemoryStore({ worker })
    const written = store.overwrite('main', recordOf('a'))
    dead.onerror?.()
    await written
    for (const leave of page) leave()
    expect(await store.read('main')).toEqual(recordOf('a'))
    expect(worker).toHaveBeenCalledOnce()
  })

  test('does not replace a worker that has responded: an error of other code in its file changes nothing', async () => {
    const worker = createTestWorker()
    const connected = worker.connect()
    const store = sharedMemoryStore({ worker: () => connected })
    await store.overwrite('main', recordOf('a'))
    connected.onerror?.(new Event('error') as ErrorEvent)
    expect(await sharedMemoryStore({ worker: worker.connect }).read('main')).toEqual(recordOf('a'))
    expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(true)
    expect((await sharedMemoryStore({ worker: worker.connect }).read('main'))?.revision).toBe('b')
  })
})

test('A store without a function that makes the worker is rejected with the name of the option', () => {
  expect(() => sharedMemoryStore({} as never)).toThrow('`worker`')
  expect(() => (sharedMemoryStore as (options?: object) => SessionStore)()).toThrow('`worker`')
})
