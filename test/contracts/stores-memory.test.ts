import { expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { recordOf, storeContract } from './store-contract.ts'

storeContract('memoryStore', () => {
  const store = memoryStore()
  return { open: () => store }
})

test('Two memory stores never share a record (SG-01)', () => {
  const one = memoryStore()
  one.overwrite('main', recordOf('a'))
  expect(memoryStore().read('main')).toBeNull()
})

test('A memory store returns at once, without a promise', () => {
  const store = memoryStore()
  expect(store.compareAndSet('main', null, recordOf('a'))).toBe(true)
  expect(store.overwrite('main', recordOf('b'))).toBeUndefined()
  expect(store.read('main')).toEqual(recordOf('b'))
})

test('A memory store notifies every watcher of a name of a write', () => {
  const store = memoryStore()
  const told: string[] = []
  const watch = (name: string, as: string) => store.watch?.(name, () => void told.push(as))
  const stop = watch('main', 'one')
  watch('main', 'two')
  watch('other', 'of another name')
  store.overwrite('main', recordOf('a'))
  store.compareAndSet('main', 'a', recordOf('b'))
  store.compareAndSet('main', 'a', recordOf('c'))
  expect(told).toEqual(['one', 'two', 'one', 'two'])
  stop?.()
  store.overwrite('main', recordOf('c'))
  expect(told.slice(4)).toEqual(['two'])
})

test('A memory store shows no record when it is printed (SG-01, HY-01)', () => {
  const store = memoryStore()
  store.overwrite('main', recordOf('a'))
  expect(JSON.stringify(store)).toBe('{"shared":false}')
})
