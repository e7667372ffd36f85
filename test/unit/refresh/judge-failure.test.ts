import axios, { type InternalAxiosRequestConfig } from 'axios'
import ky from 'ky'
import { type Client, processRefreshTokenResponse } from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import { judgeFailure } from '../../../src/refresh/judge-failure.ts'
import { readAnswer } from '../../../src/refresh/post.ts'

const now = Date.UTC(2026, 0, 1)
const url = new URL('https://id.test/token')

interface Answered {
  readonly status: number
  readonly body: string
  readonly type: string
  readonly retryAfter?: string
}
const jsonOf = (status: number, error?: string): Answered => ({
  status,
  body: JSON.stringify(error === undefined ? { message: 'no' } : { error }),
  type: 'application/json',
})
const htmlOf = (status: number): Answered => ({ status, body: '<p>Sorry', type: 'text/html; charset=utf-8' })
const responseOf = ({ status, body, type, retryAfter }: Answered) =>
  new Response(body, { status, headers: { 'content-type': type, ...(retryAfter && { 'retry-after': retryAfter }) } })

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
const axiosAdapter = (answered: Answered) => (config: InternalAxiosRequestConfig) =>
  Promise.reject(
    new axios.AxiosError('Request failed', 'ERR_BAD_REQUEST', config, null, {
      ...answered,
      data: answered.type.includes('json') ? JSON.parse(answered.body) : answered.body,
      statusText: '',
      config,
      headers: { 'content-type': answered.type, ...(answered.retryAfter && { 'retry-after': answered.retryAfter }) },
    }),
  )

/** The ways in which an app's refresh comes to throw what the server answered. */
const ways: readonly (readonly [name: string, fail: (answered: Answered) => Promise<unknown>])[] = [
  ['our post', answered => caught(readAnswer(url, responseOf(answered)))],
  ['ky', answered => caught(ky(url, { retry: 0, fetch: async () => responseOf(answered) }).json())],
  ['axios', answered => caught(axios.get(url.href, { adapter: axiosAdapter(answered) }))],
]

type Class = 'refused' | 'misconfigured' | 'unavailable' | 'unavailable, unrotated'

/** Standards §2.2. Untouched: the server answered, and surely did not rotate. */
const table: readonly (readonly [name: string, answered: Answered, becomes: Class])[] = [
  ['400 invalid_grant', jsonOf(400, 'invalid_grant'), 'refused'],
  ['401 invalid_grant', jsonOf(401, 'invalid_grant'), 'refused'],
  ['401 with any JSON', jsonOf(401), 'refused'],
  ['401 with a page', htmlOf(401), 'refused'],
  ['403 with any JSON', jsonOf(403), 'refused'],
  ['403 with a page: a proxy’s', htmlOf(403), 'unavailable'],
  ['400 login_required', jsonOf(400, 'login_required'), 'refused'],
  ['400 interaction_required', jsonOf(400, 'interaction_required'), 'refused'],
  ['400 consent_required', jsonOf(400, 'consent_required'), 'refused'],
  ['400 account_selection_required', jsonOf(400, 'account_selection_required'), 'refused'],
  ['400 bad_refresh_token', jsonOf(400, 'bad_refresh_token'), 'refused'],
  ['401 invalid_client', jsonOf(401, 'invalid_client'), 'misconfigured'],
  ['400 unauthorized_client', jsonOf(400, 'unauthorized_client'), 'misconfigured'],
  ['400 unsupported_grant_type', jsonOf(400, 'unsupported_grant_type'), 'misconfigured'],
  ['400 invalid_scope', jsonOf(400, 'invalid_scope'), 'misconfigured'],
  ['400 invalid_request', jsonOf(400, 'invalid_request'), 'misconfigured'],
  ['400 with a code nobody knows', jsonOf(400, 'out_of_tea'), 'unavailable, unrotated'],
  ['400 without a code', jsonOf(400), 'unavailable, unrotated'],
  ['404', jsonOf(404), 'unavailable, unrotated'],
  ['408', jsonOf(408), 'unavailable'],
  ['425', jsonOf(425), 'unavailable, unrotated'],
  ['429', jsonOf(429), 'unavailable, unrotated'],
  ['429 invalid_grant', jsonOf(429, 'invalid_grant'), 'unavailable, unrotated'],
  ['500', jsonOf(500), 'unavailable'],
  ['500 invalid_grant', jsonOf(500, 'invalid_grant'), 'unavailable'],
  ['500 invalid_client', jsonOf(500, 'invalid_client'), 'unavailable'],
  ['502', jsonOf(502), 'unavailable'],
  ['503', jsonOf(503), 'unavailable, unrotated'],
  ['503 temporarily_unavailable', jsonOf(503, 'temporarily_unavailable'), 'unavailable, unrotated'],
  ['504', jsonOf(504), 'unavailable'],
]

