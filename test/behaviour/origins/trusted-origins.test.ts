import { bearer, createClient } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RootClient } from '../../../src/client/client.ts'
import { startAuthServer } from '../../support/auth-server.ts'
import { json } from '../../support/http-messages.ts'
import { createServedClient } from '../../support/served-client.ts'

/** Another port of the same host: another origin, and whatever it answers is somebody else's. */
const startStranger = async () => {
  const stranger = await startAuthServer()
  onTestFinished(stranger.close)
  return stranger
}

/** Both ways to send; ky's must not throw for a 401. */
const forms: readonly (readonly [string, (client: RootClient, url: string) => Promise<Response>])[] = [
  ['client.fetch', (client, url) => client.fetch(url)],
  ['ky', (client, url) => client.get(url, { throwHttpErrors: false, retry: 0 })],
]

describe.each(forms)('the token, through %s', (_, send) => {
  test('is in one Authorization header and nowhere else (TX-01, TX-02)', async () => {
    const { server, client } = await createServedClient()
    const token = await client.session.getAccessToken()
    await send(client, `${server.origin}/api/x?page=1`)
    const [sent] = server.sends
    expect(sent?.authorization).toBe(`Bearer ${token}`)
    // Node joins a header that came twice with a comma.
    const { authorization: _theOne, ...others } = sent?.headers ?? {}
    expect(JSON.stringify([others, sent?.path, sent?.query, String(sent?.body)])).not.toContain(token)
  })

  test('does not go to another port of the same host, and a 401 from there starts nothing (TX-04)', async () => {
    const { server, client } = await createServedClient()
    const stranger = await startStranger()
    const response = await send(client, `${stranger.origin}/api/x`)
    expect(response.status).toBe(401)
    expect(stranger.sends.map(({ authorization }) => authorization)).toEqual([null])
    expect(server.refreshes).toBe(0)
    expect(client.session.status).toBe('signed-in')
  })

  test('goes to an origin that was named', async () => {
    const stranger = await startStranger()
    const { client } = await createServedClient({ trustedOrigins: [stranger.origin] })
    await send(client, `${stranger.origin}/api/x`)
    // It does not know this token, so it is asked twice: with the first one, and with the one of the refresh.
    expect(stranger.sends.map(({ authorization }) => authorization)).toEqual([
      expect.stringMatching(/^Bearer /),
      expect.stringMatching(/^Bearer /),
    ])
  })

  test.each([302, 307])(
    'does not follow a %i redirect to another origin, whose 401 starts nothing (ST-11)',
    async status => {
      const { server, client } = await createServedClient()
      const stranger = await startStranger()
      server.answerWith('/api/away', { status, headers: { location: `${stranger.origin}/api/x` } })
      const response = await send(client, `${server.origin}/api/away`)
      expect([response.status, response.redirected]).toEqual([401, true])
      expect(stranger.sends.map(({ authorization }) => authorization)).toEqual([null])
      expect([server.refreshes, server.sends.length]).toEqual([0, 1])
    },
  )

  test('follows a redirect inside its origin, where a 401 concerns it', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/moved', { status: 302, headers: { location: '/api/x' } })
    server.expireAccessTokens()
    const response = await send(client, `${server.origin}/api/moved`)
    expect([response.status, server.refreshes]).toEqual([200, 1])
  })

  test.each([302, 307])(
    'in a header of its own does not follow a %i redirect either, although no browser strips it (FE-03)',
    async status => {
      const { server, client } = await createServedClient({ scheme: bearer({ header: 'X-Access-Token', prefix: '' }) })
      const stranger = await startStranger()
      server.answerWith('/api/away', { status, headers: { location: `${stranger.origin}/api/x` } })
      await send(client, `${server.origin}/api/away`).catch(() => {})
      expect(server.sends[0]?.headers['x-access-token']).toBe(await client.session.getAccessToken())
      expect(stranger.sends.filter(({ headers }) => headers['x-access-token'] !== undefined)).toEqual([])
    },
  )

  test('of a cross-site page in mode no-cors is left out, and the request event says so (TX-09)', async () => {
    const { server, client } = await createServedClient()
    const why: unknown[] = []
    client.session.on('request', event => 'reason' in event && why.push(event.reason))
    await client.fetch(`${server.origin}/api/x`, { mode: 'no-cors' })
    expect(server.sends.map(({ authorization }) => authorization)).toEqual([null])
    expect(why).toEqual(['no-cors'])
  })
})

describe("a caller's own Authorization", () => {
  const headers = { Authorization: 'Basic dXNlcjpwYXNz' }

  test.each([
    ['client.fetch', (client: RootClient, url: string) => client.fetch(url, { headers })],
    ['client.fetch with a Request', (client: RootClient, url: string) => client.fetch(new Request(url, { headers }))],
    ['ky', (client: RootClient, url: string) => client.get(url, { headers, throwHttpErrors: false, retry: 0 })],
    [
      'a hook of ky',
      (client: RootClient, url: string) =>
        client.get(url, {
          throwHttpErrors: false,
          retry: 0,
          hooks: { beforeRequest: [({ request }) => request.headers.set('Authorization', headers.Authorization)] },
        }),
    ],
  ] as const)('is left alone, and its 401 is returned: %s (ST-15)', async (_, send) => {
    const { server, client } = await createServedClient()
    const response = await send(client, `${server.origin}/api/x`)
    expect(response.status).toBe(401)
    expect(server.sends.map(({ authorization }) => authorization)).toEqual([headers.Authorization])
    expect(server.refreshes).toBe(0)
    expect(client.session.status).toBe('signed-in')
  })
})

describe('the endpoints of the session', () => {
  test('get no access token: refresh, revocation, login (TX-10)', async () => {
    const server = await startAuthServer()
    onTestFinished(server.close)
    const client = createClient({
      baseUrl: server.origin,
      refresh: oauthRefresh({
        tokenEndpoint: `${server.origin}/token`,
        revocationEndpoint: `${server.origin}/revoke`,
        clientId: 'spa',
      }),
    })
    onTestFinished(client.dispose)
    const logins: unknown[] = []
    server.answerWith('/auth/login', ({ headers }) => {
      logins.push(headers.authorization)
      return json(200, server.issue())
    })
    await client.session.signIn(server.issue())
    await client.session.refresh()
    await client.session.signIn(await client.post('auth/login', { json: {}, auth: false }).json())
    await client.session.signOut()
    await vi.waitFor(() => expect(server.revocations).toHaveLength(1))
    const seen = [...server.refreshLog, ...server.revocations].map(({ headers }) => headers.authorization)
    expect([...seen, ...logins]).toEqual([undefined, undefined, undefined])
  })

  test('return a 401 to their caller: a failed login concerns the form alone (TX-10)', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/auth/login', json(401, { message: 'Wrong password' }, { 'www-authenticate': 'Bearer' }))
    const response = await client.post('auth/login', { json: {}, auth: false, throwHttpErrors: false })
    expect([response.status, await response.json()]).toEqual([401, { message: 'Wrong password' }])
    expect([server.refreshes, client.session.status]).toEqual([0, 'signed-in'])
  })

  test('follow no redirect: a 307 of the refresh endpoint sends the refresh token to no other origin', async () => {
    const { server, client } = await createServedClient()
    const stranger = await startStranger()
    server.failRefreshes({ kind: 'redirect', location: `${stranger.origin}/auth/refresh` })
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(stranger.refreshes).toBe(0)
    expect(client.session.status).toBe('signed-in')
  })
})
