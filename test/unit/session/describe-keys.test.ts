import { expect, test } from 'vitest'
import { describeKeys } from '../../../src/session/parse-tokens.ts'

test('keys are shown only if they look like names, so that a wrongly parsed response is not', () => {
  const answer = {
    data: 1,
    refresh_token_expires_in: 1,
    '{"access_token":"gho_SECRET"}': '',
    gho_SECRET: 1,
    eyJ0eXAiOiJKV1Qi: 1,
  }
  expect(describeKeys(answer)).toBe('{ data, refresh_token_expires_in, …, …, … }')
})
