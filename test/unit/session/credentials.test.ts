import { expect, test } from 'vitest'
import { hasSame } from '../../../src/session/credentials.ts'
import { credentialsOf } from '../../support/session-records.ts'

test.each([
  ['Two sessions with the same token have the same', credentialsOf(), credentialsOf(), true],
  ['Two tokens are not the same', credentialsOf(), credentialsOf({ accessToken: 'access-2' }), false],
  [
    'Two cookie sessions have no token',
    credentialsOf({ accessToken: null }),
    credentialsOf({ accessToken: null }),
    false,
  ],
  ['A session that was not there had no token', null, credentialsOf(), false],
  ['A session that is gone has no token', credentialsOf(), undefined, false],
  ['Two sessions that are not there have no token', null, null, false],
])('%s', (_, one, other, isSame) => {
  expect(hasSame('accessToken', one, other)).toBe(isSame)
})
