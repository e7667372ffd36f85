import { describe, expect, test } from 'vitest'
import { createStoreSync } from '../../../src/client/store-sync.ts'
import { createAudienceAge } from '../../../src/session/audience.ts'
import { createRefreshRig, type RefreshRigOptions } from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { stubChannel } from '../../support/test-channel.ts'

const create = (options: RefreshRigOptions = {}) => {
  const channel = stubChannel()
  const rig = createRefreshRig(options)
  const freshness = createStoreSync({
    session: rig.session,
    name: 'main',
    clock: rig.clock,
    wake: rig.wake.port,
    refresher: rig.refresher,
    ageOf: () => createAudienceAge({ maxMs: 30_000, share: 1 }, rig.clock)(rig.session.state),
    strategy: { ambient: options.ambient },
  })
  const reads = () => rig.store.calls.filter(call => call === 'read').length
  return { ...rig, channel, freshness, reads }
}

/** Alice found in the store, and known. */
const createKnown = async (options?: RefreshRigOptions) => {
  const rig = create(options)
  rig.store.content = storedRecord({ credentials: credentialsOf({ lifetimeMs: 300_000, sentAt: rig.clock.wallMs() }) })
  await rig.freshness.syncIfStale()
  return rig
}

const over = () => storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })

// A page that is left posts its hint, and its write comes later.
describe('a hint that comes before its write', () => {
  test('promise 12: is read again if a message came before what it tells of, at the next send at the latest', async () => {
    const { store, channel, freshness, session } = await createKnown()
    channel.hint('over')
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-in')
    store.content = over()
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-out')
  })

  test.each([
    [0, 250],
    [1000, 1250],
    [5000, 5250],
  ])('promise 12: the same without a send, written after %i ms: is seen after %i ms', async (writtenMs, seenMs) => {
    const { store, channel, clock, session, reads, freshness } = await createKnown()
    channel.hint('over')
    await clock.settle()
    await clock.advance(writtenMs)
    store.content = over()
    await clock.advance(seenMs - writtenMs - 1)
    expect(session.state.status).toBe('signed-in')
    await clock.advance(1)
    expect(session.state.status).toBe('signed-out')
    const before = reads()
    await clock.advance(60_000)
    expect([reads(), freshness.syncIfStale(), clock.pendingTimers]).toEqual([before, undefined, 0])
  })

  // A page was left as soon as the user had signed out there, and another tab stored its refresh before that sign-out.
  test('promise 12: the same if a message of the session that is still stored comes in between', async () => {
    const { store, channel, clock, session } = await createKnown()
    channel.hint('over')
    await clock.settle()
    channel.hint(storedRecord().sessionId)
    await clock.settle()
    store.content = over()
    await clock.advance(250)
    expect(session.state.status).toBe('signed-out')
  })

  test('is not looked for after closing, and once more at most when it is there', async () => {
    const { store, channel, clock, reads, freshness } = await createKnown()
    channel.hint('over')
    await clock.settle()
    store.content = over()
    channel.hint('over')
    await clock.settle()
    const known = reads()
    await clock.advance(60_000)
    expect([reads(), clock.pendingTimers]).toEqual([known + 1, 0])
    channel.hint('another')
    await clock.settle()
    freshness.close()
    const before = reads()
    await clock.advance(60_000)
    expect([reads(), clock.pendingTimers]).toEqual([before, 0])
  })
})
