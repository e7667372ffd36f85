import { describe, expect, test, vi } from 'vitest'
import { createScriptedStore, type ScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { createKnown, createStoreSyncRig } from '../../support/store-sync-rig.ts'

const over = () => storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
const hide = (hidden = true) =>
  vi.stubGlobal('document', { visibilityState: hidden ? 'hidden' : 'visible', addEventListener: () => {} })

describe('the state that this page has read', () => {
  test('is read before the first use, and then used at once', async () => {
    const { freshness, session, reads } = await createKnown()
    expect(session.state.status).toBe('signed-in')
    expect(freshness.syncIfStale()).toBeUndefined()
    expect(reads()).toBe(1)
  })

  test('is read once for many requests at the same time', async () => {
    const { freshness, reads } = createStoreSyncRig()
    await Promise.all(Array.from({ length: 100 }, () => freshness.syncIfStale()))
    expect(reads()).toBe(1)
  })

  test('SG-05, promise 12: is read again after a message, whatever its content', async () => {
    const { store, channel, freshness, session } = await createKnown()
    store.content = over()
    channel.hint('over', 99)
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-out')
    expect(freshness.syncIfStale()).toBeUndefined()
    channel.hint('anything', 99)
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-out')
  })

  test('LF-01: is read again on waking, before the next send', async () => {
    const { store, wake, freshness, session } = await createKnown()
    store.content = over()
    wake.wake()
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-out')
  })

  test('LF-05: is read before each send if the page can get no messages', async () => {
    const rig = createStoreSyncRig()
    vi.stubGlobal('BroadcastChannel', undefined)
    rig.store.content = storedRecord()
    await rig.freshness.syncIfStale()
    rig.store.content = over()
    await rig.freshness.syncIfStale()
    expect(rig.session.state.status).toBe('signed-out')
  })

  test('is never read again from a store that is not shared', async () => {
    const { wake, channel, freshness, reads, clock } = await createKnown({
      store: createScriptedStore({ shared: false }),
    })
    wake.wake()
    await clock.settle()
    expect([freshness.syncIfStale(), reads(), channel.open]).toEqual([undefined, 1, 0])
  })
})

describe('promise 12: a sign-out elsewhere whose message comes while the store is being read', () => {
  test('is seen before the next send: the record being read may be older than the message', async () => {
    const { store, channel, wake, freshness, session, clock } = await createKnown()
    const [first, second] = [store.hold('read', 'before'), store.hold('read', 'after')]
    wake.wake()
    await first.reached
    store.content = over()
    channel.hint()
    first.open()
    await clock.settle()
    const fresh = freshness.syncIfStale()
    expect(fresh).toBeInstanceOf(Promise)
    second.open()
    await fresh
    expect(session.state.status).toBe('signed-out')
  })

  test('is seen by requests that already wait for that read', async () => {
    const { store, channel, wake, freshness, session } = await createKnown()
    const first = store.hold('read', 'before')
    wake.wake()
    await first.reached
    const fresh = freshness.syncIfStale()
    store.content = over()
    channel.hint()
    first.open()
    await fresh
    expect(session.state.status).toBe('signed-out')
  })

  test('is seen without a message, too: a later request does not rely on an earlier read', async () => {
    const rig = createStoreSyncRig()
    vi.stubGlobal('BroadcastChannel', undefined)
    const { store, freshness, session } = rig
    store.content = storedRecord()
    await freshness.syncIfStale()
    const first = store.hold('read', 'before')
    const early = freshness.syncIfStale()
    await first.reached
    store.content = over()
    const late = freshness.syncIfStale()
    first.open()
    await late
    expect(session.state.status).toBe('signed-out')
    await early
  })

  test('is seen after a storm of messages, without one read for each', async () => {
    const { store, channel, freshness, reads } = await createKnown()
    const first = store.hold('read')
    const { sessionId } = storedRecord()
    channel.hint(sessionId)
    for (let message = 0; message < 100; message += 1) channel.hint(sessionId)
    first.open()
    await freshness.syncIfStale()
    expect(freshness.syncIfStale()).toBeUndefined()
    expect(reads()).toBe(3)
  })
})

describe('promise 19: waking', () => {
  test.each([
    ['good', 100_000, []],
    ['expiring', 280_000, ['expiring']],
    ['expired', 400_000, ['expired']],
  ])('with a token that is %s', async (_name, agedMs, causes) => {
    const { clock, wake, calls } = await createKnown()
    await clock.advance(agedMs)
    wake.wake()
    await clock.settle()
    expect(calls.map(({ cause }) => cause)).toEqual(causes)
  })

  test('TM-07: after a sleep of eight hours the token is refreshed before a request needs it', async () => {
    const { clock, wake, calls } = await createKnown()
    clock.sleepFor(8 * 3_600_000)
    wake.wake()
    await clock.settle()
    expect(calls.map(({ cause }) => cause)).toEqual(['expired'])
  })

  test('LF-04: while hidden the page only reads, and starts nothing', async () => {
    const { clock, wake, calls, reads } = await createKnown()
    hide()
    await clock.advance(400_000)
    wake.wake()
    await clock.settle()
    expect([calls.length, reads()]).toEqual([0, 2])
  })

  test('after a sign-out elsewhere the page starts nothing', async () => {
    const { store, clock, wake, calls } = await createKnown()
    await clock.advance(400_000)
    store.content = over()
    wake.wake()
    await clock.settle()
    expect(calls).toEqual([])
  })

  test('after a refresh elsewhere the page starts nothing', async () => {
    const { store, clock, wake, session, calls } = await createKnown()
    await clock.advance(400_000)
    const credentials = credentialsOf({ lifetimeMs: 300_000, sentAt: clock.wallMs() })
    store.content = storedRecord({ generation: 1, credentials })
    wake.wake()
    await clock.settle()
    expect([calls.length, session.state.generation]).toEqual([0, 1])
  })

  test('with no user signed in, or during a backoff, the page starts nothing', async () => {
    const { store, clock, wake, calls, stored } = await createKnown()
    await clock.advance(400_000)
    store.content = { ...stored(), revision: 'r', retryAt: clock.wallMs() + 60_000 }
    wake.wake()
    await clock.settle()
    store.content = over()
    wake.wake()
    await clock.settle()
    expect(calls).toEqual([])
  })
})

describe('other tabs', () => {
  test('SG-05: get a message that the store has changed, without token and subject', async () => {
    const { channel, freshness, session } = createStoreSyncRig()
    await session.signIn({ accessToken: 'secret', refreshToken: 'secret', subject: 'secret' })
    freshness.announce()
    const message = { latchkey: 1, sessionId: session.state.sessionId, generation: 0 }
    expect(channel.posted).toMatchObject([{ name: 'latchkey:main', message }])
    expect(Object.keys(channel.posted[0]?.message as object).sort()).toEqual(['generation', 'latchkey', 'sessionId'])
  })

  test.each([
    ['surely was not told of, asks who is signed in', true, 1],
    ['may have been told of by a page that has left, asks for nothing', false, 0],
  ])('a page that wakes signed out, with a sign-out that the server %s', async (_name, failed, refreshes) => {
    const { clock, store, session, freshness, wake, calls } = createStoreSyncRig({ ambient: true })
    await session.signIn({ cookie: true, subject: 'alice' })
    await freshness.syncIfStale()
    const revocationPending = { id: 'a', subject: 'alice', signedOutAt: 0, calledAt: 0, failed }
    store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out', revocationPending })
    wake.wake()
    await clock.advance(3000)
    expect([session.state.status, calls.length]).toEqual(['signed-out', refreshes])
  })
})

describe('LF-07: a closed client', () => {
  test('listens to nothing: no channel, no waking', async () => {
    const { channel, wake, freshness } = await createKnown()
    expect([channel.open, wake.size > 0]).toEqual([1, true])
    freshness.close()
    expect([channel.open, wake.size]).toEqual([0, 0])
  })

  test('sends the message of a late refresh, and listens to nothing for it', async () => {
    const { channel, wake, freshness } = await createKnown()
    freshness.close()
    freshness.announce()
    expect([channel.posted.length, channel.open, wake.size]).toEqual([1, 0, 0])
  })

  test('reads and listens again when it is used again', async () => {
    const { store, channel, wake, freshness, session } = await createKnown()
    freshness.close()
    store.content = over()
    await freshness.syncIfStale()
    expect(session.state.status).toBe('signed-out')
    expect([channel.open, wake.size > 0]).toEqual([1, true])
  })
})

describe('a store that reports changes of its record', () => {
  const createWatched = async (watch?: ScriptedStore['watch']) => {
    const heard = new Set<() => void>()
    const listen = (_name: string, changed: () => void) => {
      heard.add(changed)
      return () => void heard.delete(changed)
    }
    const store = Object.assign(createScriptedStore(), { watch: watch ?? listen })
    return { ...(await createKnown({ store })), heard }
  }

  test('is watched from the first use, and read when it reports a change', async () => {
    const { store, heard, freshness, session, clock } = await createWatched()
    expect(heard.size).toBe(1)
    store.content = over()
    for (const changed of heard) changed()
    await clock.advance(0)
    expect(session.state.status).toBe('signed-out')
    expect(freshness.syncIfStale()).toBeUndefined()
  })

  test('LF-07: is not watched by a closed client, until that is used again', async () => {
    const { heard, freshness, clock } = await createWatched()
    freshness.close()
    await clock.settle()
    expect(heard.size).toBe(0)
    await freshness.syncIfStale()
    expect(heard.size).toBe(1)
  })

  test('whose watch function fails is reported once, and still used', async () => {
    const { told, session, clock } = await createWatched(() => {
      throw new Error('no events here')
    })
    await clock.settle()
    expect(told.filter(what => what.startsWith('store-failed'))).toEqual(['store-failed:read'])
    expect(session.state.status).toBe('signed-in')
  })
})
