import { describe, expect, test } from 'vitest'
import { createStoreSync } from '../../../src/client/store-sync.ts'
import { createRefreshRig } from '../../support/refresh-rig.ts'
import { storedRecord } from '../../support/session-records.ts'
import { stubChannel } from '../../support/test-channel.ts'

/** Each read of the store takes 2 ms, and while it runs another hint arrives. */
const createFlooded = async () => {
  const channel = stubChannel()
  const rig = createRefreshRig()
  const freshness = createStoreSync({
    session: rig.session,
    name: 'main',
    clock: rig.clock,
    wake: rig.wake.port,
    refresher: rig.refresher,
    ageOf: () => 'good',
    strategy: {},
  })
  rig.store.content = storedRecord()
  await freshness.syncIfStale()
  const flood = { on: true, reads: 0 }
  const { read } = rig.store
  rig.store.read = async name => {
    flood.reads += 1
    await new Promise<void>(resolve => rig.clock.setTimer(resolve, 2))
    if (flood.on) channel.hint()
    return read(name)
  }
  channel.hint()
  return { ...rig, channel, freshness, flood }
}

const hasSettled = (promise: Promise<void> | undefined) => {
  const seen = { settled: promise === undefined }
  promise?.then(() => {
    seen.settled = true
  })
  return seen
}

describe('a tab that sends change messages without end', () => {
  test('keeps a request waiting for the read under way and one more', async () => {
    const { clock, freshness } = await createFlooded()
    await clock.settle()
    const waiting = hasSettled(freshness.syncIfStale())
    await clock.advance(3)
    expect(waiting.settled).toBe(false)
    await clock.advance(1)
    expect(waiting.settled).toBe(true)
  })

  test('keeps the next request waiting no longer than the first', async () => {
    const { clock, freshness } = await createFlooded()
    await clock.advance(101)
    const waiting = hasSettled(freshness.syncIfStale())
    await clock.advance(4)
    expect(waiting.settled).toBe(true)
  })

  test('leads to a complete read in the end, though no request waits any more', async () => {
    const { store, clock, freshness, flood, session } = await createFlooded()
    await clock.advance(20)
    store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
    flood.on = false
    await clock.advance(4)
    expect(session.state.status).toBe('signed-out')
    // The session that the messages name is in no record: it is looked for after 250 ms, 1 s and 4 s more.
    const { reads } = flood
    await clock.advance(60_000)
    expect(flood.reads).toBe(reads + 3)
    expect(freshness.syncIfStale()).toBeUndefined()
  })

  test('cannot make a closed client read', async () => {
    const { clock, freshness, flood } = await createFlooded()
    freshness.close()
    await clock.advance(2)
    const { reads } = flood
    await clock.advance(1000)
    expect(flood.reads).toBe(reads)
  })
})
