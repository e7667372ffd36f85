import { describe, expect, test } from 'vitest'
import { cookieRefresh, cookieSession } from '../../../../src/refresh/strategies/cookie-strategies.ts'
import type { OwnPostInit, Post, RefreshStrategy } from '../../../../src/refresh/strategy.ts'

/** Runs the refresh, or the sign-out, of a strategy; answers what it brought and what it posted. */
const run = async (strategy: RefreshStrategy, answer: unknown, what: 'refresh' | 'revoke' = 'refresh') => {
  const posted: [string, unknown, OwnPostInit][] = []
  const post = (async (url: string | URL, body: unknown, init: OwnPostInit) => {
    posted.push([String(url), body, { ...init, headers: Object.fromEntries(new Headers(init.headers)) }])
    return answer
  }) as Post
  const context = { refreshToken: undefined, post, signal: new AbortController().signal, cause: 'restore' } as const
  const tokens = { accessToken: undefined, refreshToken: undefined, idToken: undefined, post }
  return { brought: what === 'refresh' ? await strategy.refresh(context) : await strategy.revoke?.(tokens), posted }
}

const endpoint = { url: '/auth/refresh', signOutUrl: '/auth/logout' } as const

describe.each([
  ['cookieRefresh', cookieRefresh],
  ['cookieSession', cookieSession],
])('%s', (_name, create) => {
  test('CK-02, CK-03: it is a POST with cookies and a header that no form can set, without a body', async () => {
    const { posted } = await run(create(endpoint), { accessToken: 'a' })
    const init = { method: 'POST', credentials: 'include', headers: { 'x-requested-with': 'latchkey' } }
    expect(posted).toEqual([['/auth/refresh', undefined, init]])
  })

  test('CK-02: the sign-out is such a POST, too', async () => {
    const { posted } = await run(create(endpoint), undefined, 'revoke')
    const init = { method: 'POST', credentials: 'include', headers: { 'x-requested-with': 'latchkey' } }
    expect(posted).toEqual([['/auth/logout', undefined, init]])
  })

  test('with signOutUrl: false the app does it', () => {
    expect(create({ ...endpoint, signOutUrl: false }).revoke).toBeUndefined()
  })

  test('headers and credentials can be others; a function is asked each time', async () => {
    let asked = 0
    const strategy = create({ ...endpoint, credentials: 'same-origin', headers: () => ({ 'X-CSRF': String(++asked) }) })
    await run(strategy, { accessToken: 'a' })
    const { posted } = await run(strategy, { accessToken: 'a' }, 'revoke')
    expect(posted[0]?.[2]).toEqual({
      credentials: 'same-origin',
      method: 'POST',
      headers: { 'x-csrf': '2', 'x-requested-with': 'latchkey' },
    })
  })

  test('it may be tried without tokens, and has a session of its own', () => {
    expect(create(endpoint).ambient).toBe(true)
    const idOf = (url: string, baseUrl?: string) => {
      const { id } = create({ ...endpoint, url })
      return typeof id === 'function' ? id(baseUrl) : id
    }
    expect(idOf('/auth')).not.toBe(idOf('/other'))
    expect(idOf('auth', 'https://app.test/one/')).not.toBe(idOf('auth', 'https://app.test/two/'))
    expect(idOf('/auth', 'https://app.test/one/')).toBe(idOf('https://app.test/auth', 'https://app.test/two/'))
  })

  test.each([
    ['nothing', undefined, 'url'],
    ['no url', { signOutUrl: '/out' }, 'url'],
    ['an empty url', { url: '', signOutUrl: '/out' }, 'url'],
    ['no signOutUrl', { url: '/auth' }, 'signOutUrl'],
    ['signOutUrl: true', { url: '/auth', signOutUrl: true }, 'signOutUrl'],
    ['signOutUrl: null', { url: '/auth', signOutUrl: null }, 'signOutUrl'],
  ])('given %s it names what is missing, and does not call /undefined', (_name, given, option) => {
    expect(() => create(given as never)).toThrow(expect.objectContaining({ code: 'configuration', option }))
  })

  test('a header of the app’s own by that name is the app’s', async () => {
    const { posted } = await run(create({ ...endpoint, headers: { 'X-Requested-With': 'XMLHttpRequest' } }), {
      sub: 'a',
    })
    expect(posted[0]?.[2].headers).toEqual({ 'x-requested-with': 'XMLHttpRequest' })
  })

  test.each([
    ['a redirect is nobody', { status: 0, redirected: true }, undefined, null],
    ['419 is not now', { status: 419 }, undefined, 'thrown'],
    ['419 is nobody, if the app says so', { status: 419 }, true, null],
    ['a redirect is not now, if the app says so', { status: 0, redirected: true }, false, 'thrown'],
    ['401 is not now, if the app says so', { status: 401 }, false, 'thrown as 0'],
    ['401 is judged as anywhere', { status: 401 }, undefined, 'thrown'],
  ])('of responses without content: %s', async (_name, failure, over, outcome) => {
    const seen: unknown[] = []
    const isSignedOut = (answer: unknown) => {
      seen.push(answer)
      return over
    }
    const post = () => Promise.reject(Object.assign(new Error('POST /auth'), failure))
    const signal = new AbortController().signal
    const asked = create({ ...endpoint, isSignedOut }).refresh({
      refreshToken: undefined,
      post,
      signal,
      cause: 'expiring',
    })
    const brought = await asked.catch(({ status = 0 }) =>
      status === failure.status ? 'thrown' : `thrown as ${status}`,
    )
    expect(brought).toBe(outcome)
    expect(seen).toEqual([{ redirected: false, ...failure }])
  })

  test('if read returns null the status is signed-out', async () => {
    expect((await run(create({ ...endpoint, read: () => null }), {})).brought).toBeNull()
  })
})

