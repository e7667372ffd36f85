import { createServer } from 'node:http'
import { createClient } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { createFakeServer, type FakeServer, toNodeListener } from 'latchkey/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

const send = (server: FakeServer, path: string, token?: string, init: RequestInit = {}) =>
  server.fetch(server.origin + path, {
    ...init,
    headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) },
  })
const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })
const redeem = (server: FakeServer, refresh_token?: string) =>
  send(server, '/token', undefined, form({ grant_type: 'refresh_token', ...(refresh_token && { refresh_token }) }))

describe('A fake server', () => {
  test('responds to a good token, and challenges a missing and a bad one', async () => {
    const server = createFakeServer()
    const { access_token } = server.issue('bob')
    const good = await send(server, '/todos', access_token)
    expect(await good.json()).toEqual({ method: 'GET', path: '/todos', subject: 'bob' })
    const challenges = [await send(server, '/todos'), await send(server, '/todos', 'bad')].map(
      ({ status, headers }) => [status, headers.get('www-authenticate')],
    )
    expect(challenges).toEqual([
      [401, 'Bearer'],
      [401, 'Bearer error="invalid_token"'],
    ])
    expect(server.requests).toEqual([
      { method: 'GET', path: '/todos', subject: 'bob', status: 200 },
      { method: 'GET', path: '/todos', subject: null, status: 401 },
      { method: 'GET', path: '/todos', subject: null, status: 401 },
    ])
  })

  test('is not reached by a request that was aborted before it was sent', async () => {
    const server = createFakeServer()
    const { refresh_token = '' } = server.issue()
    const signal = AbortSignal.abort(new Error('left'))
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: `${refresh_token}` })
    await expect(server.fetch(`${server.origin}/token`, { method: 'POST', body, signal })).rejects.toThrow('left')
    expect([server.requests, server.refreshes]).toEqual([[], 0])
  })

  test('responds to HEAD without a body', async () => {
    const server = createFakeServer()
    const { access_token } = server.issue()
    const response = await send(server, '/todos', `${access_token}`, { method: 'HEAD' })
    expect([response.status, response.body, await response.text()]).toEqual([200, null, ''])
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  test('rotates refresh tokens, and ends the session of one that is used twice', async () => {
    const server = createFakeServer()
    const { refresh_token: first } = server.issue()
    const second = await (await redeem(server, first as string)).json()
    expect(second.refresh_token).not.toBe(first)
    const reused = await redeem(server, first as string)
    expect([reused.status, await reused.json()]).toEqual([400, { error: 'invalid_grant' }])
    expect((await redeem(server, second.refresh_token)).status).toBe(400)
    expect((await send(server, '/todos', second.access_token)).status).toBe(401)
    expect([server.refreshes, server.reuses]).toEqual([3, 1])
  })

  test('accepts a rotated token within the reuse interval, and not after it', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const server = createFakeServer({ reuseIntervalMs: 1000 })
    const { refresh_token: first = '' } = server.issue()
    expect((await redeem(server, first as string)).status).toBe(200)
    vi.advanceTimersByTime(999)
    expect((await redeem(server, first as string)).status).toBe(200)
    vi.advanceTimersByTime(1)
    expect((await redeem(server, first as string)).status).toBe(400)
    expect(server.reuses).toBe(2)
  })

  test.each([
    ['get', '/todos'],
    ['GET', 'todos'],
    ['GET', '/todos?done=1'],
    ['GET', 'https://api.test/todos'],
  ])('says so where a route could never be reached: %s %s', (method, path) => {
    expect(() => createFakeServer().route(method, path, () => [])).toThrow(/`route\.(method|path)`/)
  })

  test.each(['refreshToken', 'refresh_token'])('accepts JSON with %s, at the configured path', async name => {
    const server = createFakeServer({ tokenPath: '/auth/refresh' })
    const body = JSON.stringify({ [name]: server.issue().refresh_token })
    const response = await send(server, '/auth/refresh', undefined, { method: 'POST', body })
    expect([response.status, Object.keys(await response.json())]).toEqual([
      200,
      ['access_token', 'token_type', 'expires_in', 'refresh_token'],
    ])
  })

  test('issues opaque tokens with an ID token that names the user', async () => {
    const server = createFakeServer({ opaque: true })
    const client = createClient({ baseUrl: server.origin, fetch: server.fetch, refresh: server.refresh })
    onTestFinished(client.dispose)
    const tokens = server.issue('bob', { name: 'Bob Łęcki' })
    expect(tokens.access_token).not.toContain('.')
    await client.session.signIn(tokens)
    expect(client.session.getSnapshot()).toMatchObject({ subject: 'bob', claims: { name: 'Bob Łęcki' } })
    await client.session.refresh()
    expect(client.session.getSnapshot()).toMatchObject({ subject: 'bob', generation: 1 })
  })

  test('ends the sessions of one user or of all, and those whose token is revoked (RFC 7009)', async () => {
    const server = createFakeServer()
    const [alice, bob, carol, dora] = ['alice', 'bob', 'carol', 'dora'].map(name => server.issue(name))
    const who = async () => {
      const responses = await Promise.all(
        [alice, bob, carol, dora].map(each => send(server, '/me', each?.access_token)),
      )
      return responses.map(({ status }) => status)
    }
    server.revoke('alice')
    expect(await who()).toEqual([401, 200, 200, 200])
    await send(server, '/revoke', undefined, form({ token: bob?.refresh_token as string }))
    expect(await who()).toEqual([401, 401, 200, 200])
    server.revoke()
    expect(await who()).toEqual([401, 401, 401, 401])
  })

  test('is called by oauthRefresh as any authorization server is', async () => {
    const server = createFakeServer()
    const tokenEndpoint = `${server.origin}/token`
    const refresh = oauthRefresh({ tokenEndpoint, clientId: 'spa', revocationEndpoint: `${server.origin}/revoke` })
    const client = createClient({ baseUrl: server.origin, fetch: server.fetch, refresh })
    onTestFinished(client.dispose)
    const tokens = server.issue()
    await client.session.signIn(tokens)
    server.expireAccessTokens()
    expect((await client.get('todos')).status).toBe(200)
    const { revoked } = await client.session.signOut()
    expect(await revoked).toBe(true)
    expect(server.redeem(tokens.refresh_token as string)).toBeNull()
  })

  test('knows a user by cookie: the token endpoint gives access tokens, and shows no refresh token', async () => {
    const server = createFakeServer()
    server.route('GET', '/me', (_, claims) => claims)
    server.issueCookie('bob', { name: 'Bob' })
    const renewed = await (await redeem(server)).json()
    expect(renewed).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 })
    expect(await (await send(server, '/me')).json()).toEqual({ sub: 'bob', name: 'Bob' })
    server.expireAccessTokens()
    expect((await send(server, '/me')).status).toBe(401)
    expect((await redeem(server)).status).toBe(200)
    expect((await send(server, '/me')).status).toBe(200)
    await send(server, '/revoke', undefined, { method: 'POST' })
    expect([(await send(server, '/me')).status, (await redeem(server)).status]).toEqual([401, 400])
  })
})

