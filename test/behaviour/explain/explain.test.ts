import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { registeredParts } from '../../../src/client/internals.ts'
import { type ExplainOptions, type Explanation, explain, explainUnauthorized } from '../../../src/explain.ts'
import { huntLeaks, secret } from '../../support/leaks.ts'
import { createStage, forms, refusal, type Stage, type StageOptions } from '../../support/stage.ts'

const unauthorized = (challenge = 'Bearer error="invalid_token"', body = '{}') =>
  new Response(body, {
    status: 401,
    headers: { 'www-authenticate': challenge, 'content-type': 'application/json' },
  })

/** Explains a client, with time in the test’s hands. */
const listen = async (options: ExplainOptions = {}, stageOptions: StageOptions = {}) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const stage = createStage(stageOptions)
  const explanations: Explanation[] = []
  const stop = explainUnauthorized(stage.client, { tell: one => void explanations.push(one), ...options })
  onTestFinished(stop)
  /** Until what was collected is reported. */
  const collected = () => vi.advanceTimersByTimeAsync(150)
  return { stage, explanations, stop, collected }
}
const codesOf = (explanations: readonly Explanation[]) => explanations.map(({ causes }) => causes[0]?.code)

describe.each(forms)('a 401, by %s,', (_form, send) => {
  test('that a refresh cured is explained only if the app wants that', async () => {
    for (const includeRefreshed of [false, true]) {
      const { stage, explanations, collected } = await listen({ includeRefreshed })
      await stage.signIn()
      stage.answer(({ token }) => (token === 'access-1' ? unauthorized() : new Response('fine')))
      expect((await send(stage.client, '/x')).status).toBe(200)
      await collected()
      expect(explanations.map(({ status, facts }) => [status, facts.refresh.outcome])).toEqual(
        includeRefreshed ? [[401, 'refreshed']] : [],
      )
    }
  })

  test('that comes a hundred times is explained once, with the routes and without their ids', async () => {
    const { stage, explanations, collected } = await listen()
    stage.answer(() => unauthorized('Bearer'))
    await Promise.all(Array.from({ length: 100 }, (_, index) => send(stage.client, `/todos/${index}`)))
    await collected()
    expect(explanations.map(({ requests, routes }) => [requests, routes])).toEqual([
      [100, ['GET https://api.test/todos/:id']],
    ])
    await send(stage.client, '/todos/7')
    await collected()
    expect(explanations).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(30_000)
    await send(stage.client, '/todos/7')
    await collected()
    expect(explanations).toHaveLength(2)
  })

  test('that comes thirty times is explained once, though the server writes the time and an id into its text', async () => {
    const { stage, explanations, collected } = await listen()
    stage.answer(({ path }) => {
      const words = `Expired at 2026-11-29T10:00:00Z, now 10:05:${path.slice(1)}Z, a difference of ${path.slice(1)} ms (e${path.slice(1)}f)`
      return unauthorized(`Bearer error="invalid_token", error_description="${words}"`)
    })
    await Promise.all(Array.from({ length: 30 }, (_, index) => send(stage.client, `/${index + 10}`)))
    await collected()
    expect(explanations.map(({ requests }) => requests)).toEqual([30])
  })

  test('of another kind is explained for itself', async () => {
    const { stage, explanations, collected } = await listen()
    stage.answer(({ path }) => unauthorized(path === '/basic' ? 'Basic realm="x"' : 'Bearer'))
    await send(stage.client, '/x')
    await send(stage.client, '/basic')
    await collected()
    expect(codesOf(explanations)).toEqual(['not-signed-in', 'other-scheme'])
  })

  test('is explained no more after the app has stopped it', async () => {
    const { stage, explanations, stop, collected } = await listen()
    stage.answer(() => unauthorized())
    await send(stage.client, '/x')
    stop()
    await send(stage.client, '/y')
    await collected()
    expect(explanations).toEqual([])
    expect(stage.client.session.getSnapshot().status).toBe('signed-out')
  })

  test('is left to its caller, body and all', async () => {
    const { stage, collected } = await listen()
    stage.answer(() => unauthorized('Bearer', '{"error":"no"}'))
    const response = await send(stage.client, '/x')
    await collected()
    expect(await response.json()).toEqual({ error: 'no' })
  })

  test('is explained as one also where the app’s own fetch reads its body already', async () => {
    const { stage, explanations, collected } = await listen()
    const held = unauthorized('Bearer')
    held.body?.getReader()
    stage.answer(() => held)
    await send(stage.client, '/x').catch(() => {})
    await collected()
    expect(explanations.map(({ status }) => status)).toEqual([401])
    expect(codesOf(explanations)).toEqual(['not-signed-in'])
  })

  test('is explained by hand with what was sent', async () => {
    const { stage } = await listen()
    await stage.signIn()
    stage.answer(
      () => new Response('', { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }),
    )
    const response = await send(stage.client, '/x')
    const { causes, facts } = await explain(response)
    expect([causes[0]?.code, facts.sent.credentials]).toEqual(['scope', 'attached'])
  })
})

test('a response that no client received is explained from itself alone', async () => {
  const { causes, facts } = await explain(unauthorized('Basic realm="x"', '{"message":"Wrong password"}'))
  expect([causes[0]?.code, facts.sent.credentials, facts.response?.text]).toEqual([
    'other-scheme',
    'unknown',
    'Wrong password',
  ])
})

