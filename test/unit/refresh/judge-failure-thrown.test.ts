import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { isMistake, isPassing, judgeFailure, statusOf } from '../../../src/refresh/judge-failure.ts'
import { PostError } from '../../../src/refresh/post.ts'
import { credentialsOf } from '../../support/session-records.ts'

const judge = (thrown: unknown, sent = credentialsOf()) => judgeFailure(thrown, 0, sent)
const detailOf = (thrown: unknown, sent = credentialsOf()) => {
  const failure = judge(thrown, sent)
  return 'detail' in failure ? failure.detail : failure
}

describe('an OAuth code', () => {
  test.each([
    'xinvalid_grant',
    'invalid_grant ',
    'relogin_required',
    'login_requireds',
    'invalid_clients',
    'not_invalid_client',
  ])('`%s` is none that ends a session', error => {
    expect(judge({ error })).toMatchObject({ kind: 'unavailable' })
  })

  test.each([
    ['error', { error: 'invalid_grant' }],
    ['code', { code: 'invalid_grant' }],
    ['data.error', { data: { error: 'invalid_grant' } }],
    ['response.data.error', { response: { status: 400, data: { error: 'invalid_grant' } } }],
    ['error, before another', { error: 'invalid_grant', code: 'invalid_client' }],
    ['code, where `error` is another’s', { error: 'ERR_BAD_REQUEST', code: 'invalid_grant' }],
  ])('is read from `%s`', (_, thrown) => {
    expect(judge(thrown)).toEqual({ kind: 'rejected', misconfigured: false })
  })

  test('is not read from a thrown value that has neither', () => {
    for (const thrown of [
      { data: null },
      { response: null },
      { response: { data: null } },
      { error: ['invalid_grant'] },
    ])
      expect(judge(thrown)).toMatchObject({ kind: 'unavailable', reason: 'network' })
  })
})

describe('the status of what was thrown', () => {
  test.each([
    [{ status: 503 }, { status: 503, redirected: false }],
    [
      { response: { status: 503 }, status: 400 },
      { status: 503, redirected: false },
    ],
    [{ status: 299 }, { status: 299, redirected: false }],
    [{ status: 300 }, { status: 300, redirected: true }],
    [{ status: 399 }, { status: 399, redirected: true }],
    [{ status: 400 }, { status: 400, redirected: false }],
    [
      { status: 0, redirected: true },
      { status: 0, redirected: true },
    ],
    [
      { status: 200, redirected: 'yes' },
      { status: 200, redirected: false },
    ],
    [{ status: -1 }, { status: 0, redirected: false }],
    [null, { status: 0, redirected: false }],
    ['503', { status: 0, redirected: false }],
  ])('of %j is %j', (thrown, expected) => {
    expect(statusOf(thrown)).toEqual(expected)
  })

  test.each([
    [407, false],
    [408, true],
    [425, true],
    [429, true],
    [499, false],
    [500, true],
    [599, true],
  ])('%i passes: %s', (status, passes) => {
    expect(isPassing(status)).toBe(passes)
  })

  test.each([
    ['a redirect', { status: 302 }, 'status'],
    ['a redirect whose status is hidden', { status: 0, redirected: true }, 'status'],
    ['a good status', { status: 299 }, 'unreadable-response'],
    ['a bad status', { status: 400 }, 'status'],
    ['a mistake with a status', Object.assign(new TypeError('x is undefined'), { status: 503 }), 'status'],
    ['the first redirect', { status: 300 }, 'status'],
    ['a mistake', new TypeError('x is undefined'), 'invalid-refresh'],
    ['what a strategy of ours cannot use', new ConfigurationError(null, 'no token_type'), 'unreadable-response'],
    ['a code of another library', { code: 'ECONNREFUSED' }, 'network'],
  ])('%s has the reason that fits', (_, thrown, reason) => {
    expect(judge(thrown)).toMatchObject({ kind: 'unavailable', reason })
  })
})

describe('a mistake in the app’s function', () => {
  test.each([
    new ReferenceError('body is not defined'),
    new RangeError('Invalid time value'),
    new TypeError("Cannot read properties of undefined (reading 'access')"),
    new TypeError('body.tokens is undefined'),
    new TypeError('null is not an object'),
    new TypeError('api.refresh is not a function'),
    new TypeError('Session is not a constructor'),
    new TypeError('undefined is not iterable'),
    new TypeError("Cannot set property 'a' of x"),
  ])('is known: %s', error => {
    expect(isMistake(error)).toBe(true)
  })

  test.each([
    new TypeError('Failed to fetch'),
    new TypeError('NetworkError when attempting to fetch resource.'),
    new TypeError('Load failed'),
    new TypeError('nullable properly annulled'),
    new Error('user is undefined'),
    new SyntaxError('Unexpected token < in JSON'),
    'undefined',
    undefined,
  ])('is not seen in %s', error => {
    expect(isMistake(error)).toBe(false)
  })
})

describe('what is said of a failure', () => {
  test.each(['accessToken', 'refreshToken', 'idToken'] as const)(
    'never holds the %s, however often the app quotes it',
    name => {
      const sent = credentialsOf({ accessToken: null, refreshToken: null, idToken: null, [name]: 'abcd' })
      expect(detailOf(new Error('abcd was refused: abcd'), sent)).toBe('… was refused: …')
    },
  )

  test.each([
    new PostError(new URL('https://id.test/auth'), Response.json({}, { status: 410 }), 'temporarily_unavailable'),
    new ConfigurationError('aLongNameOfAnOption', "write 'none' or `a-longer-one-here`"),
  ])('keeps every word of an error of ours, which quotes nothing: $message', error => {
    expect(detailOf(error)).toContain(error.message)
    expect(detailOf({ name: 'Error', message: error.message })).not.toContain(error.message)
  })

  test('keeps words that are as short as a token never is', () => {
    expect(detailOf(new Error('abc was refused'), credentialsOf({ accessToken: 'abc', refreshToken: '' }))).toBe(
      'abc was refused',
    )
  })

  test.each([
    ['an error of JSON.parse, which quotes the response', new SyntaxError('Unexpected token "secret"'), 'SyntaxError'],
    ['what has a name alone', { name: 'Oops' }, 'Oops'],
    ['what has neither name nor message', {}, 'failed'],
    ['a message that is no text', { message: 7 }, 'failed'],
    ['a thrown text', 'offline', 'offline'],
  ])('is the name or the message: of %s', (_, thrown, detail) => {
    expect(detailOf(thrown)).toBe(detail)
  })

  test.each([
    [399, false],
    [400, true],
    [404, true],
    [429, false],
    [499, true],
    [500, false],
  ])('advises to return null after a %i: %s', (status, advises) => {
    expect(/return null/.test(String(detailOf({ status, message: 'no' })))).toBe(advises)
  })
})

test('the detail of a 404 asks for the URL, and that of a 400 does not', () => {
  expect(detailOf({ status: 404, message: 'no' })).toContain('Is its URL right?')
  expect(detailOf({ status: 400, message: 'no' })).not.toContain('URL')
})

describe('headers of what was thrown', () => {
  test.each([
    ['with `get`', new Headers({ 'retry-after': '2' }), 2000],
    ['as an object', { 'retry-after': '2' }, 2000],
    ['as an object with a number', { 'retry-after': 2 }, null],
    ['missing', undefined, null],
    ['null', null, null],
  ])('%s', (_, headers, retryAfterMs) => {
    expect(judge({ status: 503, headers })).toMatchObject({ retryAfterMs })
  })
})
