import { forceCloseDatabase, IDBDatabase, IDBFactory, IDBObjectStore, IDBTransaction } from 'fake-indexeddb'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { indexedDbStore } from '../../src/stores/indexed-db.ts'
import { garbageContract, recordOf, removeContract, type StoreUnderTest, storeContract } from './store-contract.ts'

const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

const make = (): Required<StoreUnderTest> => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  return {
    open: () => indexedDbStore(),
    putInstead: async (name, value) => {
      const database = await settled(indexedDB.open('latchkey'))
      await settled(database.transaction('sessions', 'readwrite').objectStore('sessions').put(value, name))
      database.close()
    },
  }
}
storeContract('indexedDbStore', make)
removeContract('indexedDbStore', make)
garbageContract('indexedDbStore', make)

test('A store in IndexedDB is shared by all tabs', () => {
  expect(indexedDbStore().shared).toBe(true)
})

describe('the connection', () => {
  /** Every database that was opened, ours too, in order. */
  let opened: IDBDatabase[]
  let afterOpening: (database: IDBDatabase) => void
  const open = vi.fn<IDBFactory['open']>()
  beforeEach(() => {
    const factory = new IDBFactory()
    opened = []
    afterOpening = () => {}
    open.mockReset().mockImplementation((...target) => {
      const request = factory.open(...target)
      request.addEventListener('success', () => {
        opened.push(request.result)
        afterOpening(request.result)
      })
      return request
    })
    vi.stubGlobal('indexedDB', { open, deleteDatabase: factory.deleteDatabase.bind(factory) })
  })
  const nextOf = (target: EventTarget, type: string) => new Promise(resolve => target.addEventListener(type, resolve))

  test('is opened at the first call and not before, and used by all that follow', async () => {
    const store = indexedDbStore()
    expect(open).not.toHaveBeenCalled()
    await Promise.all([store.read('main'), store.read('other'), store.overwrite('main', recordOf('a'))])
    await store.compareAndSet('main', 'a', recordOf('b'))
    expect(open).toHaveBeenCalledTimes(1)
    expect(open.mock.calls[0]?.[0]).toBe('latchkey')
  })

  test('is one for all stores of a page, since an open connection is never collected', async () => {
    const stores = Array.from({ length: 5 }, () => indexedDbStore())
    await Promise.all(stores.map(store => store.read('main')))
    await indexedDbStore({ databaseName: 'tenant' }).read('main')
    expect(open.mock.calls.map(([name]) => name)).toEqual(['latchkey', 'tenant'])
  })

  test('opens the database that the app named', async () => {
    const store = indexedDbStore({ databaseName: 'tenant' })
    await store.overwrite('main', recordOf('a'))
    expect(await indexedDbStore().read('main')).toBeNull()
    expect(await indexedDbStore({ databaseName: 'tenant' }).read('main')).toEqual(recordOf('a'))
    expect(await indexedDbStore({ databaseName: undefined }).read('main')).toBeNull()
  })

  test('lets another version upgrade at once, and continues in the upgraded database', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    const upgrade = open('latchkey', 7)
    const blocked = vi.fn()
    upgrade.onblocked = blocked
    upgrade.onupgradeneeded = () => upgrade.result.createObjectStore('of-version-seven')
    const later = await settled(upgrade)
    expect(blocked).not.toHaveBeenCalled()
    expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(true)
    expect(later.version).toBe(7)
    expect([...(opened.at(-1)?.objectStoreNames ?? [])]).toEqual(['of-version-seven', 'sessions'])
  })

  test('lets the database be deleted at once, and then finds nothing (SG-04)', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    const blocked = vi.fn()
    const deletion = indexedDB.deleteDatabase('latchkey')
    deletion.onblocked = blocked
    await settled(deletion)
    expect(blocked).not.toHaveBeenCalled()
    expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(false)
    expect(await store.read('main')).toBeNull()
  })

  test('is opened again when the browser closed it (SG-03)', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    const [first] = opened
    if (!first) throw new Error('nothing was opened')
    const closed = nextOf(first, 'close')
    forceCloseDatabase(first as never)
    await closed
    expect(await store.read('main')).toEqual(recordOf('a'))
    expect(open).toHaveBeenCalledTimes(2)
  })

  test('is opened again, once, for all calls that found it closed (SG-03)', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    opened[0]?.close()
    const answers = await Promise.all([
      store.compareAndSet('main', 'a', recordOf('b')),
      store.compareAndSet('main', 'b', recordOf('c')),
      store.read('main'),
    ])
    expect(answers).toEqual([true, true, recordOf('c')])
    expect(open).toHaveBeenCalledTimes(2)
  })

  test('is not retried for ever: closed twice during one call, that call fails and the next succeeds', async () => {
    const store = indexedDbStore()
    afterOpening = database => database.close()
    await expect(store.read('main')).rejects.toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    expect(open).toHaveBeenCalledTimes(2)
    afterOpening = () => {}
    expect(await store.read('main')).toBeNull()
  })

  test('makes its object store in a database of that name that has none, and keeps the rest', async () => {
    const request = open('latchkey', 3)
    request.onupgradeneeded = () => request.result.createObjectStore('of-the-app')
    ;(await settled(request)).close()
    const stores = [indexedDbStore(), indexedDbStore()]
    await Promise.all(stores.map((store, index) => store.overwrite(`of-${index}`, recordOf(`${index}`))))
    expect(await stores[0]?.read('of-1')).toEqual(recordOf('1'))
    expect([...(opened.at(-1)?.objectStoreNames ?? [])]).toEqual(['of-the-app', 'sessions'])
    expect(opened.at(-1)?.version).toBe(4)
  })

  test('fails at once while another connection blocks it, and works again afterwards (SG-03)', async () => {
    const request = open('latchkey', 3)
    const blocking = await settled(request)
    const store = indexedDbStore()
    await expect(store.read('main')).rejects.toThrow('IndexedDB is blocked by another tab')
    const asked = open.mock.calls.length
    await expect(store.overwrite('main', recordOf('a'))).rejects.toThrow('IndexedDB is blocked by another tab')
    expect(open).toHaveBeenCalledTimes(asked)
    const ours = nextOf(open.mock.results.at(-1)?.value, 'success')
    blocking.close()
    await ours
    expect(() => opened.at(-1)?.transaction('sessions')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    expect(await store.compareAndSet('main', null, recordOf('a'))).toBe(true)
  })

  test.each([
    ['is absent', undefined],
    [
      'throws',
      {
        open: () => {
          throw new DOMException('', 'SecurityError')
        },
      },
    ],
  ])('where IndexedDB %s the call fails, and a later call succeeds when it is there (SG-03)', async (_, missing) => {
    const real = indexedDB
    vi.stubGlobal('indexedDB', missing)
    const store = indexedDbStore()
    await expect(store.read('main')).rejects.toThrow()
    await expect(store.compareAndSet('main', null, recordOf('a'))).rejects.toThrow()
    vi.stubGlobal('indexedDB', real)
    expect(await store.compareAndSet('main', null, recordOf('a'))).toBe(true)
  })

  test('remembers no failure to open (SG-03)', async () => {
    const store = indexedDbStore()
    open.mockImplementationOnce(() => {
      const request = new EventTarget() as IDBOpenDBRequest
      Object.assign(request, { error: new DOMException('', 'UnknownError') })
      setImmediate(() => request.onerror?.(new Event('error')))
      return request
    })
    await expect(store.read('main')).rejects.toThrow(expect.objectContaining({ name: 'UnknownError' }))
    expect(await store.read('main')).toBeNull()
  })
})

