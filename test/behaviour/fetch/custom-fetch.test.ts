import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createNetwork, refusal, type WireSend } from '../../support/network.ts'

type Fetch = typeof globalThis.fetch
type Send = (options: { readonly fetch: Fetch }, init: RequestInit & { readonly auth?: boolean }) => Promise<unknown>

const url = 'https://api.test/a'

/** A network that looks at its first argument only, as many a wrapper does. */
const createOneEyed = (answer?: (send: WireSend, count: number) => Response) => {
  const network = createNetwork(answer)
  const fetch = vi.fn<Fetch>(input => network.fetch(input as Request))
  return { ...network, fetch }
}

const createForm = () => {
  const form = new FormData()
  form.set('note', 'mine')
  form.set('file', new Blob(['x']), 'x.txt')
  return form
}

const options = { baseUrl: 'https://api.test/', refresh: async () => ({ accessToken: 'newer' }) }

const forms: Readonly<Record<string, Send>> = {
  'latchkey/fetch': async ({ fetch }, init) => {
    const client = createAuthenticatedFetch({ ...options, fetch })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'old' })
    return client.fetch(url, init)
  },
  'createClient, by its fetch': async ({ fetch }, init) => {
    const client = createClient({ ...options, fetch })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'old' })
    return client.fetch(url, init)
  },
  'createClient, by ky': async ({ fetch }, init) => {
    const client = createClient({ ...options, fetch })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'old' })
    return client(url, init as object)
  },
  'one call of ky': async ({ fetch }, init) => {
    const client = createClient({ ...options })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'old' })
    return client(url, { ...(init as object), fetch })
  },
}

describe.each(Object.entries(forms))('a fetch that the app gave to %s', (_, send) => {
  test('gets one complete Request, for the first send and for the replay', async () => {
    const network = createOneEyed(({ authorization }) => (authorization === 'Bearer old' ? refusal() : new Response()))
    await send(network, { method: 'PUT', body: '{"a":1}', headers: { 'x-mine': '1', 'content-type': 'x/y' } })
    const seen = network.sends.map(({ method, headers }) => [
      method,
      ...['authorization', 'x-mine', 'content-type'].map(name => headers.get(name)),
    ])
    expect(seen).toEqual([
      ['PUT', 'Bearer old', '1', 'x/y'],
      ['PUT', 'Bearer newer', '1', 'x/y'],
    ])
    expect(await Promise.all(network.sends.map(one => one.text()))).toEqual(['{"a":1}', '{"a":1}'])
  })

  test('gets one for a request without credentials as well', async () => {
    const network = createOneEyed()
    await send(network, { method: 'POST', body: 'x', auth: false })
    expect(network.sends).toMatchObject([{ method: 'POST', authorization: null }])
    expect(await network.sends[0]?.text()).toBe('x')
  })

  test('gets the same as its second argument, too, since many wrappers read only that', async () => {
    const network = createOneEyed(({ authorization }) => (authorization === 'Bearer old' ? refusal() : new Response()))
    await send(network, { method: 'PUT', body: 'text', headers: { 'x-mine': '1' }, next: 3 } as RequestInit)
    const seen = network.fetch.mock.calls.map(([input, init]) => {
      const headers = new Headers(init?.headers)
      return [`${input}`, init?.method, headers.get('authorization'), headers.get('x-mine'), (init as never)['next']]
    })
    expect(seen).toEqual([
      [url, 'PUT', 'Bearer old', '1', 3],
      [url, 'PUT', 'Bearer newer', '1', 3],
    ])
  })

  test.each([
    ['text', () => 'a text'],
    ['a form with a file', () => createForm()],
    ['a Blob', () => new Blob(['blob'], { type: 'x/y' })],
    ['a stream', () => new Blob(['stream']).stream()],
  ])('may pass both to the platform’s fetch: the body arrives whole, %s', async (_name, body) => {
    const network = createOneEyed()
    const handsBothOn: Fetch = (input, init) => network.fetch(new Request(input, init))
    await send({ fetch: vi.fn(handsBothOn) } as never, { method: 'POST', body: body(), duplex: 'half' } as RequestInit)
    const [one] = network.sends
    expect(one?.authorization).toBe('Bearer old')
    const sent = new Request(url, {
      method: 'POST',
      headers: one?.headers ?? [],
      body: await one?.text(),
    } as RequestInit)
    if (body() instanceof FormData) expect((await sent.formData()).get('note')).toBe('mine')
    else expect(await sent.text()).toBe(await new Response(body()).text())
  })

  test('is not called for a request that was already aborted', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response())
    await expect(send({ fetch }, { signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow('left')
    expect(fetch).not.toHaveBeenCalled()
  })
})

test('`post` in a refresh hands it a complete Request, too', async () => {
  const network = createOneEyed(({ url: { pathname }, authorization }) => {
    if (pathname === '/auth/refresh') return Response.json({ accessToken: 'newer' })
    return authorization === 'Bearer old' ? refusal() : new Response()
  })
  const client = createClient({
    baseUrl: 'https://api.test/',
    fetch: network.fetch,
    refresh: ({ post, refreshToken }) => post('auth/refresh', { refreshToken }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'old', refreshToken: 'r1' })
  expect((await client.get('a')).status).toBe(200)
  const [, refresh] = network.sends
  expect([refresh?.method, await refresh?.text()]).toEqual(['POST', '{"refreshToken":"r1"}'])
})

test('what an app’s own fetch is called with shows nothing of the session when it is logged', async () => {
  const network = createOneEyed()
  await forms['latchkey/fetch']?.(network, { next: 1 } as RequestInit)
  for (const given of network.fetch.mock.calls.flat() as object[]) {
    const values = Object.getOwnPropertySymbols(given).map(name => (given as Record<symbol, unknown>)[name])
    expect(JSON.stringify(values)).not.toContain('old')
    expect(Object.values(given)).not.toContain('old')
  }
})
