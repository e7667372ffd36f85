import { describe, expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, stageOrigin } from '../../support/stage.ts'

const start = async (options: Parameters<typeof createServedClient>[0] = {}) => {
  const { server, client } = await createServedClient(options)
  const clones = vi.spyOn(Request.prototype, 'clone')
  const responseClones = vi.spyOn(Response.prototype, 'clone')
  return { server, client, clones, responseClones, url: (path: string) => server.origin + path }
}

describe('a body whose source is known is not cloned for a replay', () => {
  type Started = Awaited<ReturnType<typeof start>>
  test.each<[string, (started: Started) => Promise<unknown>]>([
    ['client.fetch', ({ client, url }) => client.fetch(url('/api/a'), { method: 'POST', body: 'x' })],
    ['client.fetch without a body', ({ client, url }) => client.fetch(url('/api/a'), { method: 'POST' })],
    ['client.fetch of a GET Request', ({ client, url }) => client.fetch(new Request(url('/api/a')))],
    [
      'client.fetch of a Request, its body given apart',
      ({ client, url }) => client.fetch(new Request(url('/api/a'), { method: 'POST', body: 'x' }), { body: 'y' }),
    ],
    [
      'client.fetch of a Request with a `replay`',
      ({ client, url }) =>
        client.fetch(new Request(url('/api/a'), { method: 'POST', body: 'x' }), { replay: () => 'x' }),
    ],
    ['client.get', ({ client }) => client.get('/api/a').json()],
    ['client.post with a body', ({ client }) => client.post('/api/a', { body: new Blob(['x']) }).json()],
    ['client.post with json', ({ client }) => client.post('/api/a', { json: {} }).json()],
    ['client.post with progress', ({ client }) => client.post('/api/a', { body: 'x', onUploadProgress: () => {} })],
  ])('%s, accepted at once or rejected and replayed', async (_, send) => {
    const started = await start()
    await send(started)
    started.server.expireAccessTokens()
    await send(started)
    expect(started.server.sends.map(({ status }) => status)).toEqual([200, 401, 200])
    expect(started.clones).not.toHaveBeenCalled()
    expect(started.responseClones).not.toHaveBeenCalled()
  })
})

test('ky clones a request once for its own retries, and no clone is added to that', async () => {
  const { server, client, clones } = await start({ retry: 2 })
  server.expireAccessTokens()
  await client.put('/api/a', { json: { a: 1 } })
  expect(server.sends).toHaveLength(2)
  expect(clones).toHaveBeenCalledTimes(1)
})

/** An instance on the same session for which nobody has said anything about ky's retries. */
const startPlain = async () => {
  const started = await start()
  return { ...started, plain: started.client.create({ baseUrl: started.server.origin }) }
}

test.each(['post', 'patch'] as const)(
  'a %s, which ky does not retry by default, is not cloned for retries',
  async method => {
    const { server, plain, clones } = await startPlain()
    await plain[method]('/api/a', { json: { a: 1 } })
    await plain('/api/a', { method, body: 'x' })
    server.answerWith('/api/a', { status: 503 })
    await expect(plain[method]('/api/a', { json: { a: 1 } })).rejects.toThrow('503')
    expect(server.sends.map(({ status }) => status)).toEqual([200, 200, 503])
    expect(clones).not.toHaveBeenCalled()
  },
)

test('a POST that ky was told to retry is retried', async () => {
  const { server, plain } = await startPlain()
  server.answerWith('/api/a', { status: 503 }, 1)
  await plain.post('/api/a', { json: { a: 1 }, retry: { methods: ['post'], delay: () => 0 } })
  expect(server.sends.map(({ status }) => status)).toEqual([503, 200])
})

test('a POST that a hook retries is sent again', async () => {
  const { server, plain } = await startPlain()
  const afterResponse = ({ retryCount }: { retryCount: number }) =>
    retryCount === 0 ? plain.retry({ delay: 0 }) : undefined
  await plain.extend({ hooks: { afterResponse: [afterResponse] } }).post('/api/a', { json: { a: 1 } })
  expect(server.sends.map(({ body }) => String(body))).toEqual(['{"a":1}', '{"a":1}'])
})

test('a Request of the caller is cloned before its first send, and its copy before the replay, which may be rejected too (RP-04)', async () => {
  const { server, client, clones, url } = await start()
  const request = new Request(url('/api/a'), { method: 'POST', body: 'x' })
  await client.fetch(request.clone())
  clones.mockClear()
  server.expireAccessTokens()
  await client.fetch(request)
  expect(server.sends.map(({ body }) => String(body))).toEqual(['x', 'x', 'x'])
  expect(clones.mock.contexts).toEqual([request, clones.mock.results[0]?.value])
  await expectLetGo(clones.mock.results[1]?.value as Request)
})

