import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { initialState, type SessionChange, type SessionState, transition } from '../../../src/session/state.ts'
import { credentialsOf } from '../../support/session-records.ts'

const alice = credentialsOf({ subject: 'alice' })
const bob = credentialsOf({ subject: 'bob', accessToken: 'of-bob' })

const signedIn: SessionState = {
  status: 'signed-in',
  sessionId: 'a',
  epoch: 3,
  generation: 7,
  credentials: alice,
  monotonicSentAt: 50,
  endReason: null,
  assumed: null,
}
const suspended: SessionState = { ...signedIn, status: 'reauthenticating' }
const over: SessionState = {
  ...initialState,
  status: 'signed-out',
  sessionId: 'b',
  epoch: 4,
  endReason: 'refresh-rejected',
}
const strangersDialog: SessionState = { ...over, status: 'reauthenticating' }

const states = { unknown: initialState, 'signed in': signedIn, suspended, 'signed out': over, strangersDialog } as const
const entering = { type: 'signed-in', sessionId: 'c', generation: 0, credentials: bob, monotonicSentAt: 9 } as const

describe('the states of a session', () => {
  test('it begins unknown, with nothing', () => {
    expect(initialState).toEqual({
      status: 'unknown',
      sessionId: null,
      epoch: 0,
      generation: 0,
      credentials: null,
      monotonicSentAt: null,
      endReason: null,
      assumed: null,
    })
  })

  test.each(Object.entries(states))('signed in from %s: another epoch, its own generation, no end', (_name, state) => {
    expect(transition(state, entering)).toEqual({
      status: 'signed-in',
      sessionId: 'c',
      epoch: state.epoch + 1,
      generation: 0,
      credentials: bob,
      monotonicSentAt: 9,
      endReason: null,
      assumed: null,
    })
  })

  test.each([
    ['signed in', signedIn],
    ['suspended', suspended],
  ])('the same session signed in again from %s: same epoch, and not suspended any more', (_name, state) => {
    const next = transition(state, { ...entering, sessionId: 'a', generation: 8 })
    expect(next).toMatchObject({ status: 'signed-in', sessionId: 'a', epoch: 3, generation: 8, credentials: bob })
  })

  test('a session id that was signed out and comes again is another epoch', () => {
    expect(transition(over, { ...entering, sessionId: 'b' }).epoch).toBe(5)
  })

  test.each([
    ['signed in', signedIn],
    ['suspended', suspended],
  ])('renewed while %s: newer credentials, and nothing else moves', (_name, state) => {
    const next = transition(state, { type: 'renewed', generation: 8, credentials: bob, monotonicSentAt: null })
    expect(next).toEqual({ ...state, generation: 8, credentials: bob, monotonicSentAt: null })
  })

  test.each(Object.entries(states))('suspended from %s: only the status moves', (_name, state) => {
    expect(transition(state, { type: 'suspended' })).toEqual({ ...state, status: 'reauthenticating' })
  })

  test('resumed with a session: signed in again, as it was', () => {
    expect(transition(suspended, { type: 'resumed' })).toEqual(signedIn)
  })

  test('resumed without one: signed out, for the reason that is in the record', () => {
    expect(transition(strangersDialog, { type: 'resumed' })).toEqual(over)
  })

  test.each([
    ['signed in', signedIn],
    ['suspended', suspended],
  ])('SG-01: ended while %s: nothing is left of the credentials, and the epoch rises', (_name, state) => {
    expect(transition(state, { type: 'ended', sessionId: 'z', reason: 'expired' })).toEqual({
      status: 'signed-out',
      sessionId: 'z',
      epoch: 4,
      generation: 0,
      credentials: null,
      monotonicSentAt: null,
      endReason: 'expired',
      assumed: null,
    })
  })

  test.each([
    ['unknown', initialState],
    ['signed out', over],
    ['a dialog for nobody', strangersDialog],
  ])('ended from %s: there was no session, so that the epoch stays', (_name, state) => {
    const next = transition(state, { type: 'ended', sessionId: 'z', reason: null })
    expect(next).toEqual({ ...state, status: 'signed-out', sessionId: 'z' })
  })

  test('ended again without a reason: keeps the first reason, so that a login page can show it', () => {
    expect(transition(over, { type: 'ended', sessionId: 'z', reason: null }).endReason).toBe('refresh-rejected')
  })

  test('a state is never changed, only followed by another', () => {
    const frozen = Object.freeze({ ...signedIn })
    transition(frozen, entering)
    transition(frozen, { type: 'ended', sessionId: 'z', reason: 'refresh-rejected' })
    expect(frozen).toEqual(signedIn)
  })
})

const sessions = fc.constantFrom('a', 'b', 'c')
const carried = { generation: fc.nat(9), credentials: fc.constantFrom(alice, bob), monotonicSentAt: fc.nat() }
const changes: fc.Arbitrary<SessionChange> = fc.oneof(
  fc.record({ type: fc.constant('signed-in' as const), sessionId: sessions, ...carried }),
  fc.record({ type: fc.constant('renewed' as const), ...carried }),
  fc.constantFrom({ type: 'suspended' as const }, { type: 'resumed' as const }),
  fc.record({
    type: fc.constant('ended' as const),
    sessionId: sessions,
    reason: fc.constantFrom('signed-out', 'refresh-rejected', 'expired', null),
  }),
)

/** Nobody renews what is not there. */
const follow = (state: SessionState, change: SessionChange) =>
  change.type === 'renewed' && !state.credentials ? state : transition(state, change)

test('after whatever happened: signed in with credentials only, signed out without, and the epoch never falls', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 30 }), steps => {
      let state = initialState
      for (const change of steps) {
        const next = follow(state, change)
        expect(next.epoch).toBeGreaterThanOrEqual(state.epoch)
        if (next.status === 'signed-in') expect(next.credentials).not.toBeNull()
        if (next.status === 'signed-out' || next.status === 'unknown') expect(next.credentials).toBeNull()
        if (next.credentials) expect(next.endReason).toBeNull()
        // Who is signed in changes only together with the epoch: caches are keyed by it.
        if (next.credentials && state.credentials && next.sessionId !== state.sessionId) {
          expect(next.epoch).toBeGreaterThan(state.epoch)
        }
        if (Boolean(next.credentials) !== Boolean(state.credentials)) expect(next.epoch).toBeGreaterThan(state.epoch)
        state = next
      }
    }),
    { numRuns: 300 },
  )
})