describe('a write', () => {
  beforeEach(() => void vi.stubGlobal('indexedDB', new IDBFactory()))

  test('counts when its transaction is complete, not before: one aborted after the put is a failure', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    const put = IDBObjectStore.prototype.put
    const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given) {
      const request = put.apply(this, given)
      request.addEventListener('success', () => this.transaction.abort())
      return request
    })
    await expect(store.compareAndSet('main', 'a', recordOf('b'))).rejects.toBeDefined()
    // A committed transaction can no longer be aborted from here, but still by a full disk.
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(() => {})
    await expect(store.overwrite('main', recordOf('b'))).rejects.toBeDefined()
    spy.mockRestore()
    expect(await store.read('main')).toEqual(recordOf('a'))
  })

  test('over any record is requested and committed in one task, since the page may be left', async () => {
    const store = indexedDbStore()
    await store.read('main')
    const calls: string[] = []
    const { get, put } = IDBObjectStore.prototype
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
      calls.push('get')
      return get.call(this, key)
    })
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      calls.push('put')
      return put.call(this, value, key)
    })
    const { commit } = IDBTransaction.prototype
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      calls.push('commit')
      commit.call(this)
    })
    const stored = store.overwrite('main', recordOf('a'))
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    expect(calls).toEqual(['get', 'put', 'commit'])
    expect(await stored).toBe(true)
    expect(await store.getAndSet?.('main', recordOf('b'))).toEqual(recordOf('a'))
  })

  test('over any record also succeeds where a transaction cannot be committed early (Safari before 15)', async () => {
    const { transaction } = IDBDatabase.prototype
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...given
    ) {
      return Object.assign(transaction.apply(this, given), { commit: undefined })
    })
    const store = indexedDbStore()
    expect(await store.overwrite('main', recordOf('a'))).toBe(true)
    expect(spy).toHaveBeenCalled()
    expect(await store.read('main')).toEqual(recordOf('a'))
  })

  test('over one of a newer release puts that back, and says what was there', async () => {
    const store = indexedDbStore()
    const newer = recordOf('newer', { version: 2 })
    await store.overwrite('main', newer)
    expect(await store.getAndSet?.('main', recordOf('a'))).toEqual(newer)
    expect(await store.read('main')).toEqual(newer)
  })

  test('is requested with strict durability', async () => {
    const store = indexedDbStore()
    await store.read('main')
    const transaction = vi.spyOn((await settled(indexedDB.open('latchkey'))).constructor.prototype, 'transaction')
    await store.overwrite('main', recordOf('a'))
    await store.compareAndSet('main', 'a', recordOf('b'))
    expect(transaction.mock.calls.map(([, mode, options]) => [mode, options])).toEqual([
      ['readwrite', { durability: 'strict' }],
      ['readwrite', { durability: 'strict' }],
    ])
  })
})
