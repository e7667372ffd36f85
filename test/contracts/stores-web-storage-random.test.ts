import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { storageStore } from '../../src/stores/web-storage.ts'
import { createLaggingStorage } from './lagging-storage.ts'
import { recordOf } from './store-contract.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** mulberry32: the same numbers for the same seed. */
const createRandom = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Three tabs refresh, and now and then one signs out and in, at random moments; answers whose writes counted. */
const runHistory = async (seed: number) => {
  const random = createRandom(seed)
  const storage = createLaggingStorage(80)
  const builtOn: string[] = []
  let writes = 0
  const pause = (upToMs: number) => new Promise(resolve => setTimeout(resolve, random() * upToMs))
  const live = async () => {
    const tab = storage.openTab()
    const store = storageStore(() => tab)
    for (let step = 0; step < 12; step += 1) {
      await pause(200)
      const seen = await store.read('main')
      await pause(40)
      writes += 1
      const next = recordOf(`${writes}`)
      if (random() < 0.1) await store.overwrite('main', next)
      else if (await store.compareAndSet('main', seen?.revision ?? null, next))
        builtOn.push(seen?.revision ?? 'nothing')
    }
  }
  const lives = Promise.all([live(), live(), live()])
  await vi.advanceTimersByTimeAsync(30_000)
  await lives
  return { builtOn, keys: [...storage.settled.keys()] }
}

test.each(Array.from({ length: 100 }, (_, seed) => seed))(
  'Over web storage no revision has two successors, and no record is skipped (seed %i)',
  async seed => {
    const { builtOn, keys } = await runHistory(seed)
    expect(builtOn.length).toBeGreaterThan(0)
    expect(builtOn).toEqual([...new Set(builtOn)])
    expect(keys).toHaveLength(2)
  },
)
