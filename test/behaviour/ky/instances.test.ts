import { replaceOption } from 'ky'
import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RequestOptions } from '../../../src/client/options.ts'
import { createNetwork, type Network } from '../../support/network.ts'

const api = 'https://api.test/'

/** Takes the tokens `access-2` and later; each network is told apart by what it answers. */
const takesNewer = (name: string): Network =>
  createNetwork(({ authorization }) =>
    authorization === 'Bearer access-1' ? new Response(null, { status: 401 }) : new Response(name),
  )

const start = async (options: RequestOptions = {}) => {
  const network = takesNewer('of the client')
  let issued = 1
  const refresh = vi.fn(async () => {
    issued += 1
    return { accessToken: `access-${issued}` }
  })
  const client = createClient({ baseUrl: api, fetch: network.fetch, refresh: refresh, retry: 0, ...options })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'access-1' })
  return { client, network, refresh }
}
const refreshed = ['Bearer access-1', 'Bearer access-2']
const tokens = ({ sends }: Network) => sends.map(({ authorization }) => authorization)

describe('another fetch function never removes the authentication', () => {
  type Started = Awaited<ReturnType<typeof start>>
  test.each<[string, (started: Started, fetch: typeof globalThis.fetch) => Promise<Response>]>([
    ['given with a call', ({ client }, fetch) => client.get('a', { fetch })],
    [
      'given with a call that has hooks',
      ({ client }, fetch) => client.get('a', { fetch, hooks: { beforeRequest: [] } }),
    ],
    ['of extend()', ({ client }, fetch) => client.extend({ fetch }).get('a')],
    ['of extend() by a function', ({ client }, fetch) => client.extend(parent => ({ ...parent, fetch })).get('a')],
    [
      'of extend() of extend()',
      ({ client }, fetch) =>
        client
          .extend({ fetch })
          .extend({ headers: { a: '1' } })
          .get('a'),
    ],
    ['of create()', ({ client }, fetch) => client.create({ fetch, baseUrl: api, retry: 0 }).get('a')],
    ['of extend(), by its fetch', ({ client }, fetch) => client.extend({ fetch }).fetch(`${api}a`)],
    ['of create(), by its fetch', ({ client }, fetch) => client.create({ fetch }).fetch(`${api}a`)],
  ])('%s', async (_, send) => {
    const started = await start()
    const other = takesNewer('of the other')
    expect(await (await send(started, other.fetch)).text()).toBe('of the other')
    expect(tokens(other)).toEqual(refreshed)
    expect(started.network.sends).toHaveLength(0)
    expect(started.refresh).toHaveBeenCalledTimes(1)
  })
})

test('extend by a function shows the app’s own options, and copying them changes nothing', async () => {
  const { client, network } = await start({ headers: { 'x-a': '1' } })
  let seen: RequestOptions = {}
  const child = client.extend(parent => {
    seen = parent
    return { ...parent }
  })
  expect(Object.keys(seen).sort()).toEqual(['baseUrl', 'fetch', 'headers', 'retry'])
  expect(seen.fetch).toBe(network.fetch)
  expect(await child.get('a').text()).toBe('of the client')
  expect(tokens(network)).toEqual(refreshed)
})

test('instances share one session, and only the first can dispose it', async () => {
  const { client } = await start()
  for (const instance of [client.extend({}), client.create(), client.extend({}).create({})]) {
    expect(instance.session).toBe(client.session)
    expect('dispose' in instance).toBe(false)
  }
})

test('instances share the trusted origins', async () => {
  const { client, network } = await start()
  const elsewhere = client.extend({ baseUrl: 'https://other.test/' })
  await elsewhere.get('a')
  await client.create({ fetch: network.fetch }).get(`${api}a`)
  expect(network.sends.map(({ url, authorization }) => [url.host, authorization])).toEqual([
    ['other.test', null],
    ['api.test', 'Bearer access-1'],
    ['api.test', 'Bearer access-2'],
  ])
})

test.each([
  'refresh',
  'onLoginRequired',
  'reauthenticate',
  'shouldRefresh',
  'store',
  'sessionName',
  'trustedOrigins',
  'scheme',
  'whenOffline',
  'limits',
])('the session option `%s` is rejected by extend and create', async option => {
  const { client } = await start()
  const options = { [option]: undefined } as RequestOptions
  const refusal = expect.objectContaining({ code: 'configuration', option })
  expect(() => client.extend(options)).toThrow(refusal)
  expect(() => client.extend(() => options)).toThrow(refusal)
  expect(() => client.create(options)).toThrow(refusal)
})

const own: readonly [string, RequestOptions][] = [
  ['an object', { headers: { authorization: 'Basic mine' } }],
  ['Headers', { headers: new Headers({ Authorization: 'Basic mine' }) }],
  ['replaced options', { headers: replaceOption({ AUTHORIZATION: 'Basic mine' }) }],
]

