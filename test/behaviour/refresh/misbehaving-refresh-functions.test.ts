import { describe, expect, test } from 'vitest'
import { RefreshUnavailableError } from '../../../src/errors.ts'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, type StagedRefresh } from '../../support/stage.ts'

const asAnswer =
  (value: unknown): StagedRefresh =>
  () =>
    Promise.resolve(value as SessionInput)

/** Signed in, and the API takes the token no more. */
const createRefusedStage = async () => {
  const stage = createStage()
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  return stage
}

describe('a refresh function that misbehaves costs the refresh, never the session', () => {
  const throwing: readonly (readonly [name: string, refresh: StagedRefresh])[] = [
    [
      'throws before it returns a promise',
      () => {
        throw new Error('a mistake')
      },
    ],
    ['rejects with an Error', () => Promise.reject(new Error('a mistake'))],
    ['rejects with nothing', () => Promise.reject()],
    ['rejects with null', () => Promise.reject(null)],
    ['rejects with a text', () => Promise.reject('a mistake')],
    [
      'rejects with what throws when looked at',
      () =>
        Promise.reject({
          get status() {
            throw new Error('a mistake')
          },
        }),
    ],
    [
      'rejects with headers that are none',
      () => Promise.reject(Object.assign(new Error(), { headers: { 'retry-after': 'a\nb' } })),
    ],
    ['answers undefined', asAnswer(undefined)],
    ['answers a text', asAnswer('access')],
    ['answers an empty object', asAnswer({})],
    ['answers an empty token', asAnswer({ accessToken: '' })],
    ['answers a token that is no text', asAnswer({ accessToken: 42 })],
    ['answers a wrong key', asAnswer({ token: 'access' })],
    ['answers an array', asAnswer(['access'])],
    [
      'answers what throws when looked at',
      asAnswer({
        get accessToken() {
          throw new Error('a mistake')
        },
      }),
    ],
  ]
  test.each(throwing)('it %s', async (_name, refresh) => {
    const stage = await createRefusedStage()
    stage.refresh(refresh)
    const outcomes = await Promise.all(
      [1, 2].map(() => outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)),
    )
    expect(outcomes).toEqual([expect.any(RefreshUnavailableError), expect.any(RefreshUnavailableError)])
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 0 })
    expect([stage.refreshes.length, stage.logins.length]).toEqual([1, 0])
    await stage.clock.advance(60_000)
    stage.refresh(undefined)
    expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
  })

  test('it returns at once, without a promise', async () => {
    const stage = await createRefusedStage()
    stage.refresh((() => stage.issue()) as unknown as StagedRefresh)
    expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
  })

  test('the message about a result without a token lists its keys and none of its values', async () => {
    const stage = await createRefusedStage()
    stage.refresh(asAnswer({ token: 'secret-one', expires: 'secret-two' }))
    const error = await outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
    expect(String(error)).toContain('token, expires')
    expect(String(error)).not.toContain('secret')
  })

  test('RT-05: each waiter gets an error of its own', async () => {
    const stage = await createRefusedStage()
    stage.refresh(() => Promise.reject(new Error('down')))
    const [first, second] = await Promise.all(
      [1, 2].map(() => outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)),
    )
    expect(first).toBeInstanceOf(RefreshUnavailableError)
    expect(first).not.toBe(second)
    expect(String(first)).toBe(String(second))
  })

  test('RT-05: a refresh that fails with nobody waiting raises no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      const stage = createStage({ lifetimeSeconds: 100 })
      await stage.signIn()
      await stage.clock.advance(90_000)
      const failure = createDeferred<SessionInput>()
      stage.refresh(() => failure.promise)
      expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
      await stage.clock.settle()
      expect(stage.refreshes.length).toBe(1)
      failure.reject(new Error('down'))
      await stage.clock.advance(1)
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', listener)
    }
  })
})

