import { inspect } from 'node:util'
import { HTTPError, isForceRetryError, isHTTPError, isKyError, isNetworkError, isTimeoutError } from 'ky'
import {
  type AnyLatchkeyError,
  ConfigurationError,
  isLatchkeyError,
  LatchkeyError,
  RefreshUnavailableError,
  SessionEndedError,
  StepUpRequiredError,
} from 'latchkey'
import { describe, expect, test } from 'vitest'

const response = new Response('the body', { status: 401, headers: { 'x-own': 'in the response' } })
const requirement = { acrValues: ['gold'], maxAgeSeconds: 60, scope: null }

const errors: readonly (readonly [string, AnyLatchkeyError, string])[] = [
  ['SessionEndedError', new SessionEndedError('refresh-rejected', response), 'session-ended'],
  [
    'RefreshUnavailableError',
    new RefreshUnavailableError({
      reason: 'status',
      status: 503,
      retryAfterMs: 1234.5,
      detail: 'POST /refresh answered 503',
    }),
    'refresh-unavailable',
  ],
  ['StepUpRequiredError', new StepUpRequiredError(requirement, response), 'step-up-required'],
  ['ConfigurationError', new ConfigurationError('limits.leewayMs', 'a number over 0'), 'configuration'],
]

describe.each(errors)('%s', (name, error, code) => {
  test('is recognised by its class, its name and its code', () => {
    expect(error).toBeInstanceOf(LatchkeyError)
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.code, String(error)]).toEqual([name, code, `${name}: ${error.message}`])
    expect(isLatchkeyError(error)).toBe(true)
  })

  test('is not taken for an error of ky by ky’s guards, which go by name', () => {
    for (const isKys of [isKyError, isHTTPError, isNetworkError, isTimeoutError, isForceRetryError])
      expect(isKys(error)).toBe(false)
  })

  test('shows nothing of a response when it is logged or serialised (HY-01)', () => {
    const shown = [
      JSON.stringify(error),
      inspect(error, { depth: Number.POSITIVE_INFINITY }),
      ...Object.keys(error),
    ].join()
    expect(shown).not.toMatch(/in the response|the body|Response/)
  })

  test('says what failed, and what to do', () => {
    expect(error.message).toMatch(/\. .*\.$|`limits\.leewayMs`: a number over 0/)
  })

  test('has no cause unless it was given one', () => {
    expect('cause' in error).toBe(false)
  })
})

describe('what an error carries', () => {
  test('is the reason, the status, the requirement, the response', () => {
    const [ended, unavailable, stepUp, configuration] = errors.map(([, error]) => error)
    expect(ended).toMatchObject({ reason: 'refresh-rejected', rejectedResponse: response })
    expect(unavailable).toMatchObject({ reason: 'status', status: 503, retryAfterMs: 1234.5 })
    expect(unavailable?.message).toBe('No newer token (status 503: POST /refresh answered 503). Try again in 1235 ms.')
    expect(stepUp).toMatchObject({ requirement, rejectedResponse: response })
    expect(configuration).toMatchObject({ option: 'limits.leewayMs' })
  })

  test('is `null` where there was none', () => {
    expect(new SessionEndedError('not-signed-in').rejectedResponse).toBeNull()
    expect(new ConfigurationError(null, 'Say it.')).toMatchObject({ option: null, message: 'Say it.' })
  })

  test.each(errors)('is nowhere named `response`, which other libraries read and overwrite: %s', (_, error) => {
    expect('response' in error).toBe(false)
  })

  test('may be a cause', () => {
    const cause = new Error('below')
    expect(new SessionEndedError('refresh-rejected', null, cause).cause).toBe(cause)
  })
})

describe('isLatchkeyError', () => {
  test('holds over two copies of the library on one page, where instanceof does not', async () => {
    // A module of another address is another copy.
    const address = '../../src/errors.ts?another-copy'
    const copy = (await import(/* @vite-ignore */ address)) as { readonly SessionEndedError: typeof SessionEndedError }
    const foreign = new copy.SessionEndedError('refresh-rejected')
    expect(foreign instanceof LatchkeyError).toBe(false)
    expect(isLatchkeyError(foreign)).toBe(true)
  })

  test.each([
    null,
    undefined,
    'session-ended',
    7,
    {},
    { code: 'session-ended' },
    Object.assign(new Error('x'), { code: 'session-ended', name: 'SessionEndedError' }),
    new HTTPError(new Response(), new Request('https://api.test'), {} as never),
    () => {},
  ])('is false for look-alikes: %o', value => {
    expect(isLatchkeyError(value)).toBe(false)
  })

  test('narrows the type, so that the code decides the other members', () => {
    const error: unknown = new RefreshUnavailableError({ reason: 'offline', status: null, retryAfterMs: 1000 })
    const wait = isLatchkeyError(error) && error.code === 'refresh-unavailable' ? error.retryAfterMs : 0
    expect(wait).toBe(1000)
  })
})
