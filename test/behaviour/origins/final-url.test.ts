import { createClient, type Tokens } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createNetwork, refusal, type WireSend } from '../../support/network.ts'

const baseUrl = 'https://api.example.com/v1/'
const token = 'access-token-of-alice'
const bearer = `Bearer ${token}`

/** A client on which somebody has signed in, over a network that notes what is sent. */
const start = async (options: ClientOptions = { baseUrl }, answer?: (send: WireSend) => Response) => {
  const network = createNetwork(answer)
  let refreshes = 0
  const client = createClient({
    fetch: network.fetch,
    retry: 0,
    refresh: async () => {
      refreshes += 1
      return { accessToken: 'newer' }
    },
    ...options,
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: token })
  return { client, ...network, refreshes: () => refreshes }
}

/** What ky 2.1.0 makes of an input, over its `baseUrl`: the first eight leave it. */
const elsewhere = [
  ['//evil.test/x', 'https://evil.test'],
  ['\\\\evil.test/x', 'https://evil.test'],
  ['/\\evil.test/x', 'https://evil.test'],
  ['\\/evil.test/x', 'https://evil.test'],
  ['/\t/evil.test/x', 'https://evil.test'],
  ['/\n/evil.test/x', 'https://evil.test'],
  ['\t//evil.test/x', 'https://evil.test'],
  [' //evil.test/x', 'https://evil.test'],
  ['https://api.example.com.evil.test/x', 'https://api.example.com.evil.test'],
  ['https://api.example.com%2eevil.test/x', 'https://api.example.com.evil.test'],
  ['https://xapi.example.com/x', 'https://xapi.example.com'],
  ['https://example.com/x', 'https://example.com'],
  ['https://api.example.co/x', 'https://api.example.co'],
  ['https://аpi.example.com/x', 'https://xn--pi-6kc.example.com'],
  ['https://api.example.com:444/x', 'https://api.example.com:444'],
  ['https://api.example.com./x', 'https://api.example.com.'],
  ['http://api.example.com/x', 'http://api.example.com'],
  ['http://api.example.com:443/x', 'http://api.example.com:443'],
  ['//api.example.com:80/x', 'https://api.example.com:80'],
  // Its `origin` is the string "https://api.example.com", although nothing of that server is behind it.
  ['blob:https://api.example.com/x', 'https://api.example.com'],
  ['data:text/plain,x', 'null'],
  ['app://api.example.com/x', 'null'],
] as const

/** Other spellings of the trusted origin. */
const home = [
  'x',
  '/x',
  '?x',
  '',
  '../x',
  './/evil.test/x',
  'HTTPS://API.EXAMPLE.COM:443/x',
  'https://api.example.com:0443/x',
  '//API.example.com/x',
  'https://%61pi.example.com/x',
  'https://api.example.com\\@evil.test/x',
]

/** ky, or the platform's Request, takes these for a mistake. */
const impossible = [
  'https:/evil.test/x',
  'https:\\\\evil.test/x',
  'http:evil.test',
  'https://api.example.com@evil.test/x',
  'https://api.example.com:secret@evil.test/x',
]

describe('through ky, the parsed final URL decides about the token (TX-04, TX-05)', () => {
  test.each(elsewhere)('%j is sent to %s, without it', async (input, origin) => {
    const { client, sends } = await start()
    await client.get(input)
    expect(sends.map(({ url, authorization }) => [url.origin, authorization])).toEqual([[origin, null]])
  })

  test.each(home)('%j is sent to the trusted origin, with it', async input => {
    const { client, sends } = await start()
    await client.get(input)
    expect(sends.map(({ url, authorization }) => [url.host, authorization])).toEqual([['api.example.com', bearer]])
  })

  test.each(impossible)('%j is not sent at all', async input => {
    const { client, sends } = await start()
    await expect((async () => client.get(input))()).rejects.toThrow(TypeError)
    expect(sends).toEqual([])
  })

  test('a 401 from a foreign origin is returned to the caller: no refresh, no replay (TX-04)', async () => {
    const { client, sends, refreshes } = await start({ baseUrl }, () => refusal())
    await expect(client.get('//evil.test/x')).rejects.toMatchObject({ response: { status: 401 } })
    expect(sends).toHaveLength(1)
    expect(refreshes()).toBe(0)
    expect(client.session.status).toBe('signed-in')
  })

  test('another base URL, given for one call or by extend(), is not trusted', async () => {
    const { client, sends, fetch } = await start()
    await client.get('x', { baseUrl: 'https://evil.test/' })
    await client.extend({ baseUrl: 'https://evil.test/' }).get('x')
    await client.create({ prefix: 'https://evil.test/', fetch }).get('x')
    expect(sends.map(({ url, authorization }) => [url.host, authorization])).toEqual(
      Array.from({ length: 3 }, () => ['evil.test', null]),
    )
  })

  test('a hook that returns another Request decides its URL, and so whether the token is attached', async () => {
    const { client, sends } = await start()
    const swap = (url: string) => ({ hooks: { beforeRequest: [() => new Request(url)] } })
    await client.get('x', swap('https://evil.test/x'))
    await client.get('https://evil.test/x', swap('https://api.example.com/v1/x'))
    expect(sends.map(({ url, authorization }) => [url.host, authorization])).toEqual([
      ['evil.test', null],
      ['api.example.com', bearer],
    ])
  })

  test('the origin of an absolute `prefix` is trusted as that of a base URL is', async () => {
    const { client, sends } = await start({ prefix: baseUrl })
    await client.get('x')
    await client.get('//evil.test/x')
    expect(sends.map(({ url, authorization }) => [url.host, authorization])).toEqual([
      ['api.example.com', bearer],
      // ky puts a prefix before anything.
      ['api.example.com', bearer],
    ])
  })
})

