import { bearer, cookieRefresh, createClient, type RootClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { huntLeaks, type LeakHunt, secret } from '../support/leaks.ts'
import { createNetwork, refusal, type WireSend } from '../support/network.ts'

/** What no header can carry, or what would end one and begin another. */
const bad = [
  ...[
    '\r\nX-Evil: 1',
    '\nX-Evil: 1',
    '\rX-Evil: 1',
    '\u0000',
    '\u007f',
    '\u00e9',
    '\u0085',
    '\u043a\u043b\u044e\u0447',
  ],
  ...['\u2028', ' x', '\tx', '\ud83d\ude00', '\ud800', '\u010a\u010d', ', x'],
]
const badTokens = bad.map(end => `${secret('a')}${end}${secret('b')}`)

const start = async (options: ClientOptions, hunt: LeakHunt, answer?: (send: WireSend) => Response) => {
  const { fetch, sends } = createNetwork(answer)
  const client = createClient({ baseUrl: 'https://api.test/', retry: 0, limits: { patienceMs: 0 }, fetch, ...options })
  onTestFinished(client.dispose)
  hunt.watch(client)
  // With DPoP, a login needs a key of the client.
  if (options.scheme?.name === 'DPoP') await loginProof(options.scheme, { url: 'https://id.test/login' })
  return { client, sends }
}

/** Where a token may come from. Each ends with requests that would be sent with it. */
const sources: Readonly<
  Record<string, (token: string, scheme: ClientOptions, hunt: LeakHunt) => Promise<readonly WireSend[]>>
> = {
  async 'a login'(accessToken, scheme, hunt) {
    const { client, sends } = await start(scheme, hunt)
    await hunt.catch(client.session.signIn({ accessToken }))
    await hunt.catch(client.get('x'))
    return sends
  },
  async 'a refresh of the app'(accessToken, scheme, hunt) {
    const { client, sends } = await start({ ...scheme, refresh: async () => ({ accessToken }) }, hunt, () => refusal())
    await client.session.signIn({ accessToken: 'good' })
    await hunt.catch(client.get('x'))
    return sends
  },
  async 'a token endpoint, for an audience'(accessToken, scheme, hunt) {
    const refresh = oauthRefresh({
      tokenEndpoint: 'https://id.test/token',
      clientId: 'spa',
      resource: { 'https://api.test': 'urn:api' },
    })
    const { client, sends } = await start({ ...scheme, refresh }, hunt, ({ url }) =>
      url.host === 'id.test' ? Response.json({ access_token: accessToken, token_type: 'Bearer' }) : refusal(),
    )
    await client.session.signIn({ accessToken: 'good', refreshToken: 'refresh' })
    await hunt.catch(client.get('x'))
    return sends
  },
  async 'a dialog'(accessToken, scheme, hunt) {
    const dialog = { refresh: async () => null, reauthenticate: async () => ({ accessToken, subject: 'alice' }) }
    const { client, sends } = await start({ ...scheme, ...dialog }, hunt, () => refusal())
    await client.session.signIn({ accessToken: 'good', subject: 'alice' })
    await hunt.catch(client.get('x'))
    return sends
  },
  async 'a stored record'(accessToken, scheme, hunt) {
    const items = new Map<string, string>()
    const setItem = (key: string, value: string) => void items.set(key, value)
    const store = { getItem: (key: string) => items.get(key) ?? null, setItem }
    const { client } = await start({ ...scheme, store }, hunt)
    await client.session.signIn({ accessToken: 'good' })
    client.dispose()
    for (const [key, value] of items) items.set(key, value.replaceAll('"good"', JSON.stringify(accessToken)))
    expect([...items.values()].join()).toContain(JSON.stringify(accessToken))
    const { client: next, sends } = await start({ ...scheme, store }, hunt)
    await hunt.catch(next.get('x'))
    return sends
  },
}

const schemes: readonly (readonly [name: string, make: () => ClientOptions])[] = [
  ['Bearer', () => ({})],
  ['a header of its own', () => ({ scheme: bearer({ header: 'X-Access-Token', prefix: '' }) })],
  ['DPoP', () => ({ scheme: dpop() })],
]

describe.each(Object.entries(sources))('a token that no header can carry, of %s', (_, bring) => {
  test.each(schemes)('is in no header and no message: %s', async (_name, scheme) => {
    const hunt = huntLeaks()
    for (const token of badTokens) {
      for (const { headers } of await bring(token, scheme(), hunt)) {
        const lines = [...headers].map(line => line.join(': '))
        expect(lines.filter(line => /S3cr3t|x-evil|[^\x20-\x7e]/i.test(line))).toEqual([])
      }
    }
    expect(hunt.verdict().length).toBeGreaterThan(1000)
  })
})

test.each(['Bearer\r\nX-Evil: 1', 'Bearer\u0000', '\u0411earer', `${secret('type')}\r\n`])(
  'a token type that is none (%j) makes a response unreadable, and is in no header and no message',
  async token_type => {
    const hunt = huntLeaks()
    const refresh = async () => ({ access_token: 'newer', token_type })
    const { client, sends } = await start({ refresh }, hunt, () => refusal())
    await client.session.signIn({ accessToken: 'good' })
    await expect(client.get('x')).rejects.toMatchObject({ reason: 'unreadable-response' })
    expect(sends.map(({ authorization }) => authorization)).toEqual(['Bearer good'])
    expect(hunt.verdict()).not.toMatch(/X-Evil|\u0411earer/)
  },
)

test.each(bad.filter(end => /[^\t\x20-\xff]/.test(end)))('bearer() takes no header and no prefix with %j', end => {
  for (const options of [{ header: `X-${secret('h')}${end}` }, { prefix: `Bearer${secret('p')}${end}` }]) {
    const hunt = huntLeaks()
    try {
      bearer(options)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'configuration' })
      hunt.note(error)
    }
    hunt.verdict()
  }
})

describe('a header of the app that cannot be sent is in no message, and nothing is sent:', () => {
  const wrong: readonly (readonly [string, HeadersInit])[] = [
    ['a value', { 'X-CSRF-Token': `${secret('csrf')}\r\nX-Evil: 1` }],
    ['a name', { [`X-${secret('name')}\n`]: '1' }],
    ['letters', { 'X-CSRF-Token': `${secret('csrf')}\u0436` }],
  ]
  const calls: readonly ((client: RootClient) => Promise<unknown>)[] = [
    client => client.get('x'),
    client => client.fetch('https://api.test/x'),
    client => client.session.refresh(),
    client => client.session.signOut(),
  ]

  test.each(wrong)('%s of sendHeaders', async (_, headers) => {
    const hunt = huntLeaks()
    const refresh = cookieRefresh({ url: 'refresh', signOutUrl: 'out' })
    const { client, sends } = await start({ refresh, store: memoryStore(), sendHeaders: () => headers }, hunt)
    await client.session.signIn({ accessToken: 'good', subject: 'alice' })
    for (const call of calls) await hunt.catch(call(client))
    expect(hunt.verdict()).toContain('sendHeaders')
    expect(sends).toEqual([])
  })

  test.each(wrong)('%s of cookieRefresh', async (_, headers) => {
    const hunt = huntLeaks()
    const refresh = cookieRefresh({ url: 'refresh', signOutUrl: 'out', headers })
    const { client, sends } = await start({ refresh, store: memoryStore() }, hunt)
    await client.session.signIn({ accessToken: 'good', subject: 'alice' })
    await hunt.catch(client.session.refresh())
    await (await client.session.signOut()).revoked
    hunt.verdict()
    expect(sends).toEqual([])
  })
})
