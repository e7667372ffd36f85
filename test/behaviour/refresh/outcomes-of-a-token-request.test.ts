import { memoryStore } from 'latchkey'
import { describe, expect, test } from 'vitest'
import type { SessionStore, StoredRecord } from '../../../src/session/session-store.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, outcomeOf, type Stage, type StageOptions } from '../../support/stage.ts'

const jsonOf =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const textOf =
  (status: number, body: string, type = 'text/plain', headers: Record<string, string> = {}) =>
  () =>
    new Response(body, { status, headers: { 'content-type': type, ...headers } })
const failing = (error: unknown) => () => {
  throw error
}
const truncated = () =>
  new Response(
    new ReadableStream({
      start: stream => {
        stream.enqueue(new TextEncoder().encode('{"accessToken":'))
        stream.error(new TypeError('terminated'))
      },
    }),
  )

/** Signed in, refused by the API, and with a token endpoint that answers so. */
const arrange = async (endpoint: () => Response, options: StageOptions = {}): Promise<Stage> => {
  const stage = createStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.refresh(({ refreshToken, post }) => post('token', { refreshToken }))
  stage.answer(({ path }) => (path === '/token' ? endpoint() : new Response('refused', { status: 401 })))
  return stage
}
const ask = (stage: Stage) => outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
const calls = ({ sends }: Stage) => sends.filter(({ path }) => path === '/token').length

type Class = 'refresh-rejected' | 'misconfigured' | 'unavailable'

const endings: readonly (readonly [id: string, name: string, endpoint: () => Response, becomes: Class])[] = [
  ['RF-09', '400 invalid_grant', jsonOf(400, { error: 'invalid_grant' }), 'refresh-rejected'],
  ['RF-09', '401 invalid_grant', jsonOf(401, { error: 'invalid_grant' }), 'refresh-rejected'],
  ['RF-09', '401 without a body', textOf(401, ''), 'refresh-rejected'],
  ['RF-09', '401 with a page', textOf(401, '<p>Log in', 'text/html'), 'refresh-rejected'],
  ['RF-09', '403 with JSON', jsonOf(403, { message: 'no' }), 'refresh-rejected'],
  ['RF-05', '200 bad_refresh_token', jsonOf(200, { error: 'bad_refresh_token' }), 'refresh-rejected'],
  ['RF-05', '200 invalid_grant', jsonOf(200, { error: 'invalid_grant' }), 'refresh-rejected'],
  ['RF-09', '400 login_required', jsonOf(400, { error: 'login_required' }), 'refresh-rejected'],
  ['RF-11', 'invalid_client', jsonOf(401, { error: 'invalid_client' }), 'misconfigured'],
  ['RF-11', 'unauthorized_client', jsonOf(400, { error: 'unauthorized_client' }), 'misconfigured'],
  ['RF-11', 'unsupported_grant_type', jsonOf(400, { error: 'unsupported_grant_type' }), 'misconfigured'],
  ['RF-11', 'invalid_scope', jsonOf(400, { error: 'invalid_scope' }), 'misconfigured'],
  ['RF-11', 'invalid_request', jsonOf(400, { error: 'invalid_request' }), 'misconfigured'],
  ['RF-05', '200 with an error nobody knows', jsonOf(200, { error: 'out_of_tea' }), 'unavailable'],
  ['RF-04', '200 that is not JSON', textOf(200, '<!doctype html>', 'text/html'), 'unavailable'],
  ['RF-04', '200 without a token', jsonOf(200, { ok: true }), 'unavailable'],
  ['RF-04', '200 with an empty token', jsonOf(200, { access_token: '', token_type: 'Bearer' }), 'unavailable'],
  ['RF-04', '200 with a number for a token', jsonOf(200, { access_token: 7, token_type: 'Bearer' }), 'unavailable'],
  ['RF-04', '200 with null', jsonOf(200, null), 'refresh-rejected'],
  ['RF-04', '200 with nothing', textOf(200, ''), 'unavailable'],
  [
    'RF-04',
    '200 with a token type that nobody can send',
    jsonOf(200, { access_token: 'a', token_type: 'mac' }),
    'unavailable',
  ],
  ['RF-10', '403 with a page', textOf(403, '<p>Blocked', 'text/html; charset=utf-8'), 'unavailable'],
  ['RF-10', '400 without a code', jsonOf(400, { message: 'no' }), 'unavailable'],
  ['RF-10', '404', textOf(404, 'not here'), 'unavailable'],
  ['RF-10', '408', textOf(408, ''), 'unavailable'],
  ['RF-10', '425', textOf(425, ''), 'unavailable'],
  ['RF-10', '429', textOf(429, ''), 'unavailable'],
  ['RF-10', '429 that speaks of invalid_grant', jsonOf(429, { error: 'invalid_grant' }), 'unavailable'],
  ['RF-10', '500', jsonOf(500, { error: 'server_error' }), 'unavailable'],
  ['RF-10', '500 that speaks of invalid_grant', jsonOf(500, { error: 'invalid_grant' }), 'unavailable'],
  ['RF-10', '502 with a page', textOf(502, '<p>Bad gateway', 'text/html'), 'unavailable'],
  ['RF-10', '503 temporarily_unavailable', jsonOf(503, { error: 'temporarily_unavailable' }), 'unavailable'],
  ['RF-10', '504', textOf(504, ''), 'unavailable'],
  ['RF-10', 'a network error', failing(new TypeError('fetch failed')), 'unavailable'],
  ['RF-10', 'an answer cut short', truncated, 'unavailable'],
]

