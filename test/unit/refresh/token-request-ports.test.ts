import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RefreshFunction, RefreshStrategy } from '../../../src/refresh/strategy.ts'
import { sendTokenRequest, type TokenRequestPorts } from '../../../src/refresh/token-request.ts'
import { now } from '../../../src/time/clock.ts'
import { createControlledClock } from '../../support/clock.ts'
import { goOffline } from '../../support/refresh-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const reported = vi.fn()
beforeEach(() => {
  reported.mockClear()
  vi.stubGlobal('reportError', reported)
})
afterEach(() => void vi.unstubAllGlobals())

const start = (refresh: RefreshFunction, more: Partial<TokenRequestPorts> = {}, strategy = {}) => {
  const clock = createControlledClock()
  const transport = vi.fn(async () => Response.json({ accessToken: 'posted' }))
  const ports: TokenRequestPorts = {
    strategy: { refresh, ...strategy },
    transport,
    baseUrl: () => 'https://api.test/v1/',
    clock,
    refreshTimeoutMs: 10_000,
    scheme: { accepts: () => true },
    ...more,
  }
  const call = (audience?: string, former: Parameters<typeof sendTokenRequest>[0]['former'] = credentialsOf()) =>
    sendTokenRequest({ cause: 'rejected', audience, former, sent: now(clock) }, ports)
  return { call, clock, transport }
}
const returning =
  (answer: unknown): RefreshFunction =>
  async () =>
    answer as never
const throwing =
  (error: unknown): RefreshFunction =>
  async () => {
    throw error
  }

describe('the post of a refresh function', () => {
  test.each([
    [true, true],
    [false, false],
    [undefined, false],
  ])('outlives the page if the credential is a cookie: ambient %s', async (ambient, keepalive) => {
    const { call, transport } = start(({ post }) => post('token'), {}, { ambient })
    await call()
    expect(transport).toHaveBeenCalledWith(
      new URL('https://api.test/v1/token'),
      expect.objectContaining({ keepalive, signal: expect.any(AbortSignal) }),
    )
  })

  test('is aborted at the deadline', async () => {
    const aborts: unknown[] = []
    const { call, clock } = start(({ post }) => post('token'), {
      transport: (_url, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', ({ target }) => {
            aborts.push((target as AbortSignal).reason)
            reject(target)
          })
        }),
    })
    const called = call()
    await clock.advance(9999)
    expect(aborts).toEqual([])
    await clock.advance(1)
    expect(await called).toMatchObject({ reason: 'timeout', detail: expect.stringContaining('10000 ms') })
    expect(aborts).toMatchObject([{ name: 'TimeoutError' }])
  })

  test('takes what the app sends with each request, and a base URL that is a prefix', async () => {
    const { call, transport } = start(({ post }) => post('/token'), {
      isPrefix: true,
      sendHeaders: () => ({ 'x-app': '1' }),
      trusted: () => ({ has: () => true, hasNormalized: () => false, list: [] }),
    })
    await call()
    expect(transport).toHaveBeenCalledWith(new URL('https://api.test/v1/token'), expect.anything())
    const [[, init]] = transport.mock.calls as unknown as [[URL, RequestInit]]
    expect(new Headers(init.headers).get('x-app')).toBe('1')
  })
})

describe('the audience of a token request', () => {
  test('is named to the refresh function', async () => {
    const seen: unknown[] = []
    const { call } = start(async ({ audience }) => {
      seen.push(audience)
      return null
    })
    await call('files')
    await call()
    expect(seen).toEqual(['files', undefined])
  })

  test('decides whose token it is: that of another audience stands beside the session’s own', async () => {
    const { call } = start(returning({ accessToken: 'for-files', refreshToken: 'refresh-2' }))
    expect(await call('files')).toMatchObject({
      kind: 'granted',
      fresh: { accessToken: 'for-files' },
      credentials: {
        accessToken: 'access-1',
        refreshToken: 'refresh-2',
        audienceTokens: { files: { accessToken: 'for-files' } },
      },
    })
  })

  test('says nothing of the user, who may have another name there', async () => {
    const claims = btoa(JSON.stringify({ sub: 'alice-of-files' }))
    const { call } = start(returning({ accessToken: `e30.${claims}.x` }))
    expect(await call('files')).toMatchObject({ fresh: { statedBy: { accessToken: { subject: null } } } })
    expect(await call()).toMatchObject({ fresh: { statedBy: { accessToken: { subject: 'alice-of-files' } } } })
  })
})

