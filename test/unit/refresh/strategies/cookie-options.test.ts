import { describe, expect, test } from 'vitest'
import { factoryName } from '../../../../src/errors.ts'
import { cookieRefresh, cookieSession } from '../../../../src/refresh/strategies/cookie-strategies.ts'
import type { Post, RefreshStrategy } from '../../../../src/refresh/strategy.ts'

const endpoint = { url: '/auth', signOutUrl: '/out' } as const
const both = [
  ['cookieRefresh', cookieRefresh],
  ['cookieSession', cookieSession],
] as const

const contextOf = (post: () => unknown) => ({
  refreshToken: undefined,
  post: (async () => post()) as Post,
  signal: new AbortController().signal,
  cause: 'restore' as const,
})
const refresh = (strategy: RefreshStrategy, answer: unknown) => strategy.refresh(contextOf(() => answer))

const thrownBy = (create: () => unknown) => {
  try {
    create()
  } catch (error) {
    return error as { readonly option: string; readonly message: string }
  }
  return expect.unreachable()
}

describe.each(both)('%s', (name, create) => {
  test.each<[object, string, string]>([
    [{ headers: 'X-CSRF: 1' }, 'headers', 'X-CSRF-Token'],
    [{ headers: 7 }, 'headers', 'X-CSRF-Token'],
    [{ credentials: 'includes' }, 'credentials', "'include'"],
    [{ credentials: 'not-include' }, 'credentials', "'include'"],
    [{ credentials: true }, 'credentials', "'include'"],
    [{ read: 'token' }, 'read', 'a function'],
    [{ isSignedOut: true }, 'isSignedOut', 'a function'],
    [{ url: 7 }, 'url', 'the URL that renews the cookie'],
    [{ url: undefined }, 'url', 'the URL that renews the cookie'],
    [{ signOutUrl: undefined }, 'signOutUrl', 'the URL that clears the cookie'],
    [{ signOutUrl: true }, 'signOutUrl', 'the URL that clears the cookie'],
  ])('names a wrong option, and says what to write: %o', (more, option, message) => {
    const error = thrownBy(() => create({ ...endpoint, ...more } as never))
    expect(error).toMatchObject({ option, message: expect.stringContaining(message) })
  })

  test.each(['include', 'same-origin', 'omit'] as const)('takes the credentials of fetch: %s', credentials => {
    expect(() => create({ ...endpoint, credentials })).not.toThrow()
  })

  test.each([new Headers(), [['X-CSRF', '1']], {}, () => ({})])('takes headers in any form of fetch: %o', headers => {
    expect(() => create({ ...endpoint, headers } as never)).not.toThrow()
  })

  test('is told by its name where it was not called', () => {
    expect(factoryName(create)).toBe(name)
  })

  test('rejects headers in a promise, which would count as none', async () => {
    const strategy = create({ ...endpoint, headers: (async () => ({})) as never })
    await expect(refresh(strategy, {})).rejects.toMatchObject({ code: 'configuration', option: 'headers' })
  })

  test('has a store that the tabs share, without their tokens', () => {
    expect(create(endpoint).store?.()).toMatchObject({ shared: true, read: expect.any(Function) })
  })

  test('judges a failure by itself where the app does not', async () => {
    const strategy = create(endpoint)
    const redirect = Object.assign(new Error('a redirect'), { redirected: true })
    const unauthorized = Object.assign(new Error('no'), { status: 401 })
    const failWith = (error: unknown) =>
      strategy.refresh(
        contextOf(() => {
          throw error
        }),
      )
    expect(await failWith(redirect)).toBeNull()
    await expect(failWith(unauthorized)).rejects.toBe(unauthorized)
  })
})

test('The mode says what a refresh returns: a token, or only the user', () => {
  expect([cookieRefresh(endpoint).cookie, cookieSession(endpoint).cookie]).toEqual(['token', 'session'])
})

test.each([7, true, 'ok', [1]])(
  'A response that is not empty is given to `read`, also if it is no object: %j',
  async answer => {
    const read = (given: unknown) => ({ accessToken: `token-${given}` })
    expect(await refresh(cookieRefresh({ ...endpoint, read }), answer)).toEqual({ accessToken: `token-${answer}` })
  },
)

describe('cookieSession', () => {
  test.each(['get', 'GETS', 'not-GET', 'POSTS', 'REPOST', 'PUT'])('takes GET or POST, and not %s', method => {
    const error = thrownBy(() => cookieSession({ ...endpoint, method } as never))
    expect(error).toMatchObject({ option: 'method', message: expect.stringContaining("'GET' or 'POST'") })
  })

  test('by GET, a `read` of the app’s own may leave the user unnamed', async () => {
    const strategy = cookieSession({ ...endpoint, method: 'GET', read: () => ({ claims: { plan: 'free' } }) })
    expect(await refresh(strategy, { plan: 'free' })).toEqual({ cookie: true, claims: { plan: 'free' } })
  })

  test('awaits a `read` that is async, although by its type it is not', async () => {
    const strategy = cookieSession({ ...endpoint, read: (async () => null) as never })
    expect(await refresh(strategy, {})).toBeNull()
  })
})
