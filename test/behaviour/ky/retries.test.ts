import { isHTTPError } from 'ky'
import { bearer, isReplayable } from 'latchkey'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { createDeferred } from '../../support/deferred.ts'
import { begin, pass, takeTimers } from '../../support/ky-timers.ts'
import { createStage, outcomeOf, refusal, type Stage, type StageOptions } from '../../support/stage.ts'

beforeEach(takeTimers)

/** ky's own backoff is left as it is: 0.3 s before the first retry, 0.6 s before the second. */
const start = async (options: StageOptions = {}) => {
  const stage = createStage({ retry: 2, ...options })
  await stage.signIn()
  return stage
}
const tokens = ({ sends }: Stage) => sends.map(({ token }) => token)
const down = () => new Response('down', { status: 503 })

describe('a call in whose task the user changes: ky sends it a moment later', () => {
  test.each([
    ['another user signs in', 'replaced', 'bob'],
    ['the user signs out', 'signed-out', null],
  ])('is not sent if %s', async (_, reason, next) => {
    const stage = await start()
    const answer = begin(stage.client.put('a', { json: { of: 'alice' } }))
    const change = next ? stage.signIn({ subject: next }) : stage.client.session.signOut()
    await pass(0)
    await change
    await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason })
    expect(tokens(stage)).toEqual([])
    expect(stage.logins).toEqual([])
  })

  test.each(['beforeRetry', 'afterResponse'] as const)(
    'nor if it has a hook (%s) that may sign in later',
    async hook => {
      const stage = await start()
      const answer = begin(stage.client.put('a', { json: { of: 'alice' }, hooks: { [hook]: [() => undefined] } }))
      const change = stage.signIn({ subject: 'bob' })
      await pass(0)
      await change
      await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
      expect(tokens(stage)).toEqual([])
    },
  )

  describe.each(['the client', 'the call'])('nor if a `beforeRequest` hook of %s waits meanwhile', owner => {
    test.each([
      ['another user signs in', 'replaced', 'bob'],
      ['the user signs out', 'signed-out', null],
    ])('and %s', async (_, reason, next) => {
      const gate = createDeferred()
      const hooks = { beforeRequest: [() => gate.promise] }
      const stage = createStage(owner === 'the client' ? { hooks } : {})
      await stage.signIn({ subject: 'alice' })
      const answer = begin(stage.client.put('a', { json: { of: 'alice' }, ...(owner === 'the call' && { hooks }) }))
      await pass(0)
      await (next ? stage.signIn({ subject: next }) : stage.client.session.signOut())
      gate.resolve()
      await pass(0)
      await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason })
      expect(tokens(stage)).toEqual([])
      expect(stage.logins).toEqual([])
    })
  })

  test.each(['a user without a name', 'the same user'])(
    'is sent in the session that its own `beforeRequest` hook begins: of %s',
    async who => {
      const stage = createStage()
      const subject = who === 'the same user' ? 'alice' : undefined
      await stage.signIn({ subject })
      const beforeRequest = [
        async () => {
          await stage.client.session.signOut()
          await stage.signIn({ subject })
        },
      ]
      expect((await stage.client.put('a', { json: {}, hooks: { beforeRequest } })).status).toBe(200)
      expect(tokens(stage)).toEqual(['access-2'])
    },
  )

  test('is sent if nobody was signed in, and with `auth: false`', async () => {
    const stage = createStage()
    const answer = begin(stage.client.get('a'))
    await stage.signIn()
    expect((await answer).status).toBe(200)
    const login = begin(stage.client.post('login', { auth: false, json: {} }))
    await stage.signIn({ subject: 'bob' })
    await login.catch(() => {})
    expect(tokens(stage)).toEqual(['access-1', null])
  })
})