describe('a refresh function that takes its time is bounded by its deadline', () => {
  test('RF-18: one that never settles ends as a timeout after ten seconds, and its signal says so', async () => {
    const stage = await createRefusedStage()
    stage.refresh(() => new Promise(() => {}))
    const answer = stage.client.fetch('https://api.test/a')
    await stage.clock.advance(9999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    expect(stage.refreshes[0]?.signal.aborted).toBe(false)
    await stage.clock.advance(1)
    await expect(answer).rejects.toMatchObject({ code: 'refresh-unavailable', reason: 'timeout' })
    expect(stage.refreshes[0]?.signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(stage.client.session.status).toBe('signed-in')
    expect(stage.logins).toEqual([])
  })

  test('what it returns after its deadline is dropped, and the next request refreshes once more', async () => {
    const stage = await createRefusedStage()
    const late = createDeferred<SessionInput>()
    stage.refresh(() => late.promise)
    const answer = outcomeOf(stage.client.fetch('https://api.test/a'), stage.clock)
    await stage.clock.advance(10_000)
    await answer
    late.resolve({ accessToken: 'too-late', refreshToken: 'too-late' })
    await stage.clock.advance(60_000)
    expect(stage.client.session.getSnapshot().generation).toBe(0)
    stage.refresh(undefined)
    expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
    expect(stage.refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-1'])
    expect(stage.sends.map(({ token }) => token)).not.toContain('too-late')
  })

  test('one that returns in the last millisecond counts', async () => {
    const stage = await createRefusedStage()
    const answer = createDeferred<SessionInput>()
    stage.refresh(() => answer.promise)
    const waiting = stage.client.fetch('https://api.test/a')
    await stage.clock.advance(9999)
    answer.resolve(stage.issue())
    expect((await waiting).status).toBe(200)
  })

  test('a page that slept through the deadline gives a response that is already there two seconds more', async () => {
    const stage = await createRefusedStage()
    const answer = createDeferred<SessionInput>()
    stage.refresh(() => answer.promise)
    const waiting = stage.client.fetch('https://api.test/a')
    await stage.clock.advance(5000)
    stage.clock.sleepFor(3_600_000)
    await stage.clock.advance(5000)
    expect(await outcomeOf(waiting, stage.clock)).toBe('pending')
    answer.resolve(stage.issue())
    expect((await waiting).status).toBe(200)
  })

  test.each(['hang-in-headers', 'hang-in-body'] as const)('RF-18: over HTTP, %s ends it too', async kind => {
    const { server, client, logins } = await createServedClient({ limits: { refreshTimeoutMs: 100 } })
    server.expireAccessTokens()
    server.failRefreshes({ kind })
    const answer = client.fetch(`${server.origin}/api/a`)
    await expect(answer).rejects.toMatchObject({ code: 'refresh-unavailable', reason: 'timeout', status: null })
    expect([server.refreshes, client.session.status, logins.length]).toEqual([1, 'signed-in', 0])
  })
})

describe.each(forms)('a refresh function that calls the client itself, by %s', (_form, send) => {
  test('RF-17: before its first await: the call is sent without credentials and does not wait for itself', async () => {
    const stage = await createRefusedStage()
    stage.answer(({ path, token }) => {
      if (path === '/refresh') return new Response('bare')
      return new Response('', { status: token === 'access-2' ? 200 : 401 })
    })
    stage.refresh(async () => {
      expect(await (await send(stage.client, '/refresh', { method: 'POST' })).text()).toBe('bare')
      return stage.issue()
    })
    expect((await send(stage.client, '/a')).status).toBe(200)
    expect(stage.refreshes.length).toBe(1)
    expect(stage.sends.find(({ path }) => path === '/refresh')?.token).toBeNull()
  })

  test('RF-17: a 401 of such a call starts nothing and requires no login', async () => {
    const stage = await createRefusedStage()
    stage.refresh(async () => {
      const { status } = await send(stage.client, '/refresh')
      throw Object.assign(new Error('refused'), { status })
    })
    await expect(send(stage.client, '/a')).rejects.toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    await stage.clock.advance(0)
    expect([stage.refreshes.length, stage.sends.length, stage.logins.length]).toEqual([1, 2, 1])
  })

  test('RF-17: after an await, where such a call cannot be recognised: it neither recurses nor outlasts the deadline', async () => {
    const stage = await createRefusedStage()
    let inner: Promise<unknown> | undefined
    stage.refresh(async () => {
      await Promise.resolve()
      inner = send(stage.client, '/refresh')
      await inner
      return stage.issue()
    })
    const answer = outcomeOf(send(stage.client, '/a'), stage.clock)
    expect(await answer).toBe('pending')
    await stage.clock.advance(10_000)
    await expect(inner).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(stage.refreshes.length).toBe(1)
    expect(stage.client.session.status).toBe('signed-in')
  })

  test('RF-17: a call of refresh() or getAccessToken() inside a refresh is bounded by the deadline', async () => {
    const stage = await createRefusedStage()
    stage.refresh(async () => {
      await stage.client.session.refresh()
      return stage.issue()
    })
    const answer = outcomeOf(send(stage.client, '/a'), stage.clock)
    await answer
    await stage.clock.advance(10_000)
    expect(stage.refreshes.length).toBe(1)
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 0 })
  })

  test('a sign-out inside it wins over its result', async () => {
    const stage = await createRefusedStage()
    stage.refresh(async () => {
      await stage.client.session.signOut()
      return stage.issue()
    })
    await expect(send(stage.client, '/a')).rejects.toMatchObject({ reason: 'signed-out' })
    await stage.clock.settle()
    expect(stage.client.session.status).toBe('signed-out')
  })

  test('a sign-in of another user inside it wins over its result', async () => {
    const stage = await createRefusedStage()
    stage.refresh(async () => {
      await stage.client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
      return stage.issue({ subject: 'alice' })
    })
    await expect(send(stage.client, '/a')).rejects.toMatchObject({ reason: 'replaced' })
    await stage.clock.settle()
    expect(await stage.client.session.getAccessToken()).toBe('of-bob')
  })
})
