import { expect, test, vi } from 'vitest'
import { createServedClient } from '../../support/served-client.ts'

/** With ky's own retries, as by default. */
const startExpired = async () => {
  const { server, client } = await createServedClient({ retry: 2 })
  server.expireAccessTokens()
  const bodies = () => server.sends.map(({ body }) => String(body))
  const url = (path: string) => server.origin + path
  return { server, client, bodies, url }
}

test('a request that a beforeRequest hook put in place is what is replayed', async () => {
  const { server, client, url, bodies } = await startExpired()
  const beforeRequest = [() => new Request(url('/api/other'), { method: 'PUT', body: 'from the hook' })]
  await client.post('/api/upload', { body: 'from the call', hooks: { beforeRequest } })
  expect(server.sends.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['PUT', '/api/other', 401],
    ['PUT', '/api/other', 200],
  ])
  expect(bodies()).toEqual(['from the hook', 'from the hook'])
})

test('headers that a beforeRequest hook set are on the replay too', async () => {
  const { server, client } = await startExpired()
  const beforeRequest = [({ request }: { request: Request }) => request.headers.set('x-trace', 'one')]
  await client.post('/api/upload', { json: { a: 1 }, hooks: { beforeRequest } })
  expect(server.sends.map(({ headers }) => headers['x-trace'])).toEqual(['one', 'one'])
})

test('a request that a beforeRetry hook put in place is what is replayed', async () => {
  const { server, client, url, bodies } = await startExpired()
  server.failApi({ kind: 'status', status: 503 })
  const beforeRetry = [() => new Request(url('/api/backup'), { method: 'PUT', body: 'from the hook' })]
  await client.put('/api/upload', { body: 'from the call', retry: { delay: () => 0 }, hooks: { beforeRetry } })
  expect(server.sends.map(({ path }) => path)).toEqual(['/api/upload', '/api/backup', '/api/backup'])
  expect(bodies()).toEqual(['from the call', 'from the hook', 'from the hook'])
})

test('a request given to ky.retry() is what is replayed', async () => {
  const { server, client, url, bodies } = await startExpired()
  await client.session.signIn(server.issue())
  const afterResponse = [
    ({ retryCount }: { retryCount: number }) => {
      if (retryCount > 0) return undefined
      server.expireAccessTokens()
      return client.retry({ delay: 0, request: new Request(url('/api/backup'), { method: 'PUT', body: 'forced' }) })
    },
  ]
  await client.put('/api/upload', { body: 'from the call', hooks: { afterResponse } })
  expect(server.sends.map(({ path, status }) => [path, status])).toEqual([
    ['/api/upload', 200],
    ['/api/backup', 401],
    ['/api/backup', 200],
  ])
  expect(bodies()).toEqual(['from the call', 'forced', 'forced'])
})

test.each<[string, () => { body: BodyInit; change: () => void }]>([
  [
    'an ArrayBuffer',
    () => {
      const bytes = new TextEncoder().encode('as it was')
      return { body: bytes.buffer, change: () => void bytes.fill(0) }
    },
  ],
  [
    'a view',
    () => {
      const bytes = new TextEncoder().encode('as it was')
      return { body: bytes, change: () => void bytes.fill(0) }
    },
  ],
  [
    'a buffer that is given away',
    () => {
      const bytes = new TextEncoder().encode('as it was')
      return { body: bytes, change: () => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] }) }
    },
  ],
  [
    'URLSearchParams',
    () => {
      const body = new URLSearchParams('as it was')
      return { body, change: () => body.append('more', '1') }
    },
  ],
])('%s that changes after the call is sent and replayed as it was at the call', async (_, create) => {
  const { server, client, url, bodies } = await startExpired()
  const expected = String(Buffer.from(await new Response(create().body).arrayBuffer()))
  for (const send of [
    (body: BodyInit) => client.fetch(url('/api/upload'), { method: 'POST', body }),
    (body: BodyInit) => client.post('/api/upload', { body }),
  ]) {
    server.expireAccessTokens()
    const { body, change } = create()
    const answer = send(body)
    change()
    expect((await answer).status).toBe(200)
  }
  expect(bodies()).toEqual(Array(4).fill(expected))
})

