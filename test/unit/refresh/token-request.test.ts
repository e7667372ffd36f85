import { describe, expect, test } from 'vitest'
import type { RefreshContext, RefreshFunction } from '../../../src/refresh/strategy.ts'
import { sendTokenRequest, type TokenRequestPorts } from '../../../src/refresh/token-request.ts'
import type { Credentials } from '../../../src/session/credentials.ts'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { now } from '../../../src/time/clock.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'

const former: Credentials = {
  accessToken: 'old-access',
  refreshToken: 'old-refresh',
  idToken: 'old-id',
  tokenType: null,
  scope: 'read',
  subject: 'alice',
  claims: null,
  lifetimeMs: 1000,
  sessionLifetimeMs: null,
  sentAt: 0,
}

const start = (refresh: RefreshFunction, more: Partial<TokenRequestPorts> = {}) => {
  const clock = createControlledClock()
  const ports: TokenRequestPorts = {
    strategy: { refresh: refresh },
    transport: async () => Response.json({ accessToken: 'posted' }),
    baseUrl: () => 'https://api.test/',
    clock,
    refreshTimeoutMs: 10_000,
    scheme: { accepts: ({ tokenType }) => tokenType === null || tokenType === 'Bearer' },
    ...more,
  }
  const call = (credentials: Credentials | null = former) =>
    sendTokenRequest({ cause: 'rejected', former: credentials, sent: now(clock) }, ports)
  return { clock, call }
}
const answering =
  (answer: unknown): RefreshFunction =>
  async () =>
    answer as SessionInput

/** How it stands once everything has run that can. */
const stateOf = async (clock: ReturnType<typeof createControlledClock>, promise: Promise<{ kind: string }>) => {
  let state = 'pending'
  promise.then(({ kind }) => {
    state = kind
  })
  await clock.settle()
  return state
}

describe('what the refresh function is given', () => {
  test('it is called in the very task, with the refresh token, a post, a signal and the cause', () => {
    const contexts: RefreshContext[] = []
    const { call } = start(async context => {
      contexts.push(context)
      return null
    })
    void call()
    expect(contexts).toMatchObject([{ refreshToken: 'old-refresh', cause: 'rejected', post: expect.any(Function) }])
    expect(contexts[0]?.signal.aborted).toBe(false)
  })

  test('without a session there is no refresh token', () => {
    const contexts: RefreshContext[] = []
    const { call } = start(async context => {
      contexts.push(context)
      return null
    })
    void call(null)
    expect(contexts.map(({ refreshToken }) => refreshToken)).toEqual([undefined])
  })

  test('its post goes over the transport', async () => {
    const { call } = start(({ post }) => post('token'))
    expect(await call()).toMatchObject({ kind: 'granted', credentials: { accessToken: 'posted' } })
  })
})

describe('what the result of a refresh function means', () => {
  test('tokens are granted; members that they leave out stay (RF-07)', async () => {
    const { call } = start(answering({ access_token: 'new', expires_in: 60 }))
    const { refreshToken, idToken, scope, subject } = former
    expect(await call()).toMatchObject({
      kind: 'granted',
      credentials: { accessToken: 'new', lifetimeMs: 60_000, refreshToken, idToken, scope, subject },
    })
  })

  test('null is a rejection', async () => {
    expect(await start(answering(null)).call()).toMatchObject({ kind: 'rejected', misconfigured: false })
  })

  test.each([
    ['undefined', undefined],
    ['a text', 'token'],
    ['true', true],
    ['no token', { token: 'a' }],
    ['an empty token', { accessToken: '' }],
    ['cookie that is not true', { cookie: 'yes' }],
  ])('RF-04: %s is unavailable, and nothing is known of the token', async (_name, answer) => {
    expect(await start(answering(answer)).call()).toMatchObject({
      kind: 'unavailable',
      reason: 'unreadable-response',
      isUnrotated: false,
      retryAfterMs: null,
    })
  })

  test('TX-07: a token type that the scheme cannot send is unavailable', async () => {
    const { call } = start(answering({ access_token: 'a', token_type: 'mac' }))
    expect(await call()).toMatchObject({ kind: 'unavailable', detail: 'unknown token_type' })
  })

  test('a lifetime counts from when the refresh was sent', async () => {
    const answer = createDeferred<SessionInput>()
    const { clock, call } = start(() => answer.promise)
    const called = call()
    const sentAt = clock.wallMs()
    await clock.advance(4000)
    answer.resolve({ accessToken: 'a', expiresInSeconds: 60 })
    expect(await called).toMatchObject({ credentials: { sentAt, lifetimeMs: 60_000 } })
  })

  test('a message that quotes a token has it cut out', async () => {
    const { call } = start(async () => {
      throw new Error('bad: old-refresh and old-access')
    })
    const { detail } = (await call()) as { readonly detail: string }
    expect(detail).not.toMatch(/old-/)
  })
})

describe('RF-18: the deadline', () => {
  const never = () => new Promise<null>(() => {})

  test('ends a refresh that never settles, over everything it does', async () => {
    const { clock, call } = start(never)
    const called = call()
    await clock.advance(9999)
    expect(await stateOf(clock, called)).toBe('pending')
    await clock.advance(1)
    expect(await called).toMatchObject({ kind: 'unavailable', reason: 'timeout', isUnrotated: false })
  })

  test('is a timeout also where the refresh rejects with something else because of its signal', async () => {
    const { clock, call } = start(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('of the app')))
        }),
    )
    const called = call()
    await clock.advance(10_000)
    expect(await called).toMatchObject({ reason: 'timeout' })
  })

  test('leaves no timer behind once the refresh has ended', async () => {
    for (const refresh of [answering(null), async () => Promise.reject(new Error('down'))]) {
      const { clock, call } = start(refresh)
      await call()
      await clock.settle()
      expect(clock.pendingTimers).toBe(0)
    }
  })

  test('a timer that fires within a second of its time is believed', async () => {
    const { clock, call } = start(never)
    const called = call()
    clock.sleepFor(1000)
    await clock.advance(10_000)
    expect(await stateOf(clock, called)).toBe('unavailable')
  })

  test('a timer that fires later waits two seconds more for what may be queued behind it', async () => {
    const answer = createDeferred<SessionInput>()
    const { clock, call } = start(() => answer.promise)
    const called = call()
    clock.sleepFor(1001)
    await clock.advance(11_999)
    expect(await stateOf(clock, called)).toBe('pending')
    answer.resolve({ accessToken: 'a' })
    expect(await called).toMatchObject({ kind: 'granted' })
  })

  test('the timer waits no longer than that', async () => {
    const { clock, call } = start(never)
    const called = call()
    clock.sleepFor(3_600_000)
    await clock.advance(12_000)
    expect(await called).toMatchObject({ reason: 'timeout' })
    expect(clock.pendingTimers).toBe(0)
  })

  test('a wall clock that is set back extends nothing', async () => {
    const { clock, call } = start(never)
    const called = call()
    clock.jumpWall(-86_400_000)
    await clock.advance(10_000)
    expect(await stateOf(clock, called)).toBe('unavailable')
  })
})
