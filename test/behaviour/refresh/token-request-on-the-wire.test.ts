import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import { createCookieJar } from '../../support/cookie-jar.ts'
import { createServedClient } from '../../support/served-client.ts'

const oauth = (server: AuthServer, more: object = {}) => ({
  refresh: oauthRefresh({ tokenEndpoint: `${server.origin}/token`, clientId: 'spa & co', ...more }),
})
const lastRefresh = ({ refreshLog }: AuthServer) => {
  const refresh = refreshLog.at(-1)
  if (!refresh) throw new Error('there was no refresh')
  return refresh
}

describe('oauthRefresh, against a token endpoint', () => {
  test('RF-01: it is a form POST with grant type, refresh token and client id, form-encoded', async () => {
    const { server, client } = await createServedClient(oauth)
    const { refreshToken } = server.issue('alice')
    await client.session.signIn({ accessToken: 'old', refreshToken })
    expect((await client.fetch(`${server.origin}/api/a`)).status).toBe(200)
    const { path, headers, body, outcome } = lastRefresh(server)
    expect([path, outcome]).toEqual(['/token', 'granted'])
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded(;charset=utf-8)?$/i)
    expect(body).toContain('client_id=spa+%26+co')
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: 'spa & co',
    })
  })

  test('RF-03: scope, resource and parameters go along only if they are given', async () => {
    const more = { scope: 'read', resource: 'https://api.test', parameters: { audience: 'a' } }
    const { server, client } = await createServedClient(s => oauth(s, more))
    await client.session.refresh()
    const form = new URLSearchParams(lastRefresh(server).body)
    expect([form.get('scope'), form.get('resource'), form.get('audience')]).toEqual(['read', 'https://api.test', 'a'])
  })

  test('RF-15: it asks for JSON, is not cached, and carries neither token nor cookie', async () => {
    const jar = createCookieJar()
    const seen: Request[] = []
    const { server, client } = await createServedClient(served => ({
      ...oauth(served),
      fetch: (input, init) => {
        const request = input as Request
        if (new URL(request.url).pathname === '/token') seen.push(request)
        return jar.fetch(input, init)
      },
    }))
    await jar.fetch(`${server.origin}/cookie/login`, { method: 'POST', credentials: 'include' })
    await client.session.refresh()
    const { headers } = lastRefresh(server)
    expect(headers).toMatchObject({ accept: 'application/json' })
    expect([headers.authorization, headers.cookie]).toEqual([undefined, undefined])
    expect(seen).toMatchObject([
      { method: 'POST', cache: 'no-store', redirect: 'manual', credentials: 'omit', keepalive: false },
    ])
  })

  test('RF-07: the refresh token in the response replaces the one that was sent, in the store too', async () => {
    const store = memoryStore()
    const { server, client } = await createServedClient(s => ({ ...oauth(s), store, sessionName: 'one' }))
    const first = new URLSearchParams(await refreshed(server, client)).get('refresh_token')
    expect(JSON.stringify(await store.read('one'))).not.toContain(first)
    const second = new URLSearchParams(await refreshed(server, client)).get('refresh_token')
    expect(second).not.toBe(first)
    expect([lastRefresh(server).outcome, server.reuses]).toEqual(['granted', 0])
  })

  test('RF-07: a response without a refresh token keeps the current one', async () => {
    const { server, client } = await createServedClient(oauth, { rotate: false })
    const answer = { access_token: 'newer', token_type: 'Bearer', expires_in: 60 }
    server.answerWith('/token', { status: 200, body: JSON.stringify(answer) }, 1)
    await client.session.refresh()
    const body = await refreshed(server, client)
    expect(new URLSearchParams(body).get('refresh_token')).toMatch(/^refresh_/)
    expect(lastRefresh(server).outcome).toBe('granted')
  })

  test('RF-06: unknown members are ignored', async () => {
    const { server, client } = await createServedClient(oauth)
    const answer = {
      access_token: 'newer',
      token_type: 'bearer',
      expires_in: '60',
      whatever: { deep: [1] },
      error: null,
    }
    server.answerWith('/token', { status: 200, body: JSON.stringify(answer) }, 1)
    await client.session.refresh()
    expect(await client.session.getAccessToken()).toBe('newer')
  })

  const refreshed = async (server: AuthServer, client: { session: { refresh(): Promise<unknown> } }) => {
    await client.session.refresh()
    return lastRefresh(server).body
  }
})

describe('any refresh by post', () => {
  test('RF-14: a redirect of the token endpoint sends the refresh token nowhere else', async () => {
    const other = await startAuthServer()
    onTestFinished(other.close)
    const { server, client, logins } = await createServedClient()
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'redirect', location: `${other.origin}/auth/refresh` })
    await expect(client.fetch(`${server.origin}/api/a`)).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect([other.refreshes, logins.length, client.session.status]).toEqual([0, 0, 'signed-in'])
  })

  test('RF-13: a refresh whose response was lost is not sent again by itself, whatever ky’s retries say', async () => {
    const retry = { limit: 3, methods: ['get', 'post'], delay: () => 1 } as const
    const { server, client } = await createServedClient({ retry: { ...retry, methods: [...retry.methods] } })
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'lost' }, { at: 'after-handling' })
    await expect(client.get('api/a')).rejects.toMatchObject({ code: 'refresh-unavailable', reason: 'network' })
    expect([server.refreshes, server.sends.length]).toEqual([1, 1])
  })

  test('RF-13: after its response was lost, the same refresh token is presented once more by a later request', async () => {
    // No time to wait between the two.
    const { server, client } = await createServedClient({ limits: { reuseIntervalMs: 0.1 } }, { reuse: 'grace' })
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'truncated' }, { at: 'after-handling' })
    await expect(client.fetch(`${server.origin}/api/a`)).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect((await client.fetch(`${server.origin}/api/a`)).status).toBe(200)
    expect([server.refreshes, server.refreshLog[0]?.body]).toEqual([2, server.refreshLog[1]?.body])
  })
})
