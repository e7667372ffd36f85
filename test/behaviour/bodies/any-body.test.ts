import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { ApiSend } from '../../support/protected-api.ts'
import { createServedClient } from '../../support/served-client.ts'

/** Every byte there is, some of them not UTF-8. */
const bytes = (length = 1000) => Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 256)
const text = 'naïve 🔑 text\u2028with\u0000odd characters'

const form = () => {
  const body = new FormData()
  body.append('name', 'Ada 🔑')
  body.append('name', 'a second of the same name')
  body.append('photo', new File([bytes()], 'π "photo".png', { type: 'image/png' }))
  body.append('empty', new Blob([], { type: 'text/plain' }), 'empty.txt')
  return body
}

/** Made anew for each use, as the kinds that change hands would be used up. */
const kinds: readonly (readonly [string, () => NonNullable<BodyInit>])[] = [
  ['a string', () => text],
  ['an empty string', () => ''],
  ['URLSearchParams', () => new URLSearchParams({ q: 'a b&ü', r: '' })],
  ['a Blob with a type', () => new Blob([bytes()], { type: 'image/png' })],
  ['a Blob without a type', () => new Blob([bytes()])],
  ['a File', () => new File([bytes()], 'a.bin', { type: 'application/x-thing' })],
  ['an ArrayBuffer', () => bytes().buffer],
  ['a view of part of a buffer', () => bytes().subarray(10, 500)],
  ['a DataView', () => new DataView(bytes().buffer, 5, 77)],
  ['FormData with files', form],
]

const sha256 = (body: Uint8Array) => createHash('sha256').update(body).digest('hex')

const boundaryOf = ({ headers }: ApiSend) => /boundary=(.*)$/.exec(headers['content-type'] ?? '')?.[1]

/** What the server got, with a multipart body's random boundary named alike. */
const contentOf = (send: ApiSend | undefined) => {
  if (!send) throw new Error('It was not sent')
  const boundary = boundaryOf(send)
  const body = boundary ? send.body.toString('latin1').replaceAll(boundary, 'boundary') : send.bodySha256
  const type = send.headers['content-type']?.replace(boundary ?? '', 'boundary')
  return { body, type, method: send.method, path: send.path, length: send.headers['content-length'] }
}

const start = async () => {
  const { server, client } = await createServedClient({ retry: 2 })
  const url = (path: string) => server.origin + path
  /** What came of a request whose token the server refuses, and of the same one sent by the platform alone. */
  const sendTwice = async (send: (fetcher: typeof globalThis.fetch) => Promise<Response>) => {
    await send(globalThis.fetch)
    server.expireAccessTokens()
    const response = await send(client.fetch)
    expect(response.status).toBe(200)
    return server.sends
  }
  return { server, client, url, sendTwice }
}

describe('a replay has the body of the first send, and that of a plain fetch (RP-01, RP-04)', () => {
  test.each(kinds)('%s, through client.fetch', async (_, create) => {
    const { server, url, sendTwice } = await start()
    const sends = await sendTwice(fetcher => fetcher(url('/api/upload'), { method: 'POST', body: create() }))
    const [plain, first, replay] = sends.map(contentOf)
    expect(first).toEqual(plain)
    expect(replay).toEqual(plain)
    expect(sends.map(send => send.status)).toEqual([401, 401, 200])
    expect(server.refreshes).toBe(1)
  })

  test.each(kinds)('%s, in a Request of the caller, through client.fetch', async (_, create) => {
    const { url, sendTwice } = await start()
    const sends = await sendTwice(fetcher =>
      fetcher(new Request(url('/api/upload'), { method: 'PUT', body: create() })),
    )
    const [plain, first, replay] = sends.map(contentOf)
    expect(first).toEqual(plain)
    expect(replay).toEqual(plain)
    expect(sends).toHaveLength(3)
  })

  test.each(kinds)('%s, as the body of a call of ky', async (_, create) => {
    const { server, client, url } = await start()
    await fetch(url('/api/upload'), { method: 'PATCH', body: create() })
    server.expireAccessTokens()
    await client.patch('/api/upload', { body: create() })
    const [plain, first, replay] = server.sends.map(contentOf)
    expect(first).toEqual(plain)
    expect(replay).toEqual(plain)
    expect(server.sends).toHaveLength(3)
  })

  test.each(kinds)('%s, in a Request handed to ky', async (_, create) => {
    const { server, client, url } = await start()
    await fetch(url('/api/upload'), { method: 'POST', body: create() })
    server.expireAccessTokens()
    await client(new Request(url('/api/upload'), { method: 'POST', body: create() }))
    const [plain, first, replay] = server.sends.map(contentOf)
    expect(first).toEqual(plain)
    expect(replay).toEqual(plain)
    expect(server.sends).toHaveLength(3)
  })

  test.each(kinds)('%s, in place of the body of a Request handed to ky', async (_, create) => {
    const { server, client, url } = await start()
    server.expireAccessTokens()
    const request = new Request(url('/api/upload'), { method: 'POST', body: 'not this' })
    await client(request, { body: create() })
    const [first, replay] = server.sends.map(contentOf)
    expect(replay).toEqual(first)
    expect(server.sends[1]?.body.toString('latin1')).not.toContain('not this')
  })
})

