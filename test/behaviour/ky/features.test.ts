import ky, { isHTTPError, type KyInstance, SchemaValidationError } from 'ky'
import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RequestOptions } from '../../../src/client/options.ts'
import { createNetwork } from '../../support/network.ts'

const schema = (issues: boolean) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown) => (issues ? { issues: [{ message: 'not so' }] } : { value: { checked: value } }),
  },
})

/** One program, for ky and for the client. */
type Program = (instance: KyInstance) => Promise<unknown>
const programs: Readonly<Record<string, Program>> = {
  get: api => api.get('todos').json(),
  post: api => api.post('todos', { json: { a: 1 } }).json(),
  put: api => api.put('todos', { body: new URLSearchParams({ a: '1' }) }).text(),
  patch: api => api.patch('todos', { body: 'text' }).text(),
  delete: api => api.delete('todos').text(),
  query: api => api.query('todos', { json: { q: 1 } }).json(),
  head: async api => (await api.head('todos')).status,
  'a call of the instance itself': api => api('todos', { method: 'options' }).text(),
  'a Request': api =>
    api(new Request('https://api.test/todos', { method: 'PUT', headers: { 'x-a': '1' }, body: 'x' })).text(),
  'a Request with headers and search parameters of the call': api =>
    api(new Request('https://api.test/todos?a=1', { headers: { 'x-a': '1' } }), {
      searchParams: { b: 2 },
      headers: { 'x-b': '2' },
    }).text(),
  'a URL': api => api.get(new URL('https://api.test/by-url')).text(),
  'an absolute path against baseUrl': api => api.get('/from/the/root').text(),
  'an extended baseUrl': api => api.extend({ baseUrl: 'https://api.test/deeper/' }).get('todos').text(),
  prefix: api => api.extend({ prefix: 'https://api.test/v2/' }).get('/todos').text(),
  'searchParams as an object': api => api.get('todos?a=0', { searchParams: { a: 1, b: true, none: undefined } }).text(),
  'searchParams as a text': api => api.get('todos', { searchParams: '?q=a b&r=ü' }).text(),
  'searchParams as URLSearchParams': api =>
    api
      .get('todos', {
        searchParams: new URLSearchParams([
          ['a', '1'],
          ['a', '2'],
        ]),
      })
      .text(),
  'searchParams of an instance and of a call': api =>
    api
      .extend({ searchParams: { a: 1 } })
      .get('todos', { searchParams: { b: 2 } })
      .text(),
  'headers of an instance and of a call': api =>
    api
      .extend({ headers: { 'x-a': '1', 'x-b': '1' } })
      .get('todos', { headers: { 'x-b': undefined, 'x-c': '3' } })
      .text(),
  'content-type given with json': api =>
    api.post('todos', { json: {}, headers: { 'content-type': 'application/vnd.mine+json' } }).text(),
  'throwHttpErrors: false': async api => (await api.get('status/418', { throwHttpErrors: false })).status,
  'throwHttpErrors as a function': async api =>
    (await api.get('status/404', { throwHttpErrors: status => status !== 404 })).status,
  'an HTTPError with its data': async api => {
    const error = await api.get('status/409').catch((thrown: unknown) => thrown)
    return isHTTPError(error) && [error.response.status, error.data, error.request.url, error.message]
  },
  parseJson: api => api.get('todos', { parseJson: text => `parsed ${text.length > 0}` }).json(),
  'parseJson on the response': async api =>
    (await api.get('todos', { parseJson: text => `parsed ${text.length > 0}` })).json(),
  stringifyJson: api => api.post('todos', { json: { a: 1 }, stringifyJson: () => 'written by me' }).text(),
  'a schema that fits': api => api.get('todos').json(schema(false)),
  'a schema that does not fit': async api => {
    const error = await api
      .get('todos')
      .json(schema(true))
      .catch((thrown: unknown) => thrown)
    return error instanceof SchemaValidationError && error.issues
  },
  'an empty answer': api => api.get('status/204').text(),
  context: api =>
    api
      .extend({
        context: { a: 1 },
        hooks: {
          beforeRequest: [({ options, request }) => request.headers.set('x-context', JSON.stringify(options.context))],
        },
      })
      .get('todos', { context: { b: 2 } })
      .text(),
  'a download with progress': async api => {
    const seen: number[] = []
    const text = await api.get('todos', { onDownloadProgress: ({ percent }) => seen.push(percent) }).text()
    return [text, seen]
  },
  'every kind of body': async api => [
    (await api.get('todos').arrayBuffer()).byteLength,
    (await api.get('todos').blob()).size,
    (await api.get('todos').bytes()).length,
    [...(await api.get('form').formData()).keys()],
  ],
  'an unknown method': api => api('todos', { method: 'purge' }).text(),
  'a wrong input': api => api.get(1 as never),
  'a wrong protocol': api => api.get('https:todos'),
}

