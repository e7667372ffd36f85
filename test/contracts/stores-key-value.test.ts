import { expect, onTestFinished, test, vi } from 'vitest'
import type { KeyValueStorage } from '../../src/session/session-store.ts'
import { asSessionStore, keyValueStore } from '../../src/stores/key-value.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { createDeferred } from '../support/deferred.ts'
import { garbageContract, recordOf, removeContract, type StoreUnderTest, storeContract } from './store-contract.ts'

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** Each as apps have it: in step, or as native bridges answer, late and never in step. */
const storages: Record<string, (values: Map<string, string>) => KeyValueStorage> = {
  'a sync storage': values => ({
    getItem: key => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
  }),
  'an async storage': values => ({
    getItem: async key => {
      await new Promise(setImmediate)
      return values.get(key)
    },
    setItem: async (key, value) => {
      await new Promise(setImmediate)
      values.set(key, value)
    },
  }),
}

for (const [name, storageOver] of Object.entries(storages)) {
  const make = (): Required<StoreUnderTest> => {
    const values = new Map<string, string>()
    const storage = storageOver(values)
    return {
      open: () => keyValueStore(storage),
      putInstead: (of, value) => void values.set(`latchkey:${of}`, asText(value)),
    }
  }
  storeContract(`keyValueStore over ${name}`, make)
  removeContract(`keyValueStore over ${name}`, make)
  garbageContract(`keyValueStore over ${name}`, make)
}

test('A storage that throws rejects that call, and the next one succeeds (SG-03)', async () => {
  const values = new Map<string, string>()
  let full = true
  const store = keyValueStore({
    getItem: key => values.get(key),
    setItem: (key, value) => {
      if (full) throw new DOMException('', 'QuotaExceededError')
      values.set(key, value)
    },
  })
  await expect(store.overwrite('main', recordOf('a'))).rejects.toThrow(
    expect.objectContaining({ name: 'QuotaExceededError' }),
  )
  full = false
  expect(await store.compareAndSet('main', null, recordOf('b'))).toBe(true)
  expect(await store.read('main')).toEqual(recordOf('b'))
})

test.each(['getItem', 'setItem'] as const)(
  'A call of %s that the storage never answers holds up the others for five seconds, and writes no more',
  async lost => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const values = new Map<string, string>()
    const bridge = createDeferred()
    let loses = false
    const answered = async (call: string) => {
      if (!loses || call !== lost) return
      loses = false
      await bridge.promise
    }
    const store = keyValueStore({
      async getItem(key) {
        const found = values.get(key)
        await answered('getItem')
        return found
      },
      async setItem(key, value) {
        await answered('setItem')
        if (lost === 'getItem' || !value.includes('"lost"')) values.set(key, value)
      },
    })
    await store.overwrite('main', recordOf('a'))
    loses = true
    const late = store.compareAndSet('main', 'a', recordOf('lost'))
    const signOut = store.overwrite('main', recordOf('out', { credentials: null }))
    const found = store.read('main')
    await vi.advanceTimersByTimeAsync(4999)
    expect(values.get('latchkey:main')).toContain('"a"')
    await vi.advanceTimersByTimeAsync(1)
    await signOut
    expect(await found).toMatchObject({ revision: 'out' })
    bridge.resolve()
    await late
    expect(await store.read('main')).toMatchObject({ revision: 'out' })
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
  },
)

test('A compare-and-set resolves only when the storage has the record', async () => {
  const written = createDeferred()
  const store = keyValueStore({ getItem: () => null, setItem: () => written.promise })
  const steps: string[] = []
  const answer = Promise.resolve(store.compareAndSet('main', null, recordOf('a'))).then(() => steps.push('answered'))
  await new Promise(setImmediate)
  steps.push('written')
  written.resolve()
  await answer
  expect(steps).toEqual(['written', 'answered'])
})

test('A record is removed by `removeItem` where there is one, and otherwise by an empty text, which needs no space', async () => {
  const values = new Map<string, string>()
  const storage: KeyValueStorage = { getItem: key => values.get(key), setItem: (key, value) => values.set(key, value) }
  const store = keyValueStore(storage)
  await store.overwrite('main', recordOf('a'))
  expect(await store.remove?.('main', 'a')).toBe(true)
  expect([...values.values()]).toEqual([''])
  await store.overwrite('main', recordOf('a'))
  storage.removeItem = key => values.delete(key)
  expect(await store.remove?.('main', 'a')).toBe(true)
  expect(values.size).toBe(0)
})

test('A storage that cannot be read is no obstacle to a sign-out', async () => {
  const values = new Map<string, string>()
  const unreadable = () => Promise.reject(new Error('locked'))
  const store = keyValueStore({ getItem: unreadable, setItem: (key, value) => values.set(key, value) })
  await store.overwrite('main', recordOf('out'))
  expect(values.size).toBe(1)
  await expect(store.compareAndSet('main', null, recordOf('b'))).rejects.toThrow('locked')
})

test('A storage is not touched before the first call', () => {
  const untouchable = new Proxy({} as KeyValueStorage, {
    get: () => {
      throw new Error('touched')
    },
  })
  expect(() => asSessionStore(untouchable)).not.toThrow()
})

test('asSessionStore returns a store that has compareAndSet as it is', () => {
  const store = memoryStore()
  expect(asSessionStore(store)).toBe(store)
})

test('asSessionStore adds compareAndSet to a storage that has only getItem and setItem', async () => {
  const values = new Map<string, string>()
  const store = asSessionStore({ getItem: key => values.get(key), setItem: (key, value) => values.set(key, value) })
  await store.overwrite('main', recordOf('a'))
  expect([...values]).toEqual([['latchkey:main', JSON.stringify(recordOf('a'))]])
  expect(store.shared).toBe(true)
})