test('a FormData with files arrives whole at its replay, each part under its name, file name and type (RP-04)', async () => {
  const { server, client } = await start()
  server.expireAccessTokens()
  await client.post('/api/upload', { body: form() })
  const replay = server.sends[1]
  const parts = await new Response(replay?.body as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': replay?.headers['content-type'] ?? '' },
  }).formData()
  expect(parts.getAll('name')).toEqual(['Ada 🔑', 'a second of the same name'])
  const photo = parts.get('photo') as File
  expect([photo.name, photo.type, sha256(await photo.bytes())]).toEqual(['π "photo".png', 'image/png', sha256(bytes())])
  expect((parts.get('empty') as File).size).toBe(0)
})

test('json is replayed as it was written, by ky’s own JSON.stringify', async () => {
  const { server, client } = await start()
  server.expireAccessTokens()
  const answer = await client.post('/api/upload', { json: { key: '🔑', list: [1, null] } }).json<{ sends: number }>()
  expect(server.sends.map(({ body }) => String(body))).toEqual(Array(2).fill('{"key":"🔑","list":[1,null]}'))
  expect(server.sends.map(({ headers }) => headers['content-type'])).toEqual(Array(2).fill('application/json'))
  expect(answer.sends).toBe(2)
})

test('json is written once by the app’s own stringifyJson, however often it is sent', async () => {
  const { server, client } = await start()
  server.expireAccessTokens()
  const stringifyJson = vi.fn((value: unknown) => `/* mine */ ${JSON.stringify(value)}`)
  await client.post('/api/upload', { json: { a: 1 }, stringifyJson })
  expect(server.sends.map(({ body }) => String(body))).toEqual(Array(2).fill('/* mine */ {"a":1}'))
  expect(stringifyJson).toHaveBeenCalledTimes(1)
})

test('a method that takes no body is replayed without one', async () => {
  const { server, client, url } = await start()
  server.expireAccessTokens()
  await client.get('/api/todos')
  server.expireAccessTokens()
  await client.fetch(new Request(url('/api/todos')))
  expect(server.sends.map(({ status, body }) => [status, body.length])).toEqual([
    [401, 0],
    [200, 0],
    [401, 0],
    [200, 0],
  ])
})

test('a POST without a body is replayed without one', async () => {
  const { server, client, url } = await start()
  server.expireAccessTokens()
  await client.post('/api/todos')
  server.expireAccessTokens()
  await client.fetch(new Request(url('/api/todos'), { method: 'POST' }))
  expect(server.sends.map(({ status, headers }) => [status, headers['content-length']])).toEqual([
    [401, '0'],
    [200, '0'],
    [401, '0'],
    [200, '0'],
  ])
})

test('a body of 8 MB is replayed whole', async () => {
  const { server, client } = await start()
  server.expireAccessTokens()
  const body = new Blob(Array.from({ length: 8 }, (_, index) => bytes(2 ** 20).fill(index, 0, 100)))
  await client.put('/api/upload', { body })
  const digest = sha256(await body.bytes())
  expect(server.sends.map(send => send.bodySha256)).toEqual([digest, digest])
})