describe('how a refresh ends, by the response of the token endpoint', () => {
  const ended = endings.filter(([, , , becomes]) => becomes !== 'unavailable')
  test.each(ended)('%s: %s ends the session once, with a reason', async (_id, _name, endpoint, reason) => {
    const stage = await arrange(endpoint)
    const outcomes = await Promise.all([ask(stage), ask(stage)])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'session-ended', reason })
    await stage.clock.advance(0)
    expect(stage.logins).toMatchObject([{ reason, subject: 'alice', tab: 'this' }])
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: reason })
    await expect(stage.client.session.getAccessToken()).rejects.toMatchObject({ code: 'session-ended' })
    expect(calls(stage)).toBe(1)
  })

  const kept = endings.filter(([, , , becomes]) => becomes === 'unavailable')
  test.each(kept)('%s: %s ends nothing: the tokens stay, and no login is required', async (_id, _name, endpoint) => {
    const stage = await arrange(endpoint)
    const outcomes = await Promise.all([ask(stage), ask(stage)])
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'refresh-unavailable' })
    await stage.clock.advance(60_000)
    expect([stage.logins.length, calls(stage)]).toEqual([0, 1])
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice', generation: 0 })
    stage.refresh(undefined)
    stage.answer(undefined)
    expect(await ask(stage)).toMatchObject({ status: 200 })
    expect(stage.refreshes.at(-1)?.refreshToken).toBe('refresh-1')
  })
})

describe('RF-12: Retry-After of the token endpoint', () => {
  const untilAllowed: readonly (readonly [name: string, value: string, waitMs: number])[] = [
    ['seconds', '30', 30_000],
    ['a date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['more than the cap', '120', 60_000],
    ['a number out of this world', '1000000000000', 60_000],
    ['garbage', 'soon', 0],
    ['a past date', 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ]
  test.each(untilAllowed)('%s (%s): no refresh before %i ms, and one after', async (_name, value, waitMs) => {
    const stage = await arrange(textOf(503, '', 'text/plain', { 'retry-after': value }))
    // The first failure's jitter at the clock's 0.5.
    const retryAfterMs = waitMs + 500
    expect(await ask(stage)).toMatchObject({ status: 503, retryAfterMs })
    await stage.clock.advance(retryAfterMs - 1)
    expect(await ask(stage)).toMatchObject({ code: 'refresh-unavailable', retryAfterMs: 1 })
    expect(calls(stage)).toBe(1)
    await stage.clock.advance(1)
    await ask(stage)
    expect(calls(stage)).toBe(2)
  })
})

describe('the announced end of a session', () => {
  test('RF-19: ends nothing: the refresh token is still tried after it', async () => {
    const stage = createStage()
    await stage.signIn({ sessionExpiresInSeconds: 10 })
    await stage.clock.advance(100_000)
    stage.refuseAll()
    expect(await ask(stage)).toMatchObject({ status: 200 })
    expect([stage.refreshes.length, stage.logins.length]).toEqual([1, 0])
  })

  test('RF-19: is not moved by a rotated refresh token', async () => {
    const stage = createStage()
    await stage.signIn({ sessionExpiresInSeconds: 100 })
    await stage.clock.advance(50_000)
    await stage.client.session.refresh()
    expect(stage.client.session.getSnapshot().sessionExpiresAtMs).toBeNull()
  })
})

describe('what the store holds when the response comes', () => {
  const start = async () => {
    const store: SessionStore = { ...memoryStore(), shared: true }
    const read = async () => (await store.read('one')) as StoredRecord
    const stage = createStage({ store, sessionName: 'one' })
    await stage.signIn({ subject: 'alice' })
    const answer = createDeferred<null>()
    stage.refresh(() => answer.promise)
    stage.answer(({ token }) => new Response('', { status: token === 'of-another-tab' ? 200 : 401 }))
    const asked = stage.client.fetch('https://api.test/a')
    await stage.clock.settle()
    return { stage, store, read, answer, asked }
  }

  test('RT-09: a rejection of a token that the store has replaced meanwhile adopts the newer one', async () => {
    const { stage, store, read, answer, asked } = await start()
    const { lease: _claim, credentials, generation, ...record } = await read()
    if (!credentials) throw new Error('nobody is signed in')
    const newer = { ...credentials, accessToken: 'of-another-tab', refreshToken: 'refresh-of-another-tab' }
    const next: StoredRecord = { ...record, revision: 'newer', generation: generation + 1, credentials: newer }
    await store.overwrite('one', next)
    answer.resolve(null)
    expect((await asked).status).toBe(200)
    expect(stage.refreshes.length).toBe(1)
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 1 })
    expect(stage.logins).toEqual([])
    expect(await read()).toEqual(next)
  })

  test('RT-09: a rejection of the token that the store still holds ends the session, in the store too', async () => {
    const { stage, read, answer, asked } = await start()
    answer.resolve(null)
    await expect(asked).rejects.toMatchObject({ reason: 'refresh-rejected' })
    await stage.clock.settle()
    expect(await read()).toMatchObject({ credentials: null, endedBy: 'refresh-rejected' })
  })
})
