import { describe, expect, test } from 'vitest'
import { storedRecord } from '../../support/session-records.ts'
import { createKnown } from '../../support/store-sync-rig.ts'

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