describe('the key that tokens are bound to', () => {
  test.each([['key-1'], [undefined]])('is kept with them: %s', async keyThumbprint => {
    const { call } = start(returning({ accessToken: 'a' }), { keyThumbprint })
    const { fresh, credentials } = (await call()) as { readonly fresh: object; readonly credentials: object }
    expect([fresh, credentials].map(one => Object.entries(one).find(([name]) => name === 'keyThumbprint'))).toEqual(
      keyThumbprint ? [1, 2].map(() => ['keyThumbprint', keyThumbprint]) : [undefined, undefined],
    )
  })
})

describe('what cannot be used of a response', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['a Response', Response.json({}), 'invalid-refresh', /await response\.json\(\)/],
    ['other names', { token: 'secret' }, 'unreadable-response', /got \{ token \}/],
    ['a token in quotes', { accessToken: '"secret"' }, 'unreadable-response', /is in quotes/],
    ['a subject that is an object', { accessToken: 'a', subject: {} }, 'unreadable-response', /subject/],
  ])('%s', async (_what, answer, reason, detail) => {
    const found = await start(returning(answer)).call()
    expect(found).toMatchObject({
      kind: 'unavailable',
      reason,
      isUnrotated: false,
      detail: expect.stringMatching(detail),
    })
    expect(JSON.stringify(found)).not.toContain('secret')
  })

  test('a cookie session needs no access token', async () => {
    expect(await start(returning({ cookie: true, subject: 'alice' })).call()).toMatchObject({
      kind: 'granted',
      fresh: { accessToken: null, subject: 'alice' },
    })
  })

  test('a value that throws when it is read is a failure like any other', async () => {
    const trap = {
      get accessToken() {
        throw new TypeError('Failed to fetch')
      },
    }
    expect(await start(returning(trap)).call()).toMatchObject({ kind: 'unavailable', reason: 'network' })
  })

  test('an error that throws when it is read is a failure like any other', async () => {
    const trap = {
      get status() {
        throw new Error('of the getter')
      },
    }
    expect(await start(throwing(trap)).call()).toMatchObject({ kind: 'unavailable', reason: 'network' })
  })

  test('a refresh function that throws at once does not throw here', async () => {
    const refresh = () => {
      throw Object.assign(new Error('busy'), { status: 503 })
    }
    expect(await start(refresh).call()).toMatchObject({ kind: 'unavailable', status: 503 })
  })
})

describe('a mistake in the refresh function', () => {
  test('is reported once for each client, and is no outage', async () => {
    const mistake = new TypeError('body is undefined')
    const [one, other] = [start(throwing(mistake)), start(throwing(mistake))]
    for (const { call } of [one, one, other]) expect(await call()).toMatchObject({ reason: 'invalid-refresh' })
    expect(reported.mock.calls).toEqual([[mistake], [mistake]])
  })

  test('is no failure of the network', async () => {
    const { call } = start(throwing(new TypeError('Failed to fetch')))
    expect(await call()).toMatchObject({ reason: 'network' })
    expect(reported).not.toHaveBeenCalled()
  })
})

describe('while the browser reports no network', () => {
  test.each<[string, RefreshStrategy['refresh'], object]>([
    ['a failure of the network', throwing(new TypeError('Failed to fetch')), { reason: 'offline', status: null }],
    ['a status', throwing({ status: 503 }), { reason: 'status', status: 503 }],
    ['a rejection', throwing({ error: 'invalid_grant' }), { kind: 'rejected', misconfigured: false }],
  ])('%s is told as what it is', async (_what, refresh, expected) => {
    goOffline()
    expect(await start(refresh).call()).toMatchObject(expected)
  })
})
