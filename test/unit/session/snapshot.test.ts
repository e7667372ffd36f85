import { describe, expect, test } from 'vitest'
import type { Credentials } from '../../../src/session/credentials.ts'
import { toSnapshot } from '../../../src/session/snapshot.ts'
import { initialState, type SessionState } from '../../../src/session/state.ts'
import { credentialsOf } from '../../support/session-records.ts'

const stateOf = (more: Partial<Credentials> = {}): SessionState => ({
  ...initialState,
  status: 'signed-in',
  sessionId: 'session-a',
  epoch: 2,
  generation: 5,
  credentials: credentialsOf(more),
})

describe('what the app may see of a session', () => {
  test('nothing, while nothing is known', () => {
    expect(toSnapshot(initialState)).toEqual({
      status: 'unknown',
      endReason: null,
      subject: null,
      claims: null,
      scope: [],
      accessTokenExpiresAtMs: null,
      sessionExpiresAtMs: null,
      epoch: 0,
      generation: 0,
    })
  })

  test('who is signed in, with what, and until when', () => {
    const more = { claims: { sub: 'alice' }, scope: 'read write', lifetimeMs: 300_000, sessionLifetimeMs: 900_000 }
    expect(toSnapshot(stateOf({ ...more, sentAt: 1000 }))).toEqual({
      status: 'signed-in',
      endReason: null,
      subject: 'alice',
      claims: { sub: 'alice' },
      scope: ['read', 'write'],
      accessTokenExpiresAtMs: 301_000,
      sessionExpiresAtMs: 901_000,
      epoch: 2,
      generation: 5,
    })
  })

  test('SG-01: no token, and no session id that one could be found by', () => {
    const secrets = { accessToken: 'secret-access', refreshToken: 'secret-refresh', idToken: 'secret-id' }
    const shown = JSON.stringify(toSnapshot(stateOf(secrets)))
    expect(shown).not.toContain('secret')
    expect(shown).not.toContain('session-a')
  })

  test.each([
    ['no scope', null, []],
    ['odd spaces', '  read   write ', ['read', 'write']],
    ['only spaces', '   ', []],
  ])('%s', (_name, scope, expected) => {
    expect(toSnapshot(stateOf({ scope })).scope).toEqual(expected)
  })

  test('a lifetime that is not known has no end', () => {
    const { accessTokenExpiresAtMs, sessionExpiresAtMs } = toSnapshot(stateOf())
    expect([accessTokenExpiresAtMs, sessionExpiresAtMs]).toEqual([null, null])
  })

  test('it cannot be changed by who reads it', () => {
    expect(Object.isFrozen(toSnapshot(stateOf()))).toBe(true)
  })

  test('an end has its reason', () => {
    const state: SessionState = { ...initialState, status: 'signed-out', endReason: 'refresh-rejected' }
    expect(toSnapshot(state)).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected', subject: null })
  })
})