describe('ky’s own retry', () => {
  test.each<[string, () => Response]>([
    ['a 503', down],
    [
      'a network error',
      () => {
        throw new TypeError('fetch failed')
      },
    ],
  ])('after %s carries the token that is current then', async (_, fail) => {
    const stage = await start()
    stage.answer(fail)
    const answer = begin(stage.client.get('a'))
    await pass(100)
    await stage.client.session.refresh()
    stage.answer(undefined)
    await pass(200)
    expect((await answer).status).toBe(200)
    expect(tokens(stage)).toEqual(['access-1', 'access-2'])
  })

  test.each([
    ['another user has signed in', 'replaced', 'bob'],
    ['the user has signed out', 'signed-out', null],
  ])(
    'is not sent if %s since: the call rejects with SessionEndedError, and no login is asked for',
    async (_, reason, next) => {
      const stage = await start()
      stage.answer(down)
      const answer = begin(stage.client.put('a', { json: { of: 'alice' } }))
      await pass(100)
      if (next) await stage.signIn({ subject: next })
      else await stage.client.session.signOut()
      stage.answer(undefined)
      await pass(20_000)
      await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason })
      expect(tokens(stage)).toEqual(['access-1'])
      expect(stage.logins).toEqual([])
    },
  )

  test('is not sent as another user by `ky.retry()` in a hook either', async () => {
    const stage = await start()
    const afterResponse = [
      async ({ retryCount }: { retryCount: number }) => {
        if (retryCount > 0) return undefined
        await stage.signIn({ subject: 'bob' })
        return stage.client.retry({ delay: 0 })
      },
    ]
    const answer = begin(stage.client.put('a', { json: { of: 'alice' }, hooks: { afterResponse } }))
    await pass(20_000)
    await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(tokens(stage)).toEqual(['access-1'])
  })

  test('is refreshed and replayed in its turn', async () => {
    const stage = await start()
    stage.answer(down)
    const answer = begin(stage.client.get('a'))
    await pass(100)
    stage.answer(undefined)
    stage.refuseAll()
    await pass(200)
    expect((await answer).status).toBe(200)
    expect(tokens(stage)).toEqual(['access-1', 'access-1', 'access-2'])
    expect(stage.refreshes).toHaveLength(1)
  })

  test('applies to a 503 of the replay again', async () => {
    const stage = await start()
    let count = 0
    stage.answer(() => {
      count += 1
      return [refusal(), down(), new Response('fine')][count - 1] ?? down()
    })
    const answer = begin(stage.client.get('a'))
    await pass(300)
    expect(await (await answer).text()).toBe('fine')
    expect(tokens(stage)).toEqual(['access-1', 'access-2', 'access-2'])
  })

  test('waits for a refresh as any request does', async () => {
    const stage = await start()
    stage.answer(down)
    const answer = begin(stage.client.get('a'))
    await pass(100)
    stage.answer(undefined)
    stage.refuseAll()
    stage.refresh(() => new Promise(() => {}))
    const other = begin(stage.client.get('b'))
    await pass(60_000)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    expect(await outcomeOf(other, stage.clock)).toBe('pending')
    expect(stage.sends.map(({ path }) => path)).toEqual(['/a', '/b'])
  })
})

describe.each<StageOptions>([{ retry: 0 }, { retry: { limit: 0 } }, {}])('with %o', options => {
  test('a 401 is refreshed and replayed, without a delay of ky’s (RP-09)', async () => {
    const stage = await start(options)
    stage.refuseAll()
    for (const method of ['get', 'post', 'patch'] as const) {
      stage.refuseAll()
      expect((await stage.client[method]('a')).status).toBe(200)
    }
    expect(stage.sends).toHaveLength(6)
    expect(stage.refreshes).toHaveLength(3)
  })

  test('a second 401 comes back as ky’s HTTPError, with its body, without a delay (RP-09)', async () => {
    const stage = await start(options)
    stage.answer(() => Response.json({ why: 'not you' }, { status: 401 }))
    const error = await stage.client.get('a').catch((thrown: unknown) => thrown)
    if (!isHTTPError(error)) throw error
    expect([error.response.status, error.data, isReplayable(error.response)]).toEqual([401, { why: 'not you' }, true])
    expect([tokens(stage), stage.refreshes.length]).toEqual([['access-1', 'access-2'], 1])
  })
})

test('if ky is told to retry 401s, it retries them after the replay', async () => {
  const stage = await start({ retry: { limit: 1, statusCodes: [401] } })
  stage.answer(() => refusal())
  const answer = begin(stage.client.get('a'))
  await pass(300)
  const error = await outcomeOf(answer, stage.clock)
  expect(isHTTPError(error) && error.response.status).toBe(401)
  expect(stage.sends.length).toBeGreaterThan(2)
})

/** As for a token from a store of long ago, which no header can carry. */
const unsendable = Object.assign(bearer(), {
  attach: () => {
    throw new ConfigurationError(null, 'no header can carry it')
  },
})

describe('errors of this library are not retried by ky', () => {
  test.each<[string, StageOptions, (stage: Stage) => void, sends: number]>([
    [
      'session-ended',
      {},
      stage => {
        stage.refuseAll()
        stage.refresh(async () => null)
      },
      1,
    ],
    [
      'refresh-unavailable',
      {},
      stage => {
        stage.refuseAll()
        stage.refresh(async () => {
          throw new TypeError('fetch failed')
        })
      },
      1,
    ],
    [
      'step-up-required',
      { reauthenticate: async () => null },
      stage => stage.answer(() => refusal('Bearer error="insufficient_user_authentication"')),
      1,
    ],
    ['configuration', { scheme: unsendable }, () => {}, 0],
  ])('%s', async (code, options, arrange, sends) => {
    const stage = await start({ ...options, retry: { limit: 5, methods: ['get'], delay: () => 0 } })
    arrange(stage)
    const beforeRetry = vi.fn()
    const answer = begin(stage.client.get('a', { hooks: { beforeRetry: [beforeRetry] } }))
    await pass(60_000)
    const error = await outcomeOf(answer, stage.clock)
    expect(error).toMatchObject({ code })
    expect((error as Error).name).not.toMatch(/^(HTTPError|NetworkError|TimeoutError|ForceRetryError)$/)
    expect(beforeRetry).not.toHaveBeenCalled()
    expect(stage.sends).toHaveLength(sends)
  })
})
