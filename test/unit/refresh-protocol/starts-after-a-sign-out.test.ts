import { describe, expect, test, vi } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createRefreshRig, newerTokens } from '../../support/refresh-rig.ts'
import { pendingOf, signedOut } from '../../support/revocation-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const alices = { accessToken: 'of-alice', subject: 'alice' }
const unnamed = { sid: undefined, authTime: undefined }

/** A page that starts in a cookie mode, over a store that holds this record. */
const startPage = async (record: Partial<StoredRecord> | null, ports = {}) => {
  const rig = createRefreshRig({ ambient: true, ports })
  rig.store.content = record && storedRecord(record)
  const flight = rig.start(null, 'restore')
  await rig.clock.settle()
  return { ...rig, flight }
}

describe('a start that finds the session of a sign-out which has not reached the server', () => {
  const failed = () => signedOut({ generation: 3, revocationPending: pendingOf(unnamed) })

  test('stays signed out, and tells the server again', async () => {
    const { clock, session, flight, call, calls, stored, repeated } = await startPage(failed())
    call().answer.resolve(alices)
    expect(await flight.done).toEqual({ kind: 'superseded' })
    const again = { ...pendingOf(unnamed), calledAt: clock.wallMs(), failed: false, repeated: true }
    expect(repeated).toEqual([again])
    expect(stored()).toMatchObject({ sessionId: 'over', generation: 3, credentials: null, endedBy: 'signed-out' })
    expect(stored().revocationPending).toEqual(again)
    expect(session.state).toMatchObject({ status: 'signed-out', sessionId: 'over', endReason: 'signed-out' })
    expect(calls).toHaveLength(1)
  })

  test('tells the server nothing if a user has signed in in another tab meanwhile', async () => {
    const { store, session, flight, call, repeated } = await startPage(failed())
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    call().answer.resolve(alices)
    expect((await flight.done).kind).toBe('adopted')
    expect([repeated, session.state.credentials?.subject]).toEqual([[], 'bob'])
  })

  test('is a login of another user: that session begins', async () => {
    const { session, flight, call, repeated } = await startPage(failed())
    call().answer.resolve({ accessToken: 'of-bob', subject: 'bob' })
    expect((await flight.done).kind).toBe('refreshed')
    expect([session.state.credentials?.subject, repeated]).toEqual(['bob', []])
  })
})

describe('a start soon after a sign-out whose call may be under way', () => {
  const calledAgo = (ms: number) => {
    const calledAt = Date.UTC(2026, 0, 1) - ms
    return signedOut({ revocationPending: pendingOf({ ...unnamed, signedOutAt: calledAt, calledAt, failed: false }) })
  }

  test('asks who is signed in a second after the call, and not before', async () => {
    const { clock, calls } = await startPage(calledAgo(0))
    expect(calls).toEqual([])
    await clock.advance(999)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toHaveLength(1)
  })

  test.each([1000, 60_000, -1])('asks at once %i ms after the call', async ms => {
    const { calls } = await startPage(calledAgo(ms))
    expect(calls).toHaveLength(1)
  })

  test('that finds the same user asks again once the call has had its time, and then takes it for a login', async () => {
    const { clock, session, flight, call, calls } = await startPage(calledAgo(2000))
    call().answer.resolve(alices)
    await clock.advance(2999)
    expect([calls.length, flight.outcome]).toEqual([1, undefined])
    await clock.advance(1)
    expect(calls).toHaveLength(2)
    call(1).answer.resolve(alices)
    expect((await flight.done).kind).toBe('refreshed')
    expect(session.state).toMatchObject({ status: 'signed-in', credentials: { subject: 'alice' } })
  })

  test('that finds the same user and then nobody is signed out', async () => {
    const { clock, session, flight, call } = await startPage(calledAgo(2000))
    call().answer.resolve(alices)
    await clock.advance(3000)
    call(1).answer.resolve(null)
    expect((await flight.done).kind).toBe('rejected')
    expect(session.state.status).toBe('signed-out')
  })
})

describe('a start asks the server who is signed in', () => {
  test('with nothing of the user that the record names: the cookie may be another’s', async () => {
    const { call } = await startPage({ credentials: credentialsOf({ accessToken: null, refreshToken: 'of-alice' }) })
    expect(call()).toMatchObject({ refreshToken: undefined, cause: 'restore' })
  })

  test('also if the circuit is open, which holds back any other refresh', async () => {
    const circuitBreaker = {
      openForMs: () => 5000,
      countRefresh: () => ({ started: [], unhelpful: [] }),
      noteSent: vi.fn(),
    }
    const { calls, start } = await startPage(null, { circuitBreaker })
    expect([calls.length, circuitBreaker.noteSent.mock.calls.length]).toEqual([1, 1])
    calls[0]?.answer.resolve({ ...newerTokens, subject: 'alice' })
    await start().done
    expect(await start().done).toMatchObject({ kind: 'unavailable', reason: 'circuit-open', retryAfterMs: 5000 })
    expect(calls).toHaveLength(1)
  })

  test('and is signed out if nobody is, with a dialog or without one', async () => {
    for (const reauthenticate of [undefined, async () => null]) {
      const { session, flight, call, stored } = await startPage(null, { reauthenticate })
      call().answer.resolve(null)
      expect(await flight.done).toMatchObject({ kind: 'rejected' })
      expect([session.state.status, stored().credentials, stored().rejected]).toEqual(['signed-out', null, undefined])
    }
  })

  test('and leaves the record of a rejected user to the tabs whose dialog may renew it', async () => {
    const record = { credentials: credentialsOf({ accessToken: null, tokensElsewhere: true }) }
    const { session, flight, call, stored } = await startPage(record, { reauthenticate: async () => null })
    call().answer.resolve(null)
    expect(await flight.done).toEqual({ kind: 'rejected', reason: 'refresh-rejected' })
    expect(stored()).toMatchObject({ sessionId: 'session-a', rejected: true, credentials: { subject: 'alice' } })
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    expect(session.state.sessionId).not.toBe('session-a')
  })

  test('and follows a user who signs in in another tab while the response comes, whose tokens are not revoked', async () => {
    const { store, session, flight, call, discarded } = await startPage(null)
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    call().answer.resolve({ ...newerTokens, subject: 'carol' })
    expect((await flight.done).kind).toBe('adopted')
    expect(session.state.credentials?.subject).toBe('bob')
    expect(discarded).toMatchObject([newerTokens])
  })
})