describe('through client.fetch, the parsed final URL decides about the token (TX-04, TX-05)', () => {
  const absolute = elsewhere.filter(([input]) => /^\w+:/.test(input))

  test.each(absolute)('%j is sent to %s, without it', async (input, origin) => {
    const { client, sends } = await start()
    await client.fetch(input)
    expect(sends.map(({ url, authorization }) => [url.origin, authorization])).toEqual([[origin, null]])
  })

  test('a URL object and a Request are judged as their text is', async () => {
    const { client, sends } = await start()
    await client.fetch(new URL('https://evil.test/x'))
    await client.fetch(new Request('https://evil.test/x'))
    await client.fetch(new URL('https://api.example.com/x'))
    await client.fetch(new Request('https://api.example.com/x'))
    expect(sends.map(({ authorization }) => authorization)).toEqual([null, null, bearer, bearer])
  })

  test('a URL object that is changed while its request waits changes nothing: the original URL is requested', async () => {
    const newer = createDeferred<Tokens>()
    const { client, sends } = await start({ baseUrl, refresh: () => newer.promise }, ({ authorization }) =>
      authorization === bearer ? refusal() : Response.json({}),
    )
    const url = new URL('https://api.example.com/mine')
    const waiting = client.fetch(url)
    await vi.waitFor(() => expect(sends).toHaveLength(1))
    url.host = 'evil.test'
    newer.resolve({ accessToken: 'newer' })
    await waiting
    expect(sends.map(({ url: sent, authorization }) => [sent.href, authorization])).toEqual([
      ['https://api.example.com/mine', bearer],
      ['https://api.example.com/mine', 'Bearer newer'],
    ])
  })
})

describe('trusted origins', () => {
  test('are the further origins that were named, each exactly (TX-04)', async () => {
    const { client, sends } = await start({
      baseUrl,
      trustedOrigins: ['https://files.example.com', new URL('https://a.test:8443')],
    })
    for (const url of [
      'https://files.example.com/x',
      'https://a.test:8443/x',
      'https://a.test/x',
      'https://x.files.example.com/',
    ]) {
      await client.fetch(url)
    }
    expect(sends.map(({ authorization }) => authorization)).toEqual([bearer, bearer, null, null])
  })

  test('do not include http, so that no client can be made with such a base URL, except for loopback (TX-03)', async () => {
    for (const baseUrl of ['http://api.example.com/', 'http://127.0.0.1.evil.test/', 'http://localhost.evil.test/'])
      await expect(start({ baseUrl })).rejects.toMatchObject({ code: 'configuration', option: 'baseUrl' })
    for (const [base, expected] of [
      ['http://127.0.0.1:3000/', bearer],
      ['http://localhost:3000/', bearer],
      ['http://[::1]:3000/', bearer],
    ] as const) {
      const { client, sends } = await start({ baseUrl: base })
      await client.get('x')
      expect(
        sends.map(({ authorization }) => authorization),
        base,
      ).toEqual([expected])
    }
  })

  test('never include opaque origins, which all serialise as "null" (TX-06)', async () => {
    const { client, sends } = await start({ baseUrl: 'https://api.example.com/' })
    for (const url of ['app://a/x', 'capacitor://localhost/x', 'file:///x']) await client.fetch(url).catch(() => {})
    expect(sends.map(({ authorization }) => authorization)).toEqual([null, null, null])
  })

  test('are of one client: each sends its own token to its own origin only (TX-11)', async () => {
    const network = createNetwork()
    const [files, mail] = ['https://files.test/', 'https://mail.test/'].map(base => {
      const client = createClient({ baseUrl: base, fetch: network.fetch })
      onTestFinished(client.dispose)
      return client
    })
    await files?.session.signIn({ accessToken: 'of-files' })
    await mail?.session.signIn({ accessToken: 'of-mail' })
    for (const client of [files, mail])
      for (const url of ['https://files.test/x', 'https://mail.test/x']) await client?.fetch(url)
    expect(network.sends.map(({ url, authorization }) => [url.host, authorization])).toEqual([
      ['files.test', 'Bearer of-files'],
      ['mail.test', null],
      ['files.test', null],
      ['mail.test', 'Bearer of-mail'],
    ])
  })
})
