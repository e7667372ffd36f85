import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { describeKeys, requireCredentials } from '../../../src/session/parse-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'

const clock = createControlledClock()
const sent = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }

describe('a sign-in with what is no credential', () => {
  test('is a configuration error, which names the keys that were found and never their values', () => {
    const attempt = () => requireCredentials({ token: 'secret-access', user: { id: 'secret-user' } }, sent, clock)
    expect(attempt).toThrow(ConfigurationError)
    expect(attempt).toThrow(/, not \{ token, user \}$/)
    expect(attempt).not.toThrow(/secret/)
  })

  test.each([
    [{ accessToken: null }, 'not { accessToken }, whose `accessToken` is null: '],
    [{ access_token: undefined, refreshToken: 'r' }, 'whose `access_token` is undefined: '],
    [{ accessToken: '' }, 'whose `accessToken` is "": '],
    [{ access_token: { value: 'secret' } }, 'whose `access_token` is object: '],
    [{ accessToken: 1234 }, 'whose `accessToken` is number: '],
    [{ accessToken: 0n }, 'whose `accessToken` is bigint: '],
  ])('%o: says what was given as the token, and what to write', (input, found) => {
    const attempt = () => requireCredentials(input, sent, clock)
    expect(attempt).toThrow(`${found}write a string, or call \`signOut()\``)
    expect(attempt).not.toThrow(/secret|1234/)
  })

  test('lists a few keys only', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key${index}`, 1]))
    expect(describeKeys(many)).toMatch(/key11 }$/)
  })

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['secret', 'string'],
  ])('names only the type of a value that is no object (%j)', (input, type) => {
    expect(describeKeys(input)).toBe(type)
  })
})
