import { expect, test, vi } from 'vitest'
import { sharedMemoryStore } from '../../../src/stores/shared-memory.ts'
import { recordOf, removeContract, storeContract } from '../../contracts/store-contract.ts'

const url = new URL('./session-worker.ts', import.meta.url)
let count = 0

/** A worker with nothing in its memory, and ways to it. */
const make = () => {
  count += 1
  const name = `contract-${count}`
  return { open: () => sharedMemoryStore({ worker: () => new SharedWorker(url, { type: 'module', name }) }) }
}
storeContract('sharedMemoryStore', make)
removeContract('sharedMemoryStore', make)

test('A store tells what watches it that another one has written', async () => {
  const { open } = make()
  const [writer, reader] = [open(), open()]
  const told = vi.fn()
  reader.watch?.('main', told)
  await reader.read('main')
  await writer.overwrite('main', recordOf('a'))
  await vi.waitFor(() => expect(told).toHaveBeenCalledOnce())
  expect(await reader.read('main')).toEqual(recordOf('a'))
})

test.each([
  ['is not there', () => new SharedWorker('/no-such-worker.js', { type: 'module' })],
  ['is no script', () => new SharedWorker(URL.createObjectURL(new Blob(['<!doctype html>'])), { type: 'module' })],
])('A store whose worker %s works in the memory of its tab, and says so', async (_, worker) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const store = sharedMemoryStore({ worker })
  await store.overwrite('main', recordOf('a'))
  expect(await store.read('main')).toEqual(recordOf('a'))
  expect(warn).toHaveBeenCalledOnce()
})
