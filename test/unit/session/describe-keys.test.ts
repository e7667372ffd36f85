import { describe, expect, test } from 'vitest'
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

describe('a key that looks like a name', () => {
  test.each([
    'a',
    'token',
    'accessToken',
    'access_token',
    'x-api-key',
    'of_a_key_of_five',
    'token2',
    'key12',
    'a'.repeat(20),
  ])('`%s` is shown', key => {
    expect(describeKeys({ [key]: 1 })).toBe(`{ ${key} }`)
  })

  test.each([
    ['', 'an empty key'],
    ['Token', 'a capital letter first'],
    ['SECRET', 'capital letters only'],
    ['a'.repeat(21), 'a part of 21 letters'],
    [`a_${'a'.repeat(21)}`, 'a later part of 21 letters'],
    ['a_b_c_d_e_f', 'six parts'],
    ['key123', 'three digits'],
    ['1key', 'a digit first'],
    ['a1b', 'a digit within'],
    ['access token', 'a space'],
    ['access_', 'nothing after the underscore'],
    ['access.token', 'a dot'],
    ['=token', 'a sign before'],
    ['token=', 'a sign after'],
  ])('`%s` is not shown: %s', key => {
    expect(describeKeys({ [key]: 1 })).toBe('{ … }')
  })
})

test('At most twelve keys are shown', () => {
  const keys = [...'abcdefghijklmn']
  expect(describeKeys(Object.fromEntries(keys.map(key => [key, 1])))).toBe(`{ ${keys.slice(0, 12).join(', ')} }`)
})
