import { cookieRefresh, cookieSession } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createCookieJar } from '../../support/cookie-jar.ts'
import { createServedClient } from '../../support/served-client.ts'

describe('cookie strategies, against a server with HttpOnly cookies', () => {
  const mediated = () => ({
    refresh: cookieRefresh({ url: '/cookie/refresh', signOutUrl: '/cookie/logout' }),
    fetch: createCookieJar().fetch,
    store: memoryStore(),
  })
  const behind = (method: 'GET' | 'POST') => ({
    refresh: cookieSession({
      url: method === 'GET' ? '/bff/user' : '/bff/refresh',
      method,
      signOutUrl: '/cookie/logout',
    }),
    fetch: createCookieJar().fetch,
    store: memoryStore(),
  })

  test('CK-01: the refresh token stays in its cookie, and a storm of 401s renews the access token once', async () => {
    const { server, client } = await createServedClient(mediated(), { signedIn: false })
    const login = await client
      .post('cookie/login', { auth: false, credentials: 'include' })
      .json<{ accessToken: string }>()
    expect(login).not.toHaveProperty('refreshToken')
    await client.session.signIn(login)
    server.expireAccessTokens()
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch(`${server.origin}/api/a`)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
    expect(server.refreshLog[0]).toMatchObject({ body: '', outcome: 'granted', headers: { cookie: /^refresh=/ } })
  })

  test('CK-01: a page that starts with a cookie is signed in by it, without a 401', async () => {
    const { server, client } = await createServedClient(mediated(), { signedIn: false })
    await client.post('cookie/login', { auth: false, credentials: 'include' })
    expect((await client.session.ready()).status).toBe('signed-in')
    expect((await client.fetch(`${server.origin}/api/a`)).status).toBe(200)
    expect([server.refreshes, server.sends.length]).toEqual([1, 1])
  })

  test('CK-01: a page that starts without one is signed out, and no login is required', async () => {
    const { server, client, logins } = await createServedClient(mediated(), { signedIn: false })
    expect((await client.session.ready()).status).toBe('signed-out')
    expect([server.refreshes, logins.length]).toEqual([1, 0])
  })

  test.each(['GET', 'POST'] as const)(
    'CK-01: behind a BFF there is no token: a 401 means ask %s, and go on',
    async method => {
      const { server, client } = await createServedClient(behind(method), { signedIn: false })
      await client.post('bff/login', { auth: false, credentials: 'include' })
      await client.session.signIn({ cookie: true })
      server.expireAccessTokens()
      expect((await client.get('api/a', { credentials: 'include' })).status).toBe(200)
      expect(server.refreshes).toBe(1)
      expect(server.sends.map(({ authorization }) => authorization)).toEqual([null, null])
      expect(client.session.getSnapshot().claims).toMatchObject({ name: 'Name of alice' })
    },
  )

  test('CK-01: behind a BFF a 401 of the session endpoint ends the session, once', async () => {
    const { server, client, logins } = await createServedClient(behind('POST'), { signedIn: false })
    await client.session.signIn({ cookie: true, subject: 'alice' })
    const answers = [1, 2].map(() => client.get('api/a', { credentials: 'include' }))
    const outcomes = await Promise.allSettled(answers)
    expect(outcomes).toMatchObject([{ reason: { code: 'session-ended' } }, { reason: { code: 'session-ended' } }])
    await expect.poll(() => logins.length).toBe(1)
    expect(server.refreshes).toBe(1)
  })

  test('CK-02: refresh and sign-out carry a header that no form of another site can set', async () => {
    const sent: [string, string | null][] = []
    const { client } = await createServedClient(
      {
        ...mediated(),
        fetch: (input, init) => {
          const { url, headers } = input as Request
          sent.push([new URL(url).pathname, headers.get('x-requested-with')])
          return createCookieJar().fetch(input, init)
        },
      },
      { signedIn: false },
    )
    await client.session.ready()
    await client.session.signOut()
    expect(sent).toEqual([
      ['/cookie/refresh', 'latchkey'],
      ['/cookie/logout', 'latchkey'],
    ])
  })

  test('CK-02: the app’s own headers are added, computed for each request', async () => {
    let asked = 0
    const { server, client } = await createServedClient(
      {
        ...mediated(),
        refresh: cookieRefresh({
          url: '/cookie/refresh',
          signOutUrl: false,
          headers: () => ({ 'X-CSRFToken': `csrf-${++asked}` }),
        }),
      },
      { signedIn: false },
    )
    await client.post('cookie/login', { auth: false, credentials: 'include' })
    await client.session.ready()
    await client.session.refresh()
    expect(server.refreshLog.map(({ headers }) => headers['x-csrftoken'])).toEqual(['csrf-1', 'csrf-2'])
    expect(server.refreshLog.map(({ headers }) => headers['x-requested-with'])).toEqual(['latchkey', 'latchkey'])
  })

  test('CK-03: a refresh by cookie is a POST, and a method cannot be given', async () => {
    const methods: (string | undefined)[] = []
    const strategy = { url: '/cookie/refresh', signOutUrl: false } as const
    expect(() => cookieRefresh({ ...strategy, method: 'GET' } as never)).toThrow('`method`')
    const { client } = await createServedClient(
      {
        refresh: cookieRefresh(strategy),
        store: memoryStore(),
        fetch: async input => {
          methods.push((input as Request).method)
          return new Response(null, { status: 401 })
        },
      },
      { signedIn: false },
    )
    await client.session.ready()
    expect(methods).toEqual(['POST'])
  })
})
