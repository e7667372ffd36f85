import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { storedRecord } from '../../support/session-records.ts'
import { createSessionRig } from '../../support/session-rig.ts'

const alice = { accessToken: 'of-alice', refreshToken: 'refresh-of-alice', subject: 'alice' }
const again = { accessToken: 'of-alice-again', subject: 'alice' }
const bob = { accessToken: 'of-bob', subject: 'bob' }

describe('signing in', () => {
  test('counts at once, and resolves when it is stored', async () => {
    const { store, session } = createSessionRig()
    const held = store.hold('overwrite')
    let stored = false
    const signedIn = session.signIn(alice).then(() => {
      stored = true
    })
    expect(session.state).toMatchObject({ status: 'signed-in', epoch: 1, credentials: { accessToken: 'of-alice' } })
    expect(store.content).toBeNull()
    expect(stored).toBe(false)
    held.open()
    await signedIn
    expect(store.content).toMatchObject({
      sessionId: session.state.sessionId,
      credentials: { refreshToken: 'refresh-of-alice' },
    })
  })

  test('other tabs get a message when it is stored, not before', async () => {
    const { store, session, announced } = createSessionRig()
    const held = store.hold('overwrite')
    const signedIn = session.signIn(alice)
    expect(announced).toEqual([])
    held.open()
    await signedIn
    expect(announced).toEqual([session.state.sessionId])
  })

  test('the same user again continues the session: same id, same epoch, next generation, and members that are left out stay', async () => {
    const { session, told } = createSessionRig()
    await session.signIn(alice)
    const { sessionId: id } = session.state
    await session.signIn(again)
    expect(session.state).toMatchObject({ sessionId: id, epoch: 1, generation: 1 })
    expect(session.state.credentials).toMatchObject({ accessToken: 'of-alice-again', refreshToken: 'refresh-of-alice' })
    expect(told).toEqual(['signed-in:this', 'signed-in:this'])
  })

  test('another user starts another session: new id, next epoch, generation 0, nothing carried over', async () => {
    const { session, told } = createSessionRig()
    await session.signIn(alice)
    const { sessionId: id } = session.state
    await session.signIn(bob)
    expect(session.state).toMatchObject({
      epoch: 2,
      generation: 0,
      credentials: { refreshToken: null, subject: 'bob' },
    })
    expect(session.state.sessionId).not.toBe(id)
    expect(told).toEqual(['signed-in:this', 'ended:this', 'signed-in:this'])
  })

  test.each([
    ['nobody knows who', { accessToken: 'one' }, { accessToken: 'two' }],
    ['it was known before only', alice, { accessToken: 'two' }],
    ['it is known now only', { accessToken: 'one' }, bob],
  ])('where %s, it is another session', async (_name, first, second) => {
    const { session } = createSessionRig()
    await session.signIn(first)
    const { sessionId: id } = session.state
    await session.signIn(second)
    expect(session.state.sessionId).not.toBe(id)
    expect(session.state).toMatchObject({ epoch: 2, credentials: { refreshToken: null } })
  })

  test('the same user after a sign-out starts another session', async () => {
    const { session } = createSessionRig()
    await session.signIn(alice)
    const { sessionId: id } = session.state
    await session.signOut()
    await session.signIn(alice)
    expect(session.state.sessionId).not.toBe(id)
    expect(session.state.epoch).toBe(3)
  })

  test('with the same token after the session ended is a sign-in: only a repeated call does nothing', async () => {
    const { session, told } = createSessionRig()
    const wasSignedIn = { accessToken: 'one' }
    await session.signIn(wasSignedIn)
    await session.end('refresh-rejected')
    await session.signIn(wasSignedIn)
    expect(session.state).toMatchObject({ status: 'signed-in', credentials: wasSignedIn })
    expect(told).toEqual(['signed-in:this', 'ended:this', 'signed-in:this'])
  })

  test('with anything but credentials is rejected, and changes nothing', async () => {
    const { store, session, told, announced } = createSessionRig()
    await session.signIn(alice)
    const before = session.state
    const { length } = store.calls
    await expect(session.signIn({ token: 'x' })).rejects.toThrow(ConfigurationError)
    expect(session.state).toBe(before)
    expect([store.calls.length, told.length, announced.length]).toEqual([length, 1, 1])
  })

  test.each(['throws', 'rejects', 'hangs'] as const)('SG-03: goes on in memory where the store %s', async fault => {
    const { store, clock, session, announced } = createSessionRig()
    store.fail('all', fault)
    const signedIn = session.signIn(alice)
    await clock.advance(2000)
    await signedIn
    expect(session.state.status).toBe('signed-in')
    expect(announced.length).toBe(1)
  })
})

