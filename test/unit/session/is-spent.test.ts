import { describe, expect, test } from 'vitest'
import { isSpent } from '../../../src/session/judge-stored-record.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

describe('a stored token that must not stay readable', () => {
  const holding = (accessToken: string | null, refreshToken: string | null) =>
    storedRecord({ credentials: credentialsOf({ accessToken, refreshToken }) })
  const signedOut = storedRecord({ credentials: null })

  test.each([
    ['a refresh token that was replaced', holding('a', 'one'), holding('a', 'two'), true],
    ['the refresh token that stays in use', holding('a', 'one'), holding('b', 'one'), false],
    ['a refresh token, after a sign-out', holding('a', 'one'), signedOut, true],
    ['an access token alone, after a sign-out', holding('a', null), signedOut, true],
    ['an access token alone that was replaced', holding('a', null), holding('b', null), true],
    ['the access token that stays in use', holding('a', null), holding('a', null), false],
    ['a cookie session, which has none', holding(null, null), holding('a', null), false],
    ['nobody’s session', signedOut, holding('a', 'one'), false],
    ['no record', null, holding('a', 'one'), false],
    ['no record that is known', undefined, signedOut, false],
  ])('In the store is %s', (_, stored, next, spent) => {
    expect(isSpent(stored, next)).toBe(spent)
  })
})
