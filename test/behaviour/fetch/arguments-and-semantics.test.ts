import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createServedClient } from '../../support/served-client.ts'

type Fetch = typeof globalThis.fetch
type Program = (fetch: Fetch, origin: string) => Promise<unknown>

const describeResponse = async (response: Response) => {
  const { status, statusText, ok, redirected, type, url, headers } = response
  const shown = [...headers].filter(([name]) => name !== 'date')
  return {
    status,
    statusText,
    ok,
    redirected,
    type,
    path: url && new URL(url).pathname,
    shown,
    body: await response.text(),
  }
}
const shown = async (answer: Promise<Response>) => describeResponse(await answer)

/** As a stranger may call `fetch`: by text, URL, Request, Request for init, with what is right and what is wrong. */
const programs: Readonly<Record<string, Program>> = {
  'a text': (fetch, origin) => shown(fetch(`${origin}/api/a?q=1#hash`)),
  'a URL': (fetch, origin) => shown(fetch(new URL('/api/a', origin))),
  'anything with a text': (fetch, origin) => shown(fetch({ toString: () => `${origin}/api/a` } as never)),
  'a text and an init that both fail': fetch => {
    const failing = {
      toString() {
        throw new RangeError('no text')
      },
    }
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return shown(fetch(failing as never, proxy))
  },
  'a Request': (fetch, origin) =>
    shown(fetch(new Request(`${origin}/api/a`, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } }))),
  'a Request and an init': (fetch, origin) =>
    shown(
      fetch(new Request(`${origin}/api/a`, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } }), {
        method: 'PATCH',
        body: 'y',
      }),
    ),
  'a Request and other headers': (fetch, origin) =>
    shown(
      fetch(new Request(`${origin}/api/a`, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } }), {
        headers: { 'x-b': '2' },
      }),
    ),
  'a Request in place of an init': (fetch, origin) =>
    shown(
      fetch(
        `${origin}/api/a`,
        new Request('https://else.test/', { method: 'POST', body: 'x', headers: { 'x-a': '1' } }),
      ),
    ),
  'headers as pairs': (fetch, origin) =>
    shown(
      fetch(`${origin}/api/a`, {
        headers: [
          ['x-a', '1'],
          ['x-a', '2'],
        ],
      }),
    ),
  'headers of its own class': (fetch, origin) =>
    shown(fetch(`${origin}/api/a`, { headers: new Headers({ 'x-a': '1' }) })),
  'headers whose values are no texts, and a name in capitals too': (fetch, origin) =>
    shown(fetch(`${origin}/api/a`, { headers: { 'x-a': 1, 'X-A': 'again', 'x-b': undefined } as never })),
  'headers of a class, some of them inherited': (fetch, origin) =>
    shown(fetch(`${origin}/api/a`, { headers: Object.assign(Object.create({ 'x-a': '1' }), { 'x-b': '2' }) })),
  'headers in a Map': (fetch, origin) => shown(fetch(`${origin}/api/a`, { headers: new Map([['x-a', '1']]) as never })),
  'a method in small letters': (fetch, origin) => shown(fetch(`${origin}/api/a`, { method: 'post', body: 'x' })),
  HEAD: (fetch, origin) => shown(fetch(`${origin}/api/a`, { method: 'HEAD' })),
  'an init whose members are not enumerable': (fetch, origin) =>
    shown(
      fetch(
        `${origin}/api/a`,
        Object.defineProperties({}, { method: { value: 'PUT' }, body: { value: 'x' } }) as never,
      ),
    ),
  'bytes in shared memory': (fetch, origin) =>
    shown(fetch(`${origin}/api/a`, { method: 'PUT', body: new Uint8Array(new SharedArrayBuffer(3)) as never })),
  'an init of undefined members': (fetch, origin) =>
    shown(
      fetch(`${origin}/api/a`, {
        method: undefined,
        headers: undefined,
        body: undefined,
        signal: undefined,
      } as never),
    ),
  'an error status': (fetch, origin) => shown(fetch(`${origin}/nothing/here`)),
  'a redirect that is followed': (fetch, origin) => shown(fetch(`${origin}/api/moved`)),
  'a redirect that is not': (fetch, origin) => shown(fetch(`${origin}/api/moved`, { redirect: 'manual' })),
  'a redirect that is an error': (fetch, origin) => shown(fetch(`${origin}/api/moved`, { redirect: 'error' })),
  'a data URL': fetch => shown(fetch('data:text/plain,hello')),
  'a blob URL': async fetch => (await fetch(URL.createObjectURL(new Blob(['hello'])))).text(),
  'no URL': fetch => fetch('http://'),
  'a relative URL where there is no page': fetch => fetch('/api/a'),
  'a scheme that nobody knows': fetch => fetch('nothing://at/all'),
  'credentials in the URL': (fetch, origin) => fetch(`${origin.replace('://', '://ada:secret@')}/`),
  'a GET with a body': (fetch, origin) => fetch(`${origin}/api/a`, { body: 'x' }),
  'a header that is none': (fetch, origin) => fetch(`${origin}/api/a`, { headers: { 'not a name': '1' } }),
  'a header value that is none': (fetch, origin) => fetch(`${origin}/api/a`, { headers: { 'x-a': '1\n2' } }),
  'a method that is none': (fetch, origin) => fetch(`${origin}/api/a`, { method: 'NOT A METHOD' }),
  'a method that is forbidden': (fetch, origin) => fetch(`${origin}/api/a`, { method: 'CONNECT' }),
  'a mode that is none': (fetch, origin) => fetch(`${origin}/api/a`, { mode: 'navigate' }),
  'a stream without duplex': (fetch, origin) =>
    fetch(`${origin}/api/a`, { method: 'POST', body: new Blob(['x']).stream() }),
  'a stream that is locked': (fetch, origin) => {
    const body = new Blob(['x']).stream()
    body.getReader()
    return fetch(`${origin}/api/a`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  },
  'a Request that was used': async (fetch, origin) => {
    const request = new Request(`${origin}/api/a`, { method: 'POST', body: 'x' })
    await request.text()
    return fetch(request)
  },
  'an abort before': (fetch, origin) => fetch(`${origin}/api/a`, { signal: AbortSignal.abort(new Error('left')) }),
  'an abort before, in a Request': (fetch, origin) =>
    fetch(new Request(`${origin}/api/a`, { signal: AbortSignal.abort(new Error('left')) })),
  'a server that is not there': fetch => fetch('http://127.0.0.1:1/'),
  nothing: fetch => (fetch as () => Promise<Response>)(),
}