describe('A route of a fake server', () => {
  test('returns a Response, or a value that is sent as JSON, or nothing', async () => {
    const server = createFakeServer()
    const { access_token } = server.issue('bob', { roles: ['admin'] })
    server.route('GET', '/todos', (_, claims) => [{ id: 1, of: claims?.sub, roles: claims?.['roles'] }])
    server.route('POST', '/todos', async request => new Response(await request.text(), { status: 201 }))
    server.route('DELETE', '/todos', () => null)
    expect(await (await send(server, '/todos', access_token)).json()).toEqual([{ id: 1, of: 'bob', roles: ['admin'] }])
    const made = await send(server, '/todos', access_token, { method: 'POST', body: 'milk' })
    expect([made.status, await made.text()]).toEqual([201, 'milk'])
    expect((await send(server, '/todos', access_token, { method: 'DELETE' })).status).toBe(204)
    expect((await send(server, '/todos', undefined, { method: 'DELETE' })).status).toBe(401)
  })

  test('may be public, and may use names of its own for a refresh', async () => {
    const server = createFakeServer()
    server.route('POST', '/login', () => server.issue('bob'), { auth: false })
    server.route(
      'POST',
      '/renew',
      async request => {
        const renewed = server.redeem(((await request.json()) as { readonly rt: string }).rt)
        return renewed ? { at: renewed.access_token, rt: renewed.refresh_token } : new Response(null, { status: 401 })
      },
      { auth: false },
    )
    const { refresh_token } = await (await send(server, '/login', undefined, { method: 'POST' })).json()
    const renew = (rt: string) => send(server, '/renew', undefined, { method: 'POST', body: JSON.stringify({ rt }) })
    expect(await (await renew(refresh_token)).json()).toEqual({ at: expect.any(String), rt: expect.any(String) })
    expect((await renew(refresh_token)).status).toBe(401)
  })
})

describe('As a handler of other servers, a fake server', () => {
  test('is reached over a real Node server', async () => {
    const fake = createFakeServer()
    const real = createServer(toNodeListener(fake))
    onTestFinished(() => void real.close())
    await new Promise<void>(resolve => real.listen(0, '127.0.0.1', resolve))
    const { port } = real.address() as { readonly port: number }
    const origin = `http://127.0.0.1:${port}`
    const client = createClient({
      baseUrl: origin,
      refresh: ({ refreshToken, post }) => post('/token', { refreshToken }),
    })
    onTestFinished(client.dispose)
    await client.session.signIn(fake.issue('bob'))
    fake.expireAccessTokens()
    fake.route('POST', '/echo', async (request, claims) => ({ text: await request.text(), by: claims?.sub }))
    expect(await client.post('echo', { body: 'grüße' }).json()).toEqual({ text: 'grüße', by: 'bob' })
    fake.outage('offline', 'api')
    await expect(fetch(`${origin}/todos`)).rejects.toThrow(TypeError)
  })

  test('lets pages of other origins in, as CORS wants it', async () => {
    const server = createFakeServer()
    const headers = { origin: 'https://app.test' }
    const refused = await server.handler({ request: new Request(`${server.origin}/todos`, { headers }) })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, 'https://app.test'])
    expect(refused.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    const asked = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' }
    const preflight = await server.handler({
      request: new Request(`${server.origin}/todos`, { method: 'OPTIONS', headers: { ...headers, ...asked } }),
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization'])
    expect(server.requests).toHaveLength(1)
  })

  test('responds 404 to a request for another origin', async () => {
    await expect(createFakeServer().fetch('https://other.test/')).rejects.toThrow('nothing is at https://other.test')
  })
})