describe('signing out', () => {
  test('promise 12: counts at once, and resolves when it is stored', async () => {
    const { store, session, told } = createSessionRig()
    await session.signIn(alice)
    const held = store.hold('overwrite')
    let stored = false
    const signedOut = session.signOut().then(() => {
      stored = true
    })
    expect(session.state).toMatchObject({ status: 'signed-out', credentials: null, endReason: 'signed-out', epoch: 2 })
    await held.reached
    expect(stored).toBe(false)
    held.open()
    await signedOut
    expect(store.content).toMatchObject({
      sessionId: session.state.sessionId,
      credentials: null,
      endedBy: 'signed-out',
    })
    expect(told).toEqual(['signed-in:this', 'ended:this'])
  })

  test('SG-01: leaves no token anywhere', async () => {
    const { store, session } = createSessionRig()
    await session.signIn(alice)
    await session.signOut()
    expect(JSON.stringify([store.content, session.state, session.records.latest])).not.toContain('of-alice')
  })

  test('twice emits one end', async () => {
    const { session, told } = createSessionRig()
    await session.signIn(alice)
    await Promise.all([session.signOut(), session.signOut()])
    expect(told).toEqual(['signed-in:this', 'ended:this'])
  })

  test('with no user signed in is stored all the same: another tab may have a session', async () => {
    const { store, session, told } = createSessionRig()
    store.content = storedRecord()
    await session.signOut()
    expect(store.content).toMatchObject({ credentials: null })
    expect(told).toEqual([])
  })

  test.each(['throws', 'rejects', 'hangs'] as const)('promise 12: is kept where the store %s', async fault => {
    const { store, clock, session } = createSessionRig()
    await session.signIn(alice)
    store.fail('all', fault)
    const signedOut = session.signOut()
    await clock.advance(2000)
    await signedOut
    const reread = session.reread()
    await clock.advance(2000)
    await reread
    expect(session.state.status).toBe('signed-out')
  })

  test('promise 12: is stored with the next read of the store if it could not be stored at once', async () => {
    const { store, session } = createSessionRig()
    await session.signIn(alice)
    store.fail('overwrite', 'rejects', 1)
    store.fail('read', 'rejects', 1)
    await session.signOut()
    expect(store.content).toMatchObject({ credentials: { accessToken: 'of-alice' } })
    await session.reread()
    expect(session.state.status).toBe('signed-out')
    expect(store.content).toMatchObject({ credentials: null })
  })
})

describe('renewing and ending', () => {
  const start = async () => {
    const rig = createSessionRig()
    await rig.session.signIn(alice)
    const { latest } = rig.records
    return { ...rig, latest: latest as StoredRecord }
  }

  test('the tokens of a refresh count, in the same epoch', async () => {
    const { session, latest, told } = await start()
    const credentials = { ...latest.credentials, accessToken: 'newer' } as typeof latest.credentials
    session.applyRenewal({ ...latest, generation: 1, credentials }, 77, { cause: 'rejected', startedMs: 0 })
    expect(session.state).toMatchObject({ epoch: 1, generation: 1, monotonicSentAt: 77 })
    expect(told).toEqual(['signed-in:this', 'refreshed:this'])
  })

  test('RT-06: the tokens of a refresh of another session do not count', async () => {
    const { session, latest, told } = await start()
    const before = session.state
    session.applyRenewal({ ...latest, sessionId: 'another' }, 77, { cause: 'rejected', startedMs: 0 })
    expect(session.state).toBe(before)
    expect(told).toEqual(['signed-in:this'])
  })

  test('the session of a first ambient refresh is restored: no user has just signed in', () => {
    const { session, told } = createSessionRig({ ambient: true })
    session.applyRenewal(storedRecord(), 77, { cause: 'restore', startedMs: 0 })
    expect(session.state).toMatchObject({ status: 'signed-in', epoch: 1, monotonicSentAt: 77 })
    expect(told).toEqual(['restored:this'])
  })

  test('a record without credentials renews nothing', async () => {
    const { session, latest } = await start()
    const before = session.state
    session.applyRenewal({ ...latest, credentials: null }, 77, { cause: 'rejected', startedMs: 0 })
    expect(session.state).toBe(before)
  })

  test('an end of another session than the current one changes nothing', async () => {
    const { session, told } = await start()
    const before = session.state
    session.applyEnd('another', 'refresh-rejected', 'next')
    expect(session.state).toBe(before)
    expect(told).toEqual(['signed-in:this'])
  })

  test('an end is stored over the record it is about', async () => {
    const { store, session, announced } = await start()
    await session.end('refresh-rejected')
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    expect(store.content).toMatchObject({
      sessionId: session.state.sessionId,
      credentials: null,
      endedBy: 'refresh-rejected',
    })
    expect(announced.length).toBe(2)
  })

  test('promise 13: an end removes nothing that another tab has stored since, and adopts it', async () => {
    const { store, session, latest } = await start()
    const newer = { ...storedRecord({ sessionId: latest.sessionId, generation: 1 }) }
    store.content = newer
    await session.end('refresh-rejected')
    expect(store.content).toBe(newer)
    expect(session.state).toMatchObject({ status: 'signed-in', generation: 1 })
  })

  test('suspended and resumed, it is the same session', async () => {
    const { session } = await start()
    const before = session.state
    session.suspend(true)
    expect(session.state.status).toBe('reauthenticating')
    session.resume()
    expect(session.state).toEqual(before)
  })

  test('every change is reported once, with the state it led to', async () => {
    const { session } = createSessionRig()
    const seen: string[] = []
    session.changed.add(({ status, epoch }) => void seen.push(`${status} ${epoch}`))
    await session.signIn(alice)
    session.suspend(true)
    session.resume()
    await session.signOut()
    expect(seen).toEqual(['signed-in 1', 'reauthenticating 1', 'signed-in 1', 'signed-out 2'])
  })
})