test('a FormData that changes after the call is sent and replayed as it was at the call', async () => {
  const { server, client, url, bodies } = await startExpired()
  for (const send of [
    (body: BodyInit) => client.fetch(url('/api/upload'), { method: 'POST', body }),
    (body: BodyInit) => client.post('/api/upload', { body }),
  ]) {
    server.expireAccessTokens()
    const body = new FormData()
    body.append('first', 'one')
    const answer = send(body)
    body.append('second', 'two')
    expect((await answer).status).toBe(200)
  }
  expect(bodies().map(body => [body.includes('one'), body.includes('two')])).toEqual(Array(4).fill([true, false]))
})

test('an object given as json that changes after the call is replayed as it was at the call', async () => {
  const { client, bodies } = await startExpired()
  const json = { a: 1 }
  const answer = client.post('/api/upload', { json })
  json.a = 2
  await answer
  expect(bodies()).toEqual(['{"a":1}', '{"a":1}'])
})

test('`replay: true` is the default, for a Request of the caller too', async () => {
  const { server, client, url, bodies } = await startExpired()
  const create = () => new Request(url('/api/upload'), { method: 'POST', body: 'once more' })
  await client.fetch(create(), { replay: true })
  server.expireAccessTokens()
  await client(create(), { replay: true })
  expect(bodies()).toEqual(Array(4).fill('once more'))
})

test('an upload with progress is replayed from the body that the caller gave', async () => {
  const { server, client } = await startExpired()
  const body = new Blob([new Uint8Array(3_000_000).fill(7)])
  const onUploadProgress = vi.fn()
  await client.put('/api/upload', { body, onUploadProgress })
  const [first, replay] = server.sends
  expect([first?.status, replay?.status]).toEqual([401, 200])
  expect(replay?.bodySha256).toBe(first?.bodySha256)
  expect(replay?.body.length).toBe(3_000_000)
  // The replay needs no stream, so the server is told how long it is.
  expect(replay?.headers['content-length']).toBe('3000000')
  expect(onUploadProgress.mock.calls.at(-1)?.[0]).toMatchObject({ percent: 1, transferredBytes: 3_000_000 })
})

test.each([
  ['FormData', () => Object.assign(new FormData(), {})],
  ['json', () => undefined],
])('an upload of %s with progress is replayed', async (_, create) => {
  const { server, client, bodies } = await startExpired()
  const body = create()
  body?.append('name', 'Ada')
  await client.post('/api/upload', { ...(body ? { body } : { json: { name: 'Ada' } }), onUploadProgress: () => {} })
  expect(server.sends.map(({ status }) => status)).toEqual([401, 200])
  expect(bodies().every(text => text.includes('Ada'))).toBe(true)
})

test('only Authorization differs between the first send and the replay (RP-08)', async () => {
  const { server, client, url } = await startExpired()
  const headers = { 'idempotency-key': 'k1', 'x-trace': 't1', accept: 'text/x-mine', 'content-type': 'text/x-mine' }
  await client.fetch(url('/api/a?x=1&y=ü'), { method: 'POST', body: 'x', headers })
  server.expireAccessTokens()
  await client.post('/api/a?x=1&y=ü', { body: 'x', headers })
  const seen = server.sends.map(({ headers: { authorization, ...rest }, method, query }) => ({ rest, method, query }))
  expect(seen[1]).toEqual(seen[0])
  expect(seen[3]).toEqual(seen[2])
  expect(seen[0]?.rest).toMatchObject(headers)
  expect(new Set(server.sends.map(send => send.authorization)).size).toBe(3)
})