test.each(own)('an Authorization header in %s is rejected as a default of the client', (_, options) => {
  expect(() => createClient(options)).toThrow(
    expect.objectContaining({ code: 'configuration', option: 'headers.Authorization' }),
  )
})

test.each(own)('an Authorization header in %s of an instance is left alone, and so is its 401', async (_, options) => {
  const { client, refresh } = await start()
  const network = createNetwork(() => new Response(null, { status: 401 }))
  const more = { fetch: network.fetch, baseUrl: api, retry: 0, throwHttpErrors: false }
  const instances = [
    client.extend(options).extend(more),
    client.extend(() => ({ ...options, ...more })),
    client.create({ ...options, ...more }),
  ]
  for (const instance of instances) expect((await instance.get('a')).status).toBe(401)
  expect(tokens(network)).toEqual(['Basic mine', 'Basic mine', 'Basic mine'])
  expect(refresh).not.toHaveBeenCalled()
})

test.each<[string, RequestOptions]>([
  ['baseURL', { baseURL: api } as RequestOptions],
  ['prefixUrl', { prefixUrl: api } as RequestOptions],
  ['withCredentials', { withCredentials: true } as RequestOptions],
])('`%s` is rejected as a default of the client and of any instance', async (option, options) => {
  const { client } = await start()
  const refusal = expect.objectContaining({ code: 'configuration', option })
  expect(() => createClient(options)).toThrow(refusal)
  expect(() => client.extend(options)).toThrow(refusal)
  expect(() => client.create(options)).toThrow(refusal)
})

test('an Authorization header may be removed again, as with ky', async () => {
  const { client, network } = await start()
  await client.extend({ headers: { authorization: undefined } }).get('a')
  expect(tokens(network)).toEqual(refreshed)
})

test('an argument that is no options object is rejected, as by ky', async () => {
  const { client } = await start()
  for (const wrong of [null, 'a', ['a'], 1] as unknown as RequestOptions[]) {
    expect(() => client.get('a', wrong)).toThrow('must be an object')
    expect(() => client.extend(wrong)).toThrow('must be an object')
  }
})

test('a store that is an instance of a class survives ky’s deep merge', async () => {
  class Storage {
    readonly #values = new Map<string, string>()
    getItem(key: string): string | null {
      return this.#values.get(key) ?? null
    }
    setItem(key: string, value: string): void {
      this.#values.set(key, value)
    }
  }
  const network = takesNewer('of the client')
  const store = new Storage()
  const create = () => createClient({ baseUrl: api, fetch: network.fetch, retry: 0, store, refresh: async () => null })
  const [first, second] = [create(), create()]
  onTestFinished(first.dispose)
  onTestFinished(second.dispose)
  await first.session.signIn({ accessToken: 'access-2' })
  await second.extend({ headers: { 'x-a': '1' } }).get('a')
  expect(tokens(network)).toEqual(['Bearer access-2'])
})

describe('`auth` as a default of an instance', () => {
  test.each<[string, boolean | 'optional' | undefined, (string | null)[]]>([
    ['false: bare', false, [null]],
    ['optional: signed in if one is', 'optional', refreshed],
    ['true: signed in', true, refreshed],
    ['undefined: signed in', undefined, refreshed],
  ])('%s, in ky’s form and in its fetch', async (_, auth, expected) => {
    for (const send of ['ky', 'fetch'] as const) {
      const { client, network } = await start()
      const instance = client.extend({ auth })
      await (send === 'ky' ? instance.get('a') : instance.fetch(`${api}a`))
      expect(tokens(network)).toEqual(expected)
    }
  })

  test('is overridden by a call', async () => {
    const { client, network } = await start()
    const instance = client.extend({ auth: false })
    await instance.get('a', { auth: true })
    await instance.fetch(`${api}a`, { auth: true })
    await client.get('a', { auth: false })
    expect(tokens(network)).toEqual([...refreshed, 'Bearer access-2', null])
  })

  test('is not overridden by undefined', async () => {
    const { client, network } = await start()
    const instance = client.extend({ auth: false })
    await instance.fetch(`${api}a`, { auth: undefined })
    await instance.get('a', { auth: undefined })
    expect(tokens(network)).toEqual([null, null])
  })
})

test('`replay` as a default of an instance makes bodies again, and gives none to a GET', async () => {
  const { client, network } = await start()
  const instance = client.extend({ replay: () => 'made again' })
  await instance.get('a')
  // A new session: inside this one the token that it began with is known to be replaced.
  await client.session.signOut()
  await client.session.signIn({ accessToken: 'access-1' })
  await instance.fetch(`${api}a`, { method: 'PUT', body: new Blob(['once']).stream(), duplex: 'half' })
  expect(network.sends.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT', 'PUT'])
  expect(await network.sends[3]?.text()).toBe('made again')
})