describe('cookieRefresh', () => {
  test('returns the response as it came, or what read makes of it', async () => {
    const answer = { jwt: 'a' }
    expect((await run(cookieRefresh(endpoint), answer)).brought).toBe(answer)
    const read = ({ jwt }: { readonly jwt: string }) => ({ accessToken: jwt })
    expect((await run(cookieRefresh({ ...endpoint, read }), answer)).brought).toEqual({ accessToken: 'a' })
  })

  test.each([undefined, null, {}])('%j means signed out, also to a read of the app’s own', async answer => {
    const read = ({ jwt }: { readonly jwt: string }) => ({ accessToken: jwt })
    expect((await run(cookieRefresh(endpoint), answer)).brought).toBeNull()
    expect((await run(cookieRefresh({ ...endpoint, read }), answer)).brought).toBeNull()
  })

  test('CK-03: never uses GET', async () => {
    expect(() => cookieRefresh({ ...endpoint, method: 'GET' } as never)).toThrow(
      '`method`: write one of url, signOutUrl',
    )
    const { posted } = await run(cookieRefresh(endpoint), { accessToken: 'a' })
    expect(posted[0]?.[2].method).toBe('POST')
  })
})

describe('cookieSession', () => {
  test('may use GET where that refreshes nothing; the sign-out is still a POST', async () => {
    const strategy = cookieSession({ ...endpoint, method: 'GET' })
    expect((await run(strategy, {})).posted[0]?.[2].method).toBe('GET')
    expect((await run(strategy, {}, 'revoke')).posted[0]?.[2].method).toBe('POST')
  })

  test.each([
    ['an object is the claims', { sub: 'alice', name: 'A' }, { claims: { sub: 'alice', name: 'A' }, subject: 'alice' }],
    ['a number names somebody, too', { sub: 7 }, { claims: { sub: 7 }, subject: 7 }],
    ['{} tells nothing', {}, { claims: {}, subject: null }],
    ['nothing tells nothing', undefined, { claims: null, subject: null }],
    ['a text tells nothing', 'ok', { claims: null, subject: null }],
  ])('%s', async (_name, answer, session) => {
    expect((await run(cookieSession(endpoint), answer)).brought).toEqual({ cookie: true, ...session })
  })

  test('null means signed out, whatever the method', async () => {
    expect((await run(cookieSession(endpoint), null)).brought).toBeNull()
  })

  test.each([undefined, null, {}, [], false, '', { user: null }, { authenticated: false }, { sub: '' }])(
    'by GET, %j names no user: signed out, never signed in without a user',
    async answer => {
      expect((await run(cookieSession({ ...endpoint, method: 'GET' }), answer)).brought).toBeNull()
    },
  )

  test.each([undefined, null, {}, []])('by GET, %j means signed out to a read of the app’s own, too', async answer => {
    const read = ({ user }: { readonly user: { readonly id: string } }) => ({ subject: user.id })
    expect((await run(cookieSession({ ...endpoint, method: 'GET', read }), answer)).brought).toBeNull()
  })

  test('by default the lifetime of the session is read', async () => {
    const answer = { sub: 'alice', sessionExpiresInSeconds: 60 }
    expect((await run(cookieSession(endpoint), answer)).brought).toMatchObject({ sessionExpiresInSeconds: 60 })
  })

  test('a token in the response is dropped, wherever it stands', async () => {
    const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.secret'
    const answer = {
      sub: 'alice',
      access_token: 'secret',
      oidc: { idToken: 'secret', hint: jwt },
      refresh_token: 'secret',
    }
    const read = (claims: object) => ({ subject: 'alice', claims, accessToken: 'secret', refreshToken: 'secret' })
    for (const options of [endpoint, { ...endpoint, read }]) {
      const { brought } = await run(cookieSession(options), answer)
      expect(JSON.stringify(brought)).not.toContain('secret')
      expect(brought).toMatchObject({ subject: 'alice', claims: { sub: 'alice', oidc: {} } })
    }
  })

  test('the result of read counts', async () => {
    const read = ({ user }: { readonly user: string }) => ({ subject: user })
    const { brought } = await run(cookieSession({ ...endpoint, read }), { user: 'bob' })
    expect(brought).toEqual({ cookie: true, subject: 'bob' })
  })
})
