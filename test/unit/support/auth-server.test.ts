import { describe, expect, onTestFinished, test } from 'vitest'
import { type AuthServer, startAuthServer } from '../../support/auth-server.ts'
import type { AuthSettings } from '../../support/auth-settings.ts'
import type { ApiEcho } from '../../support/protected-api.ts'

const start = async (options: Partial<AuthSettings> = {}): Promise<AuthServer> => {
  const server = await startAuthServer(options)
  onTestFinished(server.close)
  return server
}

const post = (url: string, body: object, headers: HeadersInit = {}) =>
  fetch(url, {
    method: 'POST',
    body: body instanceof URLSearchParams ? body : JSON.stringify(body),
    headers: body instanceof URLSearchParams ? headers : { 'content-type': 'application/json', ...headers },
  })

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** What a browser would send back. */
const cookieFrom = (response: Response) => ({ cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' })

describe('the API', () => {
  test('accepts a good token and reports what it received', async () => {
    const server = await start()
    const { accessToken } = server.issue('alice')
    const body = new Uint8Array([0, 255, 10])
    const response = await fetch(`${server.origin}/api/files?x=1`, { method: 'PUT', body, ...bearer(accessToken) })
    expect(await response.json()).toMatchObject({
      subject: 'alice',
      method: 'PUT',
      path: '/api/files',
      bodyLength: 3,
      bodySha256: '712450d3c4a79eea9509e75dc1dacdeff58034df538536cfae2da882bd8a0c50',
      sends: 1,
    } satisfies Partial<ApiEcho>)
    expect(server.sends[0]).toMatchObject({ authorization: `Bearer ${accessToken}`, query: 'x=1', status: 200 })
  })

  test('rejects an expired token with a challenge that names the error, and a missing one without', async () => {
    const server = await start()
    const { accessToken } = server.issue()
    server.expireAccessTokens()
    const expired = await fetch(`${server.origin}/api/todos`, bearer(accessToken))
    expect([expired.status, expired.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
    const missing = await fetch(`${server.origin}/api/todos`)
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  })

  test('rejects and responds at a path as the test says, so often and no more', async () => {
    const server = await start()
    const { accessToken } = server.issue()
    server.refuse('/api/odd', 1)
    server.answerWith('/api/gone', { status: 410, body: 'gone' }, 1)
    const statuses = []
    for (const path of ['odd', 'odd', 'gone', 'gone']) {
      statuses.push((await fetch(`${server.origin}/api/${path}`, bearer(accessToken))).status)
    }
    expect(statuses).toEqual([401, 200, 410, 200])
    expect(server.sends.map(send => send.status)).toEqual(statuses)
  })

  test('lets pages of other origins read the challenge, unless configured otherwise', async () => {
    const server = await start()
    const exposed = async () => {
      const response = await fetch(`${server.origin}/api/x`, { headers: { origin: 'https://app.test' } })
      return response.headers.get('access-control-expose-headers')
    }
    expect(await exposed()).toContain('WWW-Authenticate')
    server.settings.exposedHeaders = 'Date'
    expect(await exposed()).toBe('Date')
  })
})

describe('the refresh endpoints', () => {
  test('speak the library’s own names in JSON, and count', async () => {
    const server = await start({ accessTokenSeconds: 60 })
    const { refreshToken } = server.issue()
    const granted = await post(`${server.origin}/auth/refresh`, { refreshToken })
    expect(await granted.json()).toMatchObject({ expiresInSeconds: 60, accessToken: expect.any(String) })
    expect((await post(`${server.origin}/auth/refresh`, { refreshToken })).status).toBe(401)
    expect(server.refreshLog.map(refresh => refresh.outcome)).toEqual(['granted', 'reused'])
    expect([server.refreshes, server.reuses]).toEqual([2, 1])
  })

  test('speak OAuth in forms', async () => {
    const server = await start()
    const { refreshToken } = server.issue()
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'spa', refresh_token: refreshToken })
    const granted = await post(`${server.origin}/token`, form)
    expect(await granted.json()).toMatchObject({ token_type: 'Bearer', expires_in: 300 })
    const reused = await post(`${server.origin}/token`, form)
    expect([reused.status, await reused.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    const malformed = await post(`${server.origin}/token`, { grant_type: 'refresh_token' })
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: 'invalid_request' }])
  })

  test('revoke a family by either of its tokens, and note the client (RFC 7009)', async () => {
    const server = await start()
    const { accessToken, refreshToken } = server.issue()
    const form = { token: refreshToken, token_type_hint: 'refresh_token', client_id: 'spa' }
    expect((await post(`${server.origin}/revoke`, new URLSearchParams(form))).status).toBe(200)
    expect((await fetch(`${server.origin}/api/x`, bearer(accessToken))).status).toBe(401)
    expect(server.revocations).toMatchObject([{ tokenTypeHint: 'refresh_token', clientId: 'spa' }])
  })

  test('rotate an HttpOnly refresh cookie, and only for requests with the CSRF header', async () => {
    const server = await start()
    const login = await post(`${server.origin}/cookie/login`, { subject: 'bob' })
    expect(login.headers.getSetCookie()[0]).toMatch(/^refresh=\S+; HttpOnly/)
    const first = cookieFrom(login)
    expect((await post(`${server.origin}/cookie/refresh`, {}, first)).status).toBe(400)
    const own = { 'x-requested-with': 'test' }
    const granted = await post(`${server.origin}/cookie/refresh`, {}, { ...first, ...own })
    const { accessToken } = (await granted.json()) as { accessToken: string }
    expect(await (await fetch(`${server.origin}/api/x`, bearer(accessToken))).json()).toMatchObject({ subject: 'bob' })
    expect((await post(`${server.origin}/cookie/logout`, {}, { ...cookieFrom(granted), ...own })).status).toBe(204)
    expect((await post(`${server.origin}/cookie/refresh`, {}, { ...cookieFrom(granted), ...own })).status).toBe(401)
  })

  test('keep a cookie session that the API knows, until it has to be refreshed', async () => {
    const server = await start()
    const cookie = cookieFrom(await post(`${server.origin}/bff/login`, { subject: 'bob' }))
    const callApi = async () => (await fetch(`${server.origin}/api/x`, { headers: cookie })).status
    expect(await callApi()).toBe(200)
    server.expireAccessTokens()
    expect(await callApi()).toBe(401)
    const who = await fetch(`${server.origin}/bff/user`, { headers: { ...cookie, 'x-csrf': '1' } })
    expect(await who.json()).toMatchObject({ sub: 'bob' })
    expect(await callApi()).toBe(200)
    server.revoke('bob')
    expect((await post(`${server.origin}/bff/refresh`, {}, { ...cookie, 'x-csrf': '1' })).status).toBe(401)
  })
})