describe.each(ways)('judgeFailure, of what %s throws', (_way, fail) => {
  test.each(table)('%s', async (_name, answered, becomes) => {
    const failure = judgeFailure(await fail(answered), now, null)
    if (becomes === 'refused' || becomes === 'misconfigured') {
      expect(failure).toMatchObject({ kind: 'rejected', misconfigured: becomes === 'misconfigured' })
      return
    }
    const isUnrotated = becomes === 'unavailable, unrotated'
    expect(failure).toMatchObject({ kind: 'unavailable', reason: 'status', status: answered.status, isUnrotated })
  })

  test('RF-12: Retry-After is read, in seconds and as a date', async () => {
    for (const retryAfter of ['30', 'Thu, 01 Jan 2026 00:00:30 GMT']) {
      const failure = judgeFailure(await fail({ ...jsonOf(503), retryAfter }), now, null)
      expect(failure).toMatchObject({ retryAfterMs: 30_000 })
    }
  })

  test('RF-12: without Retry-After, or with garbage in it, there is no delay', async () => {
    expect(judgeFailure(await fail(jsonOf(503)), now, null)).toMatchObject({ retryAfterMs: null })
    expect(judgeFailure(await fail({ ...jsonOf(503), retryAfter: 'soon' }), now, null)).toMatchObject({
      retryAfterMs: null,
    })
  })
})

describe('judgeFailure, of a response that is no JSON', () => {
  test.each([400, 404, 429, 503])(
    'a page with status %i may come from a proxy: the response counts as lost',
    async status => {
      for (const [name, fail] of ways) {
        const failure = judgeFailure(await fail(htmlOf(status)), now, null)
        expect([name, failure]).toEqual([name, expect.objectContaining({ kind: 'unavailable', isUnrotated: false })])
      }
    },
  )
})

test.each([429, 503])(
  'judgeFailure: a %i of our post that is no JSON is a lost response, whatever its content type',
  async status => {
    const answered = { status, body: 'upstream connect error', type: 'text/plain' }
    const failure = judgeFailure(await caught(readAnswer(url, responseOf(answered))), now, null)
    expect(failure).toMatchObject({ kind: 'unavailable', isUnrotated: false })
  },
)

describe('judgeFailure, of other things thrown', () => {
  test('oauth4webapi’s error is read by its code', async () => {
    const client: Client = { client_id: 'spa' }
    const server = { issuer: 'https://id.test' }
    for (const [code, misconfigured] of [
      ['invalid_grant', false],
      ['invalid_client', true],
    ] as const) {
      const error = await caught(processRefreshTokenResponse(server, client, responseOf(jsonOf(400, code))))
      expect(judgeFailure(error, now, null)).toMatchObject({ kind: 'rejected', misconfigured })
    }
  })

  test.each([
    ['a Response with 401', new Response('', { status: 401 }), { kind: 'rejected' }],
    ['a Response with 503', new Response('', { status: 503 }), { kind: 'unavailable', status: 503 }],
    ['an object with a status', { status: 401 }, { kind: 'rejected' }],
    ['an Error with a code of OAuth', Object.assign(new Error(), { error: 'invalid_grant' }), { kind: 'rejected' }],
    [
      'an Error with such a code as `code`',
      Object.assign(new Error(), { code: 'login_required' }),
      { kind: 'rejected' },
    ],
    ['a network error', new TypeError('Failed to fetch'), { kind: 'unavailable', reason: 'network', status: null }],
    ['a timeout', new DOMException('late', 'TimeoutError'), { kind: 'unavailable', reason: 'timeout', status: null }],
    ['an abort', new DOMException('off', 'AbortError'), { kind: 'unavailable', reason: 'timeout', status: null }],
    ['status 0', { status: 0 }, { kind: 'unavailable', reason: 'network', status: null }],
    ['a status that is no number', { status: '401' }, { kind: 'unavailable', reason: 'network', status: null }],
    ['a code that only begins like a refusal', { error: 'invalid_grants' }, { kind: 'unavailable' }],
    ['a message that speaks of one', new Error('invalid_grant'), { kind: 'unavailable' }],
    [
      'axios without an answer',
      new axios.AxiosError('Network Error', 'ERR_NETWORK'),
      { kind: 'unavailable', reason: 'network' },
    ],
    ['nothing', undefined, { kind: 'unavailable', reason: 'network' }],
    ['null', null, { kind: 'unavailable', reason: 'network' }],
    ['a text', 'invalid_grant', { kind: 'unavailable', reason: 'network' }],
    ['a number', 401, { kind: 'unavailable', reason: 'network' }],
  ])('%s', (_name, thrown, expected) => {
    expect(judgeFailure(thrown, now, null)).toMatchObject(expected)
  })

  test('without a status the response counts as lost: the token may have been rotated', () => {
    expect(judgeFailure(new TypeError('Failed to fetch'), now, null)).toMatchObject({ isUnrotated: false })
  })

  test('a good status with an unreadable body is an unreadable response', async () => {
    const page = await caught(readAnswer(url, responseOf(htmlOf(200))))
    expect(judgeFailure(page, now, null)).toMatchObject({
      reason: 'unreadable-response',
      status: 200,
      isUnrotated: false,
    })
  })
})
