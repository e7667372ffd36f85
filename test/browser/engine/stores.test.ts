import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { indexedDbStore } from '../../../src/stores/indexed-db.ts'
import { asSessionStore } from '../../../src/stores/key-value.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { webStorageStore } from '../../../src/stores/web-storage.ts'
import { garbageContract, recordOf, type StoreUnderTest, storeContract } from '../../contracts/store-contract.ts'

const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

storeContract('memoryStore', () => {
  const store = memoryStore()
  return { open: () => store }
})

describe('the real IndexedDB', () => {
  let count = 0
  const make = (): Required<StoreUnderTest> => {
    count += 1
    const databaseName = `contract-${count}`
    return {
      open: () => indexedDbStore({ databaseName }),
      putInstead: async (name, value) => {
        const database = await settled(indexedDB.open(databaseName))
        await settled(database.transaction('sessions', 'readwrite').objectStore('sessions').put(value, name))
        database.close()
      },
    }
  }
  afterEach(async () => {
    // Also proves that our own connections let the deletion through.
    for (const { name } of (await indexedDB.databases?.()) ?? [])
      if (name) await settled(indexedDB.deleteDatabase(name))
  })
  storeContract('indexedDbStore', make)
  garbageContract('indexedDbStore', make)

  test('a store whose database was deleted under it finds nothing, and writes again (SG-04)', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    await settled(indexedDB.deleteDatabase('latchkey'))
    expect(await store.compareAndSet('main', 'a', recordOf('b'))).toBe(false)
    expect(await store.compareAndSet('main', null, recordOf('b'))).toBe(true)
    expect(await indexedDbStore().read('main')).toEqual(recordOf('b'))
  })

  test('another version may upgrade the database under a store at once', async () => {
    const store = indexedDbStore()
    await store.overwrite('main', recordOf('a'))
    const blocked = vi.fn()
    const upgrade = indexedDB.open('latchkey', 9)
    upgrade.onblocked = blocked
    const later = await settled(upgrade)
    expect(await store.read('main')).toEqual(recordOf('a'))
    expect(blocked).not.toHaveBeenCalled()
    later.close()
  })

  test('a store blocked by somebody fails at once, and comes back when he is gone (SG-03)', async () => {
    const blocking = await settled(indexedDB.open('latchkey', 3))
    const store = indexedDbStore()
    await expect(store.read('main')).rejects.toThrow('blocked')
    await expect(store.overwrite('main', recordOf('a'))).rejects.toThrow('blocked')
    blocking.close()
    await vi.waitFor(async () => expect(await store.compareAndSet('main', null, recordOf('a'))).toBe(true))
  })
})

describe('the real localStorage', () => {
  beforeEach(() => {
    localStorage.clear()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.setTimerTickMode('nextTimerAsync')
  })
  afterEach(() => void vi.useRealTimers())
  const make = (): Required<StoreUnderTest> => ({
    open: () => webStorageStore(),
    putInstead: (name, value) =>
      localStorage.setItem(
        `latchkey:${name}:${localStorage.getItem(`latchkey:${name}:current`)}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ),
  })
  storeContract('webStorageStore', make)
  garbageContract('webStorageStore', make)

  test('asSessionStore knows localStorage, and gives it the waits it needs', async () => {
    const store = asSessionStore(localStorage)
    expect(store.lagMs).toBe(250)
    await store.overwrite('main', recordOf('a'))
    expect(await webStorageStore().read('main')).toEqual(recordOf('a'))
  })
})
