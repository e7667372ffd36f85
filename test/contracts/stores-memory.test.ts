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

test('A memory store answers at once, without a promise', () => {
  const store = memoryStore()
  expect(store.compareAndSet('main', null, recordOf('a'))).toBe(true)
  expect(store.overwrite('main', recordOf('b'))).toBeUndefined()
  expect(store.read('main')).toEqual(recordOf('b'))
})

test('A memory store shows no record to who prints it (SG-01, HY-01)', () => {
  const store = memoryStore()
  store.overwrite('main', recordOf('a'))
  expect(JSON.stringify(store)).toBe('{"shared":false}')
})
