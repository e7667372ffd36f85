import { type Client, createClient, type LoginRequiredEvent } from 'latchkey'
import { delay, HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

/** The API and the token endpoint as an app's tests mock them. */
const mock = { good: '', refreshes: 0, sends: [] as (string | null)[] }
const server = setupServer(
  http.all('*/api/*', async ({ request }) => {
    const authorization = request.headers.get('authorization')
    mock.sends.push(authorization)
    if (authorization !== `Bearer ${mock.good}`) {
      return HttpResponse.json({}, { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } })
    }
    const body = request.body ? await request.text() : null
    return HttpResponse.json({ method: request.method, body, type: request.headers.get('content-type') })
  }),
  http.post('*/auth/refresh', async ({ request }) => {
    mock.refreshes += 1
    const { refreshToken } = (await request.json()) as { readonly refreshToken: string }
    await delay(5)
    if (refreshToken !== 'refresh-1') return HttpResponse.json({}, { status: 401 })
    mock.good = 'access-2'
    return HttpResponse.json({ accessToken: 'access-2', refreshToken: 'refresh-2', expiresInSeconds: 300 })
  }),
)

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  Object.assign(mock, { good: '', refreshes: 0, sends: [] })
  // Where the tab remembers its last login.
  sessionStorage.clear()
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
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'access-1', refreshToken: 'refresh-1' })
  return { client, logins }
}

describe('under msw 3 and happy-dom', () => {
  test('requests refused together cause one refresh, and are replayed', async () => {
    const { client } = await start()
    const answers = await Promise.all([client.get('api/a'), client.get('api/b'), client.fetch('/api/c')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(mock.refreshes).toBe(1)
    expect(mock.sends).toEqual([...Array(3).fill('Bearer access-1'), ...Array(3).fill('Bearer access-2')])
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
    const { client } = await start()
    const response = await send(client)
    expect(await response.json()).toEqual({ method: 'POST', body, type: expect.stringContaining(type) })
    expect(mock.sends).toHaveLength(2)
  })

  test('a handler changed for one test holds for it: an outage ends nothing', async () => {
    server.use(http.post('*/auth/refresh', () => HttpResponse.error()))
    const { client, logins } = await start()
    await expect(client.get('api/a')).rejects.toMatchObject({ code: 'refresh-unavailable', reason: 'network' })
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test('the end is told with where the person is, and the page stays where it is (LR-03)', async () => {
    server.use(http.post('*/auth/refresh', () => HttpResponse.json({}, { status: 401 })))
    window.history.replaceState(null, '', '/todos?page=2&code=abc&state=def')
    const before = window.location.href
    const { client, logins } = await start()
    await expect(client.get('api/a')).rejects.toMatchObject({ code: 'session-ended' })
    await vi.waitFor(() => expect(logins).toHaveLength(1))
    expect(logins[0]).toMatchObject({ reason: 'refresh-rejected', returnTo: '/todos?page=2' })
    expect(window.location.href).toBe(before)
  })
})
