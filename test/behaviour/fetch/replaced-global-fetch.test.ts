import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { createNetwork, type Network } from '../../support/network.ts'

type Fetch = typeof globalThis.fetch

/** A page whose network takes the tokens given; its `fetch` is what `replace` makes of the client's own. */
const start = async (replace: (own: Fetch) => Fetch, options: ClientOptions = {}) => {
  const network = createNetwork(({ url, authorization }) => {
    if (url.pathname === '/auth/refresh') return Response.json({ accessToken: 'newer', refreshToken: 'r2' })
    return new Response('fine', { status: authorization === 'Bearer old' ? 401 : 200 })
  })
  vi.stubGlobal('fetch', network.fetch)
  const client = createClient({
    baseUrl: 'https://api.test/',
    retry: 0,
    refresh: ({ post, refreshToken }) => post('/auth/refresh', { refreshToken }),
    ...options,
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old', refreshToken: 'r1' })
  vi.stubGlobal('fetch', replace(client.fetch))
  return { client, network }
}
const shown = ({ sends }: Network) => sends.map(({ url, authorization }) => [url.href, authorization])

const replacements: Readonly<Record<string, (own: Fetch) => Fetch>> = {
  'client.fetch itself': own => own,
  'client.fetch, bound': own => own.bind(undefined),
  'a wrapper that passes its arguments on': own => (input, init) => own(input, init),
  'a wrapper that waits first': own => async (input, init) => {
    await Promise.resolve()
    return own(input, init)
  },
  'a wrapper that adds to the init': own => (input, init) => own(input, { ...init, integrity: '' }),
  'a wrapper that makes a new Request': own => async (input, init) => own(new Request(input, init)),
  'a wrapper that passes the URL and a new init on': own => async (input, init) => {
    const { url, method, headers, signal } = new Request(input, init)
    return own(url, { method, headers, signal })
  },
}

describe.each(Object.entries(replacements))('where the page’s fetch is %s', (_, replace) => {
  test('a request goes to the network once, signed in, and its refresh too', async () => {
    const { network } = await start(replace)
    expect((await fetch('https://api.test/x')).status).toBe(200)
    expect(shown(network)).toEqual([
      ['https://api.test/x', 'Bearer old'],
      ['https://api.test/auth/refresh', null],
      ['https://api.test/x', 'Bearer newer'],
    ])
  })

  test('a request by the client, in either form, goes there once as well, and so does one to a foreign origin', async () => {
    const { client, network } = await start(replace)
    await client.get('a')
    await client.fetch('https://api.test/b')
    await fetch('https://else.test/c')
    await client.fetch('https://api.test/d', { auth: false })
    expect(shown(network).slice(2)).toEqual([
      ['https://api.test/a', 'Bearer newer'],
      ['https://api.test/b', 'Bearer newer'],
      ['https://else.test/c', null],
      ['https://api.test/d', null],
    ])
  })

  test('what fetch refuses is refused, without end', async () => {
    const { client, network } = await start(replace)
    await expect(fetch('http://')).rejects.toThrow(TypeError)
    await expect(fetch('https://api.test/x', { signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow('left')
    await expect(client.fetch('https://api.test/x', { method: 'CONNECT' })).rejects.toThrow(TypeError)
    expect(network.sends.filter(({ authorization }) => authorization)).toEqual([])
  })
})

test('two clients may both take the page’s fetch: each signs its own in', async () => {
  const { client, network } = await start(own => own)
  const other = createAuthenticatedFetch({ baseUrl: 'https://other.test/' })
  onTestFinished(other.dispose)
  await other.session.signIn({ accessToken: 'of-the-other' })
  vi.stubGlobal('fetch', other.fetch)
  await fetch('https://other.test/a')
  await client.get('b')
  await client.session.signOut()
  await fetch('https://api.test/c')
  expect(shown(network)).toEqual([
    ['https://other.test/a', 'Bearer of-the-other'],
    ['https://api.test/b', 'Bearer old'],
    ['https://api.test/auth/refresh', null],
    ['https://api.test/b', 'Bearer newer'],
    ['https://api.test/c', null],
  ])
})

test('a client may be built on another one, also where that replaced the page’s fetch', async () => {
  const { client, network } = await start(own => own)
  const over = createClient({ baseUrl: 'https://other.test/', fetch: client.fetch, retry: 0 })
  onTestFinished(over.dispose)
  await over.session.signIn({ accessToken: 'of-the-other' })
  vi.stubGlobal('fetch', over.fetch)
  await fetch('https://other.test/a')
  await over.fetch('https://api.test/b')
  await over.extend({}).get('https://other.test/c')
  expect(shown(network)).toEqual([
    ['https://other.test/a', 'Bearer of-the-other'],
    ['https://api.test/b', 'Bearer old'],
    ['https://api.test/auth/refresh', null],
    ['https://api.test/b', 'Bearer newer'],
    ['https://other.test/c', 'Bearer of-the-other'],
  ])
})

test('a global fetch that is replaced later, by a tracer for example, is found at the next call', async () => {
  const { client, network } = await start(own => own)
  const traced = vi.fn(network.fetch)
  vi.stubGlobal('fetch', traced)
  await client.fetch('https://else.test/x')
  expect(traced).toHaveBeenCalledTimes(1)
})

test('what a wrapper asks of the client besides, in the same task, is signed in, and so is the same request made twice', async () => {
  const besides: Promise<unknown>[] = []
  const { client, network } = await start(own => async (input, init) => {
    const request = new Request(input, init)
    if (request.method === 'GET' && request.url.endsWith('/x'))
      besides.push(own('https://api.test/a'), own(request.url, { method: 'PUT' }))
    return own(request)
  })
  await client.session.signIn({ accessToken: 'newer' })
  await Promise.all([client.fetch('https://api.test/b'), client.fetch('https://api.test/b')])
  await client.fetch('https://api.test/x')
  await Promise.all(besides)
  expect(network.sends.map(({ method, url, authorization }) => [method, url.pathname, authorization])).toEqual([
    ['GET', '/b', 'Bearer newer'],
    ['GET', '/b', 'Bearer newer'],
    ['GET', '/a', 'Bearer newer'],
    ['PUT', '/x', 'Bearer newer'],
    ['GET', '/x', 'Bearer newer'],
  ])
})

describe('where the page’s fetch called the client before that was made', () => {
  const wrappers: Readonly<Record<string, (client: () => Fetch) => Fetch>> = {
    'with its arguments': client => (input, init) => client()(input, init),
    'with a new Request, in an async function': client => async (input, init) => client()(new Request(input, init)),
  }

  test('for its reports only, the reports and the requests are sent', async () => {
    const network = createNetwork()
    let report: Fetch = network.fetch
    vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
      const { url } = new Request(input, init)
      if (!url.endsWith('/log')) void report('https://api.test/log')
      return network.fetch(input, init)
    })
    const client = createClient({ baseUrl: 'https://api.test/', retry: 0 })
    onTestFinished(client.dispose)
    report = client.fetch
    await client.session.signIn({ accessToken: 'old' })
    await client.fetch('https://api.test/x')
    await vi.waitFor(() =>
      expect(shown(network)).toEqual([
        ['https://api.test/log', 'Bearer old'],
        ['https://api.test/x', 'Bearer old'],
      ]),
    )
  })

  test.each(Object.entries(wrappers))('%s, the error says so, and how to mend it', async (_, wrap) => {
    const network = createNetwork()
    let own: Fetch = network.fetch
    vi.stubGlobal(
      'fetch',
      wrap(() => own),
    )
    const looping = createClient({ baseUrl: 'https://api.test/', retry: 0 })
    onTestFinished(looping.dispose)
    own = looping.fetch
    await looping.session.signIn({ accessToken: 'old' })
    for (const call of [looping.fetch('https://api.test/x'), looping.get('x').then(), fetch('https://else.test/x')])
      await expect(call).rejects.toMatchObject({
        code: 'configuration',
        option: 'fetch',
        message: expect.stringContaining('create the client'),
      })
    expect(network.sends).toEqual([])
    // The way out that the error names.
    const client = createClient({ baseUrl: 'https://api.test/', retry: 0, fetch: network.fetch })
    onTestFinished(client.dispose)
    own = client.fetch
    await client.session.signIn({ accessToken: 'old' })
    await fetch('https://api.test/x')
    expect(shown(network)).toEqual([['https://api.test/x', 'Bearer old']])
  })
})
