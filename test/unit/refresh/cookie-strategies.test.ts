import { describe, expect, test } from 'vitest'
import { cookieRefresh, cookieSession } from '../../../src/refresh/cookie-strategies.ts'
import type { OwnPostInit, Post, RefreshStrategy } from '../../../src/refresh/strategy.ts'

/** Runs the exchange, or the sign-out, of a strategy; answers what it brought and what it posted. */
const run = async (strategy: RefreshStrategy, answer: unknown, what: 'exchange' | 'revoke' = 'exchange') => {
  const posted: [string, unknown, OwnPostInit][] = []
  const post = (async (url: string | URL, body: unknown, init: OwnPostInit) => {
    posted.push([String(url), body, init])
    return answer
  }) as Post
  const context = { refreshToken: undefined, post, signal: new AbortController().signal, cause: 'start' } as const
  const tokens = { accessToken: undefined, refreshToken: undefined, idToken: undefined, post }
  return { brought: what === 'exchange' ? await strategy.exchange(context) : await strategy.revoke?.(tokens), posted }
}

const endpoint = { url: '/auth/refresh', signOutUrl: '/auth/logout' } as const

describe.each([
  ['cookieRefresh', cookieRefresh],
  ['cookieSession', cookieSession],
])('%s', (_name, create) => {
  test('CK-02, CK-03: it is a POST with cookies and a header that no form can set, without a body', async () => {
    const { posted } = await run(create(endpoint), { accessToken: 'a' })
    const init = { method: 'POST', credentials: 'include', headers: { 'X-Requested-With': 'latchkey' } }
    expect(posted).toEqual([['/auth/refresh', undefined, init]])
  })

  test('CK-02: so is the sign-out', async () => {
    const { posted } = await run(create(endpoint), undefined, 'revoke')
    const init = { method: 'POST', credentials: 'include', headers: { 'X-Requested-With': 'latchkey' } }
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
    expect(posted[0]?.[2]).toMatchObject({ credentials: 'same-origin', headers: { 'X-CSRF': '2' } })
  })

  test('it may be tried with nothing held, and has a session of its own', () => {
    expect(create(endpoint).ambient).toBe(true)
    expect(create(endpoint).id).not.toBe(create({ ...endpoint, url: '/other' }).id)
  })

  test('what read answers null for is nobody', async () => {
    expect((await run(create({ ...endpoint, read: () => null }), {})).brought).toBeNull()
  })
})

describe('cookieRefresh', () => {
  test('hands over the answer as it came, or as read makes of it', async () => {
    const answer = { jwt: 'a' }
    expect((await run(cookieRefresh(endpoint), answer)).brought).toBe(answer)
    const read = ({ jwt }: { readonly jwt: string }) => ({ accessToken: jwt })
    expect((await run(cookieRefresh({ ...endpoint, read }), answer)).brought).toEqual({ accessToken: 'a' })
  })

  test('CK-03: has no way to ask by GET', async () => {
    const { posted } = await run(cookieRefresh({ ...endpoint, method: 'GET' } as never), { accessToken: 'a' })
    expect(posted[0]?.[2].method).toBe('POST')
  })
})

describe('cookieSession', () => {
  test('may ask who is signed in by GET, where that renews nothing; signing out is a POST still', async () => {
    const strategy = cookieSession({ ...endpoint, method: 'GET' })
    expect((await run(strategy, {})).posted[0]?.[2].method).toBe('GET')
    expect((await run(strategy, {}, 'revoke')).posted[0]?.[2].method).toBe('POST')
  })

  test.each([
    ['an object is the claims', { sub: 'alice', name: 'A' }, { claims: { sub: 'alice', name: 'A' }, subject: 'alice' }],
    ['a sub that is no text is no subject', { sub: 7 }, { claims: { sub: 7 }, subject: null }],
    ['nothing tells nothing', undefined, { claims: null, subject: null }],
    ['null tells nothing', null, { claims: null, subject: null }],
    ['a text tells nothing', 'ok', { claims: null, subject: null }],
  ])('%s', async (_name, answer, session) => {
    expect((await run(cookieSession(endpoint), answer)).brought).toEqual({ cookie: true, ...session })
  })

  test('what read tells of it counts', async () => {
    const read = ({ user }: { readonly user: string }) => ({ subject: user })
    const { brought } = await run(cookieSession({ ...endpoint, read }), { user: 'bob' })
    expect(brought).toEqual({ cookie: true, subject: 'bob' })
  })
})