const answer = async ({
  url,
  method,
  headers,
  text,
}: {
  url: URL
  method: string
  headers: Headers
  text: () => Promise<string>
}) => {
  const status = Number(/status\/(\d+)/.exec(url.pathname)?.[1] ?? 200)
  if (status === 204) return new Response(null, { status })
  if (url.pathname.endsWith('form')) return new Response(new URLSearchParams({ a: '1', b: '2' }))
  const shown = [...headers].filter(([name]) => name !== 'authorization')
  return Response.json({ url, method, headers: shown, body: await text() }, { status })
}

const start = async (options: RequestOptions = {}) => {
  const network = createNetwork(answer)
  const client = createClient({ baseUrl: 'https://api.test/', fetch: network.fetch, ...options })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'access-1' })
  return { network, client }
}

/** What came of it, or what it threw, at once or later. */
const run = async (program: Program, instance: KyInstance) => {
  try {
    return await program(instance)
  } catch (error) {
    return String(error)
  }
}

// With an `init` hook the client takes another way into ky.
describe.each<[string, RequestOptions]>([
  ['a client', {}],
  ['a client with init hooks', { hooks: { init: [() => {}] } }],
])('a program for ky does the same with %s, signed in', (_, options) => {
  test.each(Object.entries(programs))('%s', async (_, program) => {
    const plain = createNetwork(answer)
    const expected = await run(program, ky.create({ baseUrl: 'https://api.test/', fetch: plain.fetch }))
    const { network, client } = await start(options)
    expect(await run(program, client)).toEqual(expected)
    expect(network.sends.map(({ url }) => url.href)).toEqual(plain.sends.map(({ url }) => url.href))
    expect(network.sends.every(({ authorization }) => authorization === 'Bearer access-1')).toBe(true)
  })
})

test('unknown options reach the fetch below, in its second argument', async () => {
  const { client } = await start()
  const fetch = vi.fn(async (_input: unknown, _init?: RequestInit) => new Response('{}'))
  const unknown = { dispatcher: { of: 'undici' }, next: { revalidate: 3 }, priority: 'low' as const }
  await client.get('a', { ...unknown, fetch, auth: true, replay: true })
  await client.extend({ ...unknown, fetch }).get('a')
  await client.extend({ fetch }).fetch('https://api.test/a', { ...unknown, auth: true, replay: true })
  expect(fetch).toHaveBeenCalledTimes(3)
  for (const [, init] of fetch.mock.calls) {
    expect(init).toMatchObject(unknown)
    expect(init).not.toHaveProperty('auth')
    expect(init).not.toHaveProperty('replay')
  }
})

test('options of a Request are in the Request that the fetch below gets', async () => {
  const { client, network } = await start()
  await client.get('a', { credentials: 'include', mode: 'same-origin', redirect: 'manual', cache: 'no-store' })
  expect(network.sends[0]).toMatchObject({ credentials: 'include', mode: 'same-origin', redirect: 'manual' })
})

test('`stop` and `retry` are ky’s own', async () => {
  const { client } = await start()
  expect([client.stop, client.retry]).toEqual([ky.stop, ky.retry])
  expect([client.extend({}).stop, client.create().retry]).toEqual([ky.stop, ky.retry])
})

test('a call is aborted by the signal of its instance and by its own', async () => {
  const { client } = await start()
  for (const which of [0, 1]) {
    const controllers = [new AbortController(), new AbortController()] as const
    const silent: typeof globalThis.fetch = (input, init) =>
      new Promise((_, reject) => {
        const { signal } = new Request(input, init)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const call = client
      .extend({ signal: controllers[0].signal, fetch: silent })
      .get('a', { signal: controllers[1].signal })
    controllers[which]?.abort('left')
    await expect(call).rejects.toBe('left')
  }
})
