import { describe, expect, test } from 'vitest'
import { createRefreshRig, createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

describe('step b: the record that the refresh began with', () => {
  test('is used, with the refresh token that is stored', async () => {
    const { clock, start, call, calls } = await createSignedInRig()
    start()
    await clock.settle()
    expect(calls.length).toBe(1)
    expect(call()).toMatchObject({ refreshToken: 'refresh-1', cause: 'rejected' })
  })

  test('is used with the refresh token that is stored, although memory has another', async () => {
    const { store, clock, start, call, stored } = await createSignedInRig()
    store.content = { ...stored(), revision: 'r', credentials: credentialsOf({ refreshToken: 'of-the-store' }) }
    start()
    await clock.settle()
    expect(call().refreshToken).toBe('of-the-store')
  })

  test('is used, too, where an older generation is stored: a sign-in by a tab that knew less', async () => {
    const { store, clock, session, start, call, stored } = await createSignedInRig()
    session.applyRenewal({ ...stored(), generation: 5 }, 0, { cause: 'expiring', startedMs: 0 })
    store.content = {
      ...stored(),
      revision: 'r',
      generation: 3,
      credentials: credentialsOf({ refreshToken: 'newest' }),
    }
    start()
    await clock.settle()
    expect(call().refreshToken).toBe('newest')
  })

  test('RT-08: a session has one refresh token: several causes start one refresh', async () => {
    const { clock, refresher, calls } = await createSignedInRig()
    for (const cause of ['expiring', 'rejected', 'manual', 'expired'] as const) refresher.start(cause)
    await clock.settle()
    expect(calls.map(({ cause }) => cause)).toEqual(['expiring'])
  })
})

describe('step b: a record that has moved on', () => {
  test('to another session: the refresh is superseded, the record followed, nothing sent', async () => {
    const { store, clock, session, start, calls } = await createSignedInRig()
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    expect((await start().done).kind).toBe('superseded')
    await clock.settle()
    expect(calls).toEqual([])
    expect(session.state).toMatchObject({ sessionId: 'of-bob', credentials: { subject: 'bob' } })
  })

  test('to a sign-out: the refresh is superseded, the user signed out, nothing sent', async () => {
    const { store, session, start, calls } = await createSignedInRig()
    store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
    expect((await start().done).kind).toBe('superseded')
    expect(calls).toEqual([])
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
  })

  test('SG-04: to no record at all: signed out elsewhere, nothing sent', async () => {
    const { store, session, start, calls } = await createSignedInRig()
    store.content = null
    expect((await start().done).kind).toBe('superseded')
    expect(calls).toEqual([])
    expect(session.state.status).toBe('signed-out')
  })

  test('RT-07: to a newer generation: it is adopted, nothing sent', async () => {
    const { store, session, start, calls, id } = await createSignedInRig()
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    expect((await start().done).kind).toBe('adopted')
    expect(calls).toEqual([])
    expect(session.state).toMatchObject({ generation: 1, credentials: newerTokens })
  })

  test('to a generation newer than the refresh began with, which memory has already: it is adopted', async () => {
    const { store, session, start, calls, id } = await createSignedInRig()
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    const flight = start()
    const reread = session.reread()
    await Promise.all([reread, flight.done])
    expect(flight.outcome?.kind).toBe('adopted')
    expect(calls).toEqual([])
  })

  test('to a sign-in of the same user by a tab that had missed a refresh: it is adopted, although its generation is lower', async () => {
    const { store, session, start, calls, stored } = await createSignedInRig()
    session.applyRenewal({ ...stored(), generation: 5 }, 0, { cause: 'expiring', startedMs: 0 })
    store.content = { ...stored(), revision: 'r', generation: 3, credentials: credentialsOf(newerTokens) }
    expect((await start().done).kind).toBe('adopted')
    expect(calls).toEqual([])
    expect(session.state).toMatchObject({ generation: 3, credentials: newerTokens })
  })

  test('to a newer generation whose tokens are in another tab: refreshed for tokens of its own', async () => {
    const { store, clock, start, calls, id } = await createSignedInRig()
    const credentials = credentialsOf({ accessToken: null, refreshToken: null, tokensElsewhere: true })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    start()
    await clock.settle()
    expect(calls.length).toBe(1)
  })

  test('superseded by a sign-out here while it is read: nothing sent', async () => {
    const { store, session, start, calls } = await createSignedInRig()
    const held = store.hold('read', 'before')
    const flight = start()
    await held.reached
    const signedOut = session.signOut()
    held.open()
    expect((await flight.done).kind).toBe('superseded')
    await signedOut
    expect(calls).toEqual([])
  })
})

describe('step b: reasons to wait', () => {
  test('RF-12: a backoff: unavailable until its end, nothing sent', async () => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    store.content = { ...stored(), retryAt: clock.wallMs() + 60_000 }
    expect(await start().done).toMatchObject({ kind: 'unavailable', retryAfterMs: 60_000 })
    expect(calls).toEqual([])
  })

  test.each([
    ['is over', -1],
    ['is now', 0],
    ['no backoff can have set, so that a clock has jumped', 120_001],
    ['is a day ahead', 86_400_000],
    ['is no number', Number.NaN],
  ])('a backoff that %s delays nothing', async (_name, aheadMs) => {
    const { store, clock, start, calls, stored } = await createSignedInRig()
    store.content = { ...stored(), retryAt: clock.wallMs() + aheadMs }
    start()
    await clock.settle()
    expect(calls.length).toBe(1)
  })

  test('a rejection in the record: rejected, nothing sent, nothing removed', async () => {
    const { store, session, start, calls, stored } = await createSignedInRig()
    store.content = { ...stored(), rejected: true }
    expect(await start().done).toEqual({ kind: 'rejected', reason: 'refresh-rejected' })
    expect(calls).toEqual([])
    expect([session.state.status, stored().credentials?.refreshToken]).toEqual(['signed-in', 'refresh-1'])
  })

  // Found by the random worlds: one tab said that the session had expired, the other that its refresh was rejected.
  test('a rejection in the record of a session without a refresh token: it has expired in every tab', async () => {
    const { store, start, stored } = await createSignedInRig()
    store.content = { ...stored(), rejected: true, credentials: { ...stored().credentials, refreshToken: null } }
    expect(await start().done).toEqual({ kind: 'rejected', reason: 'expired' })
  })

  test.each(['throws', 'rejects', 'hangs'] as const)(
    'promise 9: a shared store whose read %s: unavailable, nothing sent, nothing ended',
    async fault => {
      const { store, clock, session, start, calls } = await createSignedInRig()
      store.fail('read', fault)
      const flight = start()
      await clock.advance(2000)
      expect(flight.outcome).toMatchObject({ kind: 'unavailable', reason: 'store' })
      expect(calls).toEqual([])
      expect(session.state.status).toBe('signed-in')
    },
  )

  test('a record of a newer version: unavailable, nothing sent, nothing ended', async () => {
    const { store, session, start, calls, id } = await createSignedInRig()
    store.content = storedRecord({ sessionId: id, version: 3 })
    expect((await start().done).kind).toBe('unavailable')
    expect([calls.length, session.state.status]).toEqual([0, 'signed-in'])
  })

  test('a store whose writes become visible late: that time passes before the read that decides', async () => {
    const store = createScriptedStore({ lagMs: 250 })
    const { clock, start, calls, id } = await createSignedInRig({ store })
    const { length } = store.calls
    const flight = start()
    await clock.advance(249)
    expect(store.calls.length).toBe(length)
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    await clock.advance(1)
    expect([flight.outcome?.kind, calls.length]).toEqual(['adopted', 0])
  })
})

