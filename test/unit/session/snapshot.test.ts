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

describe('the snapshot of a session', () => {
  test('has nothing while nothing is known', () => {
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

  test('has the user, the claims and the end of the token', () => {
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

  test('SG-01: has no token, and no session id that leads to one', () => {
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

  test('has no end if the lifetime is unknown', () => {
    const { accessTokenExpiresAtMs, sessionExpiresAtMs } = toSnapshot(stateOf())
    expect([accessTokenExpiresAtMs, sessionExpiresAtMs]).toEqual([null, null])
  })

  test('cannot be changed by its reader', () => {
    expect(Object.isFrozen(toSnapshot(stateOf()))).toBe(true)
  })

  test.each(['reauthenticating', 'signed-out'] as const)(
    'does not show the user that the server knew once the status is %s',
    status => {
      const assumed = { status: 'signed-in', subject: 'alice', claims: null } as const
      expect(toSnapshot({ ...initialState, status, assumed })).toMatchObject({ status, subject: null })
    },
  )

  test('has the reason of an end', () => {
    const state: SessionState = { ...initialState, status: 'signed-out', endReason: 'refresh-rejected' }
    expect(toSnapshot(state)).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected', subject: null })
  })
})