/** What came of it. It must not throw at once: `fetch` never does. */
const run = async (program: Program, fetch: Fetch, origin: string) => {
  const answer = program(fetch, origin)
  try {
    return await answer
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}

describe.each(['client.fetch', 'the fetch of latchkey/fetch'])('%s does what fetch does', form => {
  const start = async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/moved', { status: 302, headers: { location: '/nothing/here' } })
    const other = createAuthenticatedFetch({ baseUrl: server.origin, refresh: async () => null })
    onTestFinished(other.dispose)
    const tokens = server.issue('bob')
    await other.session.signIn(tokens)
    return { server, fetch: form === 'client.fetch' ? client.fetch : other.fetch }
  }

  test.each(Object.entries(programs))('given %s', async (_, program) => {
    const { server, fetch } = await start()
    // The API lets everybody in, so that the answers can be compared.
    server.answerWith('/api/a', ({ method, query, body }) => ({ status: 200, body: `${method} ${query} ${body}` }))
    const expected = await run(program, globalThis.fetch, server.origin)
    const plain = server.sends.length
    expect(await run(program, fetch, server.origin)).toEqual(expected)
    const seen = server.sends.map(({ method, path, query, headers: { authorization, ...headers }, body }) => ({
      method,
      path,
      query,
      headers,
      body: String(body),
    }))
    expect(seen.slice(plain)).toEqual(seen.slice(0, plain))
    const signedIn = server.sends.slice(plain).map(({ authorization }) => authorization?.startsWith('Bearer '))
    expect(signedIn).toEqual(signedIn.map(() => true))
  })
})

test('client.fetch works unbound, and its type is that of fetch', async () => {
  const { server, client } = await createServedClient()
  const asFetch: typeof globalThis.fetch = client.fetch
  const { fetch } = client
  const unbound = [asFetch, fetch, client.extend({}).fetch].map(one =>
    one.call(undefined as never, `${server.origin}/api/a`),
  )
  expect((await Promise.all(unbound)).map(({ status }) => status)).toEqual([200, 200, 200])
})

test('client.fetch uses up a Request of the caller, at once where nothing has to be waited for', async () => {
  const { server, client } = await createServedClient()
  await client.fetch(`${server.origin}/api/first-use`)
  const request = new Request(`${server.origin}/api/a`, { method: 'POST', body: 'x' })
  const answer = client.fetch(request)
  expect(request.bodyUsed).toBe(true)
  expect((await answer).status).toBe(200)
  await expect(client.fetch(request)).rejects.toThrow(TypeError)
  expect(server.sends.filter(({ path }) => path === '/api/a')).toHaveLength(1)
})

test('the page’s fetch is found when it is called, and called without a receiver', async () => {
  const { client, server } = await createServedClient()
  const receivers: unknown[] = []
  const replaced = vi.fn(async function (this: unknown) {
    receivers.push(this)
    return new Response('traced')
  })
  vi.stubGlobal('fetch', replaced)
  const answers = [await client.fetch(`${server.origin}/api/a`), await client.get('api/a')]
  expect(await Promise.all(answers.map(answer => answer.text()))).toEqual(['traced', 'traced'])
  expect(receivers).toEqual([undefined, undefined])
})

test('the properties of a Request hold for the first send and for the replay (RP-08)', async () => {
  const said = {
    method: 'POST',
    mode: 'same-origin',
    credentials: 'omit',
    cache: 'no-cache',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    integrity: 'sha256-AAAA',
  } as const
  const seen: Request[] = []
  const fetch: Fetch = async input => {
    // As it is handed over: made into another, Node's own loses the policy.
    seen.push(input as Request)
    return new Response(null, { status: seen.length === 1 ? 401 : 200 })
  }
  const { client, server } = await createServedClient()
  const request = new Request(`${server.origin}/api/a`, { ...said, body: 'x' })
  expect((await client.extend({ fetch }).fetch(request)).status).toBe(200)
  expect(seen).toHaveLength(2)
  for (const one of seen) expect(one).toMatchObject(said)
})

test('a referrer and its policy survive the init that adds the token', async () => {
  const { client } = await createServedClient({ baseUrl: 'https://api.test/' })
  const said = { referrer: 'https://page.test/path', referrerPolicy: 'origin' } as const
  const fetch = vi.fn<Fetch>(async () => new Response())
  await client.extend({ fetch }).fetch(new Request('https://api.test/a', said))
  vi.stubGlobal('fetch', fetch)
  await client.fetch(new Request('https://api.test/a', said))
  const [[given] = [], [, init] = []] = fetch.mock.calls
  expect(given).toMatchObject(said)
  expect(init).toMatchObject(said)
})
