import { explainUnauthorized } from 'latchkey/explain'
import { createFakeServer, createTestClient } from 'latchkey/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const fromPage = { headers: { origin: 'https://app.example.com' } }

test('no cache stores a response with tokens, or serves it to another origin', async () => {
  const server = createFakeServer()
  server.route('POST', '/login', () => server.issue(), { auth: false })
  const body = new URLSearchParams({ refresh_token: server.issue().refresh_token ?? '' })
  const responses = await Promise.all([
    server.fetch(`${server.origin}/token`, { method: 'POST', body, ...fromPage }),
    server.fetch(`${server.origin}/login`, { method: 'POST', ...fromPage }),
  ])
  expect(responses.map(({ status, headers }) => [status, headers.get('cache-control'), headers.get('vary')])).toEqual([
    [200, 'no-store', 'Origin'],
    [200, 'no-store', 'Origin'],
  ])
})

test('a browser need not ask before each request: a preflight holds for ten minutes', async () => {
  const server = createFakeServer()
  const { headers } = await server.fetch(server.origin, { method: 'OPTIONS', ...fromPage })
  expect(headers.get('access-control-max-age')).toBe('600')
})

test('a session that was revoked on the server is explained as that', async () => {
  const api = createTestClient()
  const tell = vi.fn()
  onTestFinished(explainUnauthorized(api, { tell }))
  onTestFinished(api.dispose)
  api.server.revoke()
  await api.get('todos').catch(() => {})
  await vi.waitFor(() => expect(tell).toHaveBeenCalled(), 10_000)
  expect(tell.mock.calls[0]?.[0].causes[0].code).toBe('revoked')
})
