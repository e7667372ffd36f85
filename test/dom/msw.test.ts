import { type Client, createClient, type LoginRequiredEvent } from 'latchkey'
import { createFakeServer, type FakeServer, resetClient } from 'latchkey/testing'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

/** The API and the token endpoint as an app's tests mock them. */
let fake: FakeServer
const server = setupServer(http.all('*', ({ request }) => fake.handler({ request })))

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  fake = createFakeServer({ origin: window.location.origin, tokenPath: '/auth/refresh' })
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const start = async () => {
  const logins: LoginRequiredEvent[] = []
  const client = createClient({
    // The runtime's own Request, as msw needs it, knows of no page: a relative base URL would mean nothing to it.
    baseUrl: window.location.origin,
    retry: 0,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    onLoginRequired: event => void logins.push(event),
  })
  await resetClient(client)
  onTestFinished(client.dispose)
  await client.session.signIn(fake.issue('alice'))
  fake.expireAccessTokens()
  return { client, logins }
}

describe('under msw 3 and happy-dom', () => {
  test('requests that get a 401 together cause one refresh, and are replayed', async () => {
    const { client } = await start()
    const answers = await Promise.all([client.get('api/a'), client.get('api/b'), client.fetch('/api/c')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect({ refreshes: fake.refreshes, reuses: fake.reuses }).toEqual({ refreshes: 1, reuses: 0 })
    expect(fake.requests.map(({ status }) => status)).toEqual([401, 401, 401, 200, 200, 200, 200])
  })

  test.each([
    ['JSON through ky', (client: Client) => client.post('api/x', { json: { name: 'Ada' } }), '{"name":"Ada"}', 'json'],
    [
      'a form through fetch',
      (client: Client) => client.fetch('/api/x', { method: 'POST', body: new URLSearchParams({ a: '1 2' }) }),
      'a=1+2',
      'urlencoded',
    ],
  ])('a body is replayed as it was: %s', async (_, send, body, type) => {
    fake.route('POST', '/api/x', async request => {
      return { method: request.method, body: await request.text(), type: request.headers.get('content-type') }
    })
    const { client } = await start()
    const response = await send(client)
    expect(await response.json()).toEqual({ method: 'POST', body, type: expect.stringContaining(type) })
    expect(fake.requests.filter(({ path }) => path === '/api/x').map(({ status }) => status)).toEqual([401, 200])
  })

  test('a handler changed for one test holds for it: an outage ends nothing', async () => {
    server.use(http.post('*/auth/refresh', () => HttpResponse.error()))
    const { client, logins } = await start()
    await expect(client.get('api/a')).rejects.toMatchObject({ code: 'refresh-unavailable', reason: 'network' })
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test('the end of a session names the current page for the way back, and does not leave it (LR-03)', async () => {
    window.history.replaceState(null, '', '/todos?page=2&code=abc&state=def')
    const before = window.location.href
    const { client, logins } = await start()
    fake.revoke()
    await expect(client.get('api/a')).rejects.toMatchObject({ code: 'session-ended' })
    await vi.waitFor(() => expect(logins).toHaveLength(1))
    expect(logins[0]).toMatchObject({ reason: 'refresh-rejected', returnTo: '/todos?page=2' })
    expect(window.location.href).toBe(before)
  })
})