test('the text of a response is read by hand while its session lasts; after it, the tokens that must not be shown are forgotten', async () => {
  const { stage } = await listen()
  await stage.signIn()
  stage.answer(() => Response.json({ message: 'Not for you' }, { status: 403 }))
  const responses = [await stage.client.fetch('https://api.test/x'), await stage.client.fetch('https://api.test/y')]
  const [first, second] = responses as [Response, Response]
  const before = await explain(first)
  await stage.client.session.signOut()
  const after = await explain(second)
  expect([before.facts.response?.text, after.facts.response?.text]).toEqual(['Not for you', null])
})

test('a request that the app aborts is not explained', async () => {
  const { stage, explanations, collected } = await listen({ probe: false })
  stage.answer(
    (_send, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const abort = new AbortController()
  const sent = stage.client.fetch('https://api.test/x', { signal: abort.signal })
  await collected()
  expect(stage.sends).toHaveLength(1)
  abort.abort()
  await expect(sent).rejects.toThrow()
  await collected()
  expect(explanations).toEqual([])
})

describe('where the page may not read an answer', () => {
  const fail = async (options: ExplainOptions, init: RequestInit = {}) => {
    const probes = vi.fn(() => Promise.resolve(new Response('')))
    vi.stubGlobal('fetch', probes)
    const { stage, explanations, collected } = await listen(options)
    stage.answer(() => Promise.reject(new TypeError('Failed to fetch')))
    await expect(stage.client.fetch('https://api.test/x?secret=1', init)).rejects.toThrow('Failed to fetch')
    await collected()
    return { probes, explanations }
  }

  test('the URL is requested once more, without credentials, by GET and without the query', async () => {
    const { probes, explanations } = await fail({}, { method: 'POST', body: 'x' })
    const bare = { method: 'GET', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }
    expect(probes.mock.calls).toEqual([['https://api.test/x', expect.objectContaining(bare)]])
    expect(explanations.map(({ status, facts }) => [status, facts.probe?.isReachable])).toEqual([[null, true]])
  })

  test('nothing more is requested with `probe: false`', async () => {
    const { probes, explanations } = await fail({ probe: false })
    expect(probes).not.toHaveBeenCalled()
    expect(explanations.map(({ status, facts }) => [status, facts.probe])).toEqual([[null, null]])
  })
})

test('a client of another copy of the library is not explained, and the console says so once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const { client } = createStage()
  for (let times = 0; times < 2; times += 1) explainUnauthorized({ session: { ...client.session } })()
  expect(warn.mock.calls).toEqual([[expect.stringContaining('another copy of latchkey')]])
})

test('headers that fetch rejects are reported to the caller alone', async () => {
  const reported = vi.fn()
  vi.stubGlobal('reportError', reported)
  const { stage } = await listen()
  stage.answer(() => new Response())
  await expect(stage.client.fetch('https://api.test/x', { headers: { 'no name': 'x' } })).rejects.toThrow(TypeError)
  expect(reported).not.toHaveBeenCalled()
})

test('a report callback that throws is reported as the app’s mistake, and changes nothing', async () => {
  const reported = vi.fn()
  vi.stubGlobal('reportError', reported)
  const { stage, collected } = await listen({
    tell: () => {
      throw new Error('mine')
    },
  })
  stage.answer(() => unauthorized('Bearer'))
  expect((await stage.client.fetch('https://api.test/x')).status).toBe(401)
  await collected()
  expect(reported.mock.calls).toEqual([[expect.objectContaining({ message: 'mine' })]])
})

test('the console shows one collapsed group, whose head alone has the sentence', async () => {
  const group = vi.spyOn(console, 'groupCollapsed').mockImplementation(() => {})
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const groupEnd = vi.spyOn(console, 'groupEnd').mockImplementation(() => {})
  const { stage, collected } = await listen({ tell: undefined })
  stage.answer(() => unauthorized('Bearer'))
  await stage.client.fetch('https://api.test/x?secret=1')
  await collected()
  expect(group.mock.calls).toEqual([
    ['latchkey: GET https://api.test/x: 401. Surely: No user is signed in, so no token was sent.'],
  ])
  expect(log.mock.calls).toEqual([[expect.stringMatching(/^1\. not-signed-in\n/)]])
  expect(String(log.mock.calls)).not.toContain('No user is signed in, so no token was sent')
  expect(groupEnd).toHaveBeenCalledOnce()
})

test('no token, and no part of one, is in facts, on the console or in errors, even where the server echoes it', async () => {
  const hunt = huntLeaks()
  const { stage, explanations, collected } = await listen()
  const [access, refresh] = [secret('Access'), secret('Refresh')]
  await stage.client.session.signIn({ accessToken: access, refreshToken: refresh })
  const echo = { message: `The token ${access} is bad`, detail: `got ${access.slice(3, 20)}… and ${refresh}` }
  stage.answer(() =>
    unauthorized(`Bearer error="invalid_token", error_description="${access} was revoked"`, JSON.stringify(echo)),
  )
  await stage.client.fetch('https://api.test/x')
  await collected()
  for (const one of explanations) hunt.note([one, String(one), JSON.stringify(one.facts)])
  expect(explanations.length).toBeGreaterThan(0)
  expect(hunt.verdict()).toContain('was revoked')
})

const sendsListenedTo = (stage: Stage): number => registeredParts(stage.client.session)?.sends.size ?? -1

test('while nothing listens, no facts are collected', async () => {
  const { stage, stop } = await listen()
  expect(sendsListenedTo(stage)).toBe(1)
  stop()
  expect(sendsListenedTo(stage)).toBe(0)
  stage.answer(() => refusal())
  await stage.client.fetch('https://api.test/x')
})