describe('step b: an ambient start', () => {
  test('with no record asks the server, with no token', async () => {
    const { clock, start, call } = createRefreshRig({ ambient: true })
    start(null, 'restore')
    await clock.settle()
    expect(call()).toMatchObject({ refreshToken: undefined, cause: 'restore' })
  })

  test('with tokens in the record adopts them', async () => {
    const { store, session, start, calls } = createRefreshRig({ ambient: true })
    store.content = storedRecord()
    expect((await start(null, 'restore').done).kind).toBe('adopted')
    expect([calls.length, session.state.status]).toEqual([0, 'signed-in'])
  })

  test('SG-03: with an invalid record asks once, and overwrites it', async () => {
    const { store, clock, session, start, call, stored } = createRefreshRig({ ambient: true })
    store.content = { revision: 'of-something-else' }
    start(null, 'restore')
    await clock.settle()
    call().answer.resolve(newerTokens)
    await clock.settle()
    expect(session.state.status).toBe('signed-in')
    expect(stored()).toMatchObject({ version: 2, credentials: newerTokens })
  })

  test('with a strategy that is not ambient is signed out without asking', async () => {
    const { store, session, start, calls } = createRefreshRig()
    store.content = storedRecord({ credentials: null, endedBy: 'refresh-rejected' })
    expect((await start(null, 'restore').done).kind).toBe('superseded')
    expect([calls.length, session.state.status]).toEqual([0, 'signed-out'])
  })
})
