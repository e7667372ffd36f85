import axios, { AxiosError } from 'axios'
import { isLatchkeyError } from 'latchkey'
import createOpenApi from 'openapi-fetch'
import { describe, expect, test } from 'vitest'
import type { ApiEcho } from '../../support/protected-api.ts'
import { createServedClient } from '../../support/served-client.ts'

interface Paths {
  '/api/todos': {
    get: { parameters: { query?: { page?: number } }; responses: { 200: { content: { 'application/json': ApiEcho } } } }
    post: {
      requestBody: { content: { 'application/json': { title: string } } }
      responses: {
        200: { content: { 'application/json': ApiEcho } }
        401: { content: { 'application/json': { message: string } } }
      }
    }
  }
}

describe('openapi-fetch, given client.fetch', () => {
  const start = async () => {
    const { server, client } = await createServedClient()
    return { server, api: createOpenApi<Paths>({ baseUrl: server.origin, fetch: client.fetch }) }
  }

  test('is signed in, and does not notice a refresh', async () => {
    const { server, api } = await start()
    server.expireAccessTokens()
    const { data, response } = await api.GET('/api/todos', { params: { query: { page: 2 } } })
    expect([data?.subject, data?.sends, response.status]).toEqual(['alice', 2, 200])
    expect(server.sends.map(({ query }) => query)).toEqual(['page=2', 'page=2'])
  })

  test('has its JSON replayed byte for byte', async () => {
    const { server, api } = await start()
    server.expireAccessTokens()
    const { data } = await api.POST('/api/todos', { body: { title: 'naïve 🔑' } })
    expect(data?.subject).toBe('alice')
    expect(server.sends.map(({ body }) => String(body))).toEqual(Array(2).fill('{"title":"naïve 🔑"}'))
  })

  test('gets a final 401 as any other response', async () => {
    const { server, api } = await start()
    server.refuse('/api/todos')
    const { error, response } = await api.POST('/api/todos', { body: { title: 'x' } })
    expect([error, response.status]).toEqual([{ message: 'Not with this token' }, 401])
  })

  test('sees the request that it made in its middleware, without a token', async () => {
    const { server, api } = await start()
    server.expireAccessTokens()
    const seen: (string | null)[] = []
    api.use({
      onRequest: ({ request }) => request.headers.set('x-trace', '1'),
      onResponse: ({ request }) => void seen.push(request.headers.get('authorization')),
    })
    await api.POST('/api/todos', { body: { title: 'x' } })
    expect(seen).toEqual([null])
    expect(server.sends.map(({ headers }) => headers['x-trace'])).toEqual(['1', '1'])
  })
})

describe('axios by its fetch adapter, given client.fetch', () => {
  const start = async (options: Parameters<typeof createServedClient>[0] = {}) => {
    const { server, client } = await createServedClient(options)
    const http = axios.create({ baseURL: server.origin, adapter: 'fetch', env: { fetch: client.fetch } })
    return { server, client, http }
  }

  test.each([
    ['an object', { title: 'naïve 🔑' }, '{"title":"naïve 🔑"}'],
    ['a text', 'text', 'text'],
    ['URLSearchParams', new URLSearchParams({ a: '1' }), 'a=1'],
  ])('has %s replayed, and does not notice a refresh', async (_, data, expected) => {
    const { server, http } = await start()
    server.expireAccessTokens()
    const answer = await http.post<ApiEcho>('/api/todos', data)
    expect([answer.status, answer.data.subject, answer.data.sends]).toEqual([200, 'alice', 2])
    expect(server.sends.map(({ body }) => String(body))).toEqual([expected, expected])
  })

  test('has FormData with a file replayed', async () => {
    const { server, http } = await start()
    server.expireAccessTokens()
    const form = new FormData()
    form.append('file', new File(['content'], 'a.txt'))
    expect((await http.post('/api/todos', form)).status).toBe(200)
    expect(server.sends.map(({ body }) => String(body).includes('content'))).toEqual([true, true])
  })

  test('gets a final 401 as its own error', async () => {
    const { server, http } = await start()
    server.refuse('/api/todos')
    const error = await http.get('/api/todos').catch((thrown: unknown) => thrown)
    if (!(error instanceof AxiosError)) throw error
    expect([error.response?.status, error.response?.data]).toEqual([401, { message: 'Not with this token' }])
    expect(JSON.stringify(error)).not.toContain('access_')
  })

  test('sees the end of a session as SessionEndedError, and not as an axios error for the 401', async () => {
    const { server, client, http } = await start()
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'status', status: 401 })
    const error = await http.get('/api/todos').catch((thrown: unknown) => thrown)
    if (!(error instanceof AxiosError)) throw error
    expect([error.name, error.code, error.response]).toEqual(['SessionEndedError', 'session-ended', undefined])
    expect(error.cause).toMatchObject({
      code: 'session-ended',
      reason: 'refresh-rejected',
      rejectedResponse: { status: 401 },
    })
    expect(isLatchkeyError(error.cause)).toBe(true)
    const next = await client.session.getAccessToken().catch((thrown: unknown) => thrown)
    expect(next).toMatchObject({ code: 'session-ended', rejectedResponse: null })
  })

  test('sees a declined step-up as StepUpRequiredError', async () => {
    const { server, http } = await start({ reauthenticate: async () => null })
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold"'
    server.answerWith('/api/todos', { status: 401, headers: { 'www-authenticate': challenge } })
    const error = await http.get('/api/todos').catch((thrown: unknown) => thrown)
    if (!(error instanceof AxiosError)) throw error
    expect([error.name, error.code, error.response]).toEqual(['StepUpRequiredError', 'step-up-required', undefined])
    expect(isLatchkeyError(error.cause) && error.cause.code === 'step-up-required' && error.cause.requirement).toEqual({
      acrValues: ['gold'],
      maxAgeSeconds: null,
      scope: null,
    })
  })

  test('sees an unavailable refresh as RefreshUnavailableError', async () => {
    const { server, http } = await start()
    server.expireAccessTokens()
    server.failRefreshes({ kind: 'status', status: 503 })
    const error = await http.get('/api/todos').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'RefreshUnavailableError', code: 'refresh-unavailable', status: 503 })
  })

  test('can be aborted while it waits', async () => {
    const { server, http } = await start()
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const controller = new AbortController()
    const answer = http.get('/api/todos', { signal: controller.signal })
    await gate.reached()
    controller.abort()
    await expect(answer).rejects.toMatchObject({ code: 'ERR_CANCELED' })
    gate.open()
  })
})
