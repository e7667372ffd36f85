import { createFakeServer, createTestClient } from 'latchkey/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

const start = (...[state, options]: Parameters<typeof createTestClient>) => {
  const api = createTestClient(state, options)
  onTestFinished(api.dispose)
  return api
}
const codeOf = (error: { readonly code?: string; readonly reason?: string; readonly name: string }) =>
  error.code ? `${error.code}: ${error.reason}` : error.name

describe('An outage of the token endpoint', () => {
  test.each([
    ['offline', 'network'],
    ['lost', 'network'],
    ['garbage', 'unreadable-response'],
    ['html', 'unreadable-response'],
    [503, 'status'],
  ] as const)('%s is %s to the client, and ends no session', async (how, reason) => {
    const api = start('expired')
    api.server.outage(how, 'token')
    expect(await api.get('todos').catch(codeOf)).toBe(`refresh-unavailable: ${reason}`)
    expect(api.session.status).toBe('signed-in')
  })

  test('a status that rejects the refresh token ends the session', async () => {
    const onLoginRequired = vi.fn()
    const api = start('expired', { onLoginRequired })
    api.server.outage(401, 'token')
    expect(await api.get('todos').catch(codeOf)).toBe('session-ended: refresh-rejected')
  })

  test('hang lasts until the deadline, under fake timers too', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const api = start('expired')
    api.server.outage('hang', 'token')
    const outcome = api.get('todos').catch(codeOf)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await outcome).toBe('refresh-unavailable: timeout')
    expect(api.server.requests.at(-1)).toEqual({ method: 'POST', path: '/token', subject: null, status: null })
  })

  test('lost uses up the refresh token, which a strict server does not accept once more', async () => {
    const api = start('expired')
    api.server.outage('lost', 'token', 1)
    await api.get('todos').catch(codeOf)
    expect([api.server.refreshes, api.server.reuses]).toEqual([1, 0])
    expect(await api.session.refresh().catch(codeOf)).toMatch(/^refresh-unavailable|^session-ended/)
  })

  test('a single failed response is outlasted by a client with the default patience', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const api = start('expired', { limits: { patienceMs: 5000 } })
    api.server.outage(503, 'token', 1)
    const status = api.get('todos').then(response => response.status)
    await vi.advanceTimersByTimeAsync(5000)
    expect([await status, api.server.refreshes]).toEqual([200, 2])
  })
})

describe('An outage of the API', () => {
  test.each([
    ['offline', 'TypeError'],
    ['garbage', 'SyntaxError'],
    ['html', 'SyntaxError'],
    [500, 'HTTPError'],
  ] as const)('%s is an error of the request alone', async (how, name) => {
    const api = start()
    api.server.outage(how, 'api')
    const error = await api
      .get('todos')
      .json()
      .catch(thrown => thrown)
    const { cause } = error as { readonly cause?: unknown }
    expect([(error as Error).name, (cause as Error | undefined)?.name]).toContain(name)
    api.server.outage(null)
    expect((await api.get('todos')).status).toBe(200)
    expect(api.server.refreshes).toBe(0)
  })

  test('no times is none at all', async () => {
    const api = start()
    api.server.outage(500, 'api', 0)
    expect((await api.get('todos')).status).toBe(200)
  })

  test('hang ends with an abort', async () => {
    const api = start()
    api.server.outage('hang')
    const controller = new AbortController()
    const request = api.fetch(`${api.server.origin}/todos`, { signal: controller.signal })
    controller.abort(new Error('the user left'))
    await expect(request).rejects.toThrow('the user left')
  })
})

test.each([
  ['how', ['ofline' as never]],
  ['how', [0]],
  ['how', [101]],
  ['how', [600]],
  ['where', ['offline', 'tokens' as never]],
  ['times', ['offline', 'all', Number.NaN]],
] as const)('an outage whose %s is none is a ConfigurationError at once: %j', (option, given) => {
  const server = createFakeServer()
  expect(() => server.outage(...(given as unknown as Parameters<typeof server.outage>))).toThrow(
    expect.objectContaining({ code: 'configuration', message: expect.stringContaining(option) }),
  )
})