/** A body that was cancelled counts as used, is held by nobody, and gives nothing more. */
const expectLetGo = async ({ bodyUsed, body }: Request) => {
  expect([bodyUsed, body?.locked]).toEqual([true, false])
  expect((await body?.getReader().read())?.done).toBe(true)
}

test.each([200, 500])('the unused copy of a Request is released when the response is %i (RP-06)', async status => {
  const { server, client, clones, url } = await start()
  server.answerWith('/api/a', { status })
  await client.fetch(new Request(url('/api/a'), { method: 'POST', body: 'x'.repeat(100_000) }))
  await expectLetGo(clones.mock.results[0]?.value as Request)
})

test('the unused copy of a Request is released when the network fails (RP-06)', async () => {
  const { server, client, clones, url } = await start()
  server.failApi({ kind: 'lost' }, { times: 9 })
  const request = new Request(url('/api/a'), { method: 'POST', body: 'x'.repeat(100_000) })
  await expect(client.fetch(request)).rejects.toThrow(TypeError)
  await expectLetGo(clones.mock.results[0]?.value as Request)
})

const refusalWithBody = () => {
  const cancelled = createDeferred<string>()
  const body = new ReadableStream({
    start: controller => controller.enqueue(new TextEncoder().encode('the first part of much')),
    cancel: () => cancelled.resolve('cancelled'),
  })
  return { cancelled: cancelled.promise, response: new Response(body, { status: 401 }) }
}

test('the body of a 401 is released before the wait begins, so that it holds no connection (RP-07)', async () => {
  const stage = createStage()
  await stage.signIn()
  const refused = refusalWithBody()
  stage.answer(({ token }) => (token === 'access-1' ? refused.response : new Response('fine')))
  const gate = createDeferred()
  stage.refresh(async () => {
    await gate.promise
    return stage.issue()
  })
  const answer = stage.client.fetch(`${stageOrigin}/a`)
  expect(await refused.cancelled).toBe('cancelled')
  expect(await outcomeOf(answer, stage.clock)).toBe('pending')
  gate.resolve()
  expect(await (await answer).text()).toBe('fine')
})

test('the body of a 401 for a token that was replaced meanwhile is released as well (RP-07)', async () => {
  const stage = createStage()
  await stage.signIn()
  const refused = refusalWithBody()
  const arrives = createDeferred()
  stage.answer(async ({ token }) => {
    if (token !== 'access-1') return new Response('fine')
    await arrives.promise
    return refused.response
  })
  const answer = stage.client.fetch(`${stageOrigin}/a`)
  await stage.clock.settle()
  await stage.client.session.refresh()
  arrives.resolve()
  expect(await (await answer).text()).toBe('fine')
  expect(await refused.cancelled).toBe('cancelled')
  expect(stage.refreshes).toHaveLength(1)
})

test('the body of a response that the caller gets is not touched', async () => {
  const stage = createStage({ shouldRefresh: ({ status }) => status === 419 })
  await stage.signIn()
  for (const status of [200, 401, 403, 419, 500]) {
    stage.answer(() => new Response(`body of ${status}`, { status }))
    const response = await stage.client.fetch(`${stageOrigin}/${status}`)
    expect([response.bodyUsed, await response.text()]).toEqual([false, `body of ${status}`])
  }
})

test.each(forms)(
  'a request that the network failed is not sent again by the auth layer, through %s (RP-02)',
  async (_, send) => {
    const stage = createStage()
    await stage.signIn()
    stage.answer(() => {
      throw new TypeError('fetch failed')
    })
    for (const method of ['POST', 'PATCH', 'GET']) {
      await expect(send(stage.client, '/a', { method })).rejects.toThrow(/fetch failed|network error/)
    }
    expect(stage.sends.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'GET'])
    expect(stage.refreshes).toHaveLength(0)
  },
)

test('at worst a request is sent twice: first, and once after a refresh (RP-01, RP-03)', async () => {
  const stage = createStage()
  await stage.signIn()
  stage.answer(() => new Response('refused', { status: 401 }))
  const response = await stage.client.fetch(`${stageOrigin}/a`, { method: 'POST', body: 'x' })
  expect([response.status, await response.text()]).toEqual([401, 'refused'])
  expect([stage.sends.length, stage.refreshes.length]).toEqual([2, 1])
})
