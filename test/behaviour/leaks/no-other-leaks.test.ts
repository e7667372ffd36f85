import { createClient, type RefreshFunction, type SessionInput } from 'latchkey'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { huntLeaks, secret } from '../../support/leaks.ts'
import { createNetwork, refusal } from '../../support/network.ts'

const held = { accessToken: secret('access'), refreshToken: secret('refresh') }

const start = (options: ClientOptions = {}) => {
  const hunt = huntLeaks()
  const client = createClient({ baseUrl: 'https://api.test/', retry: 0, ...options })
  onTestFinished(client.dispose)
  hunt.watch(client)
  return { client, hunt }
}

/** A storage as apps bring it, shared by all tabs. */
const createStorage = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

describe('the message of a mistake names its place, not its value', () => {
  test.each([
    ['a token under another name', { token: secret('other') }],
    ['a text', secret('text')],
    ['nothing', null],
    ['an answer that nobody has read', new Response(secret('body'))],
    ['a list', [secret('listed')]],
    ['a number for a token', { accessToken: 7, refreshToken: secret('refresh') }],
  ])('in signIn: %s (HY-01)', async (_, input) => {
    const { client, hunt } = start()
    await hunt.catch(client.session.signIn(input as unknown as SessionInput))
    expect(hunt.verdict()).toContain('signIn needs')
    expect(client.session.status).toBe('unknown')
  })

  test.each([
    ['headers.Authorization', { headers: { Authorization: `Bearer ${secret('own')}` } }],
    ['trustedOrigins[0]', { trustedOrigins: [`https://user:${secret('password')}@files.test`] }],
    ['trustedOrigins[0]', { trustedOrigins: [`https://files.test/${secret('path')}`] }],
    ['limits.leewayMs', { limits: { leewayMs: secret('limit') } }],
    ['sessionName', { sessionName: { name: secret('name') } }],
    ['store', { store: secret('store') }],
    ['scheme', { scheme: { token: secret('scheme') } }],
  ])('in createClient: %s (HY-01)', (option, options) => {
    const hunt = huntLeaks()
    const create = () => createClient({ baseUrl: 'https://api.test/', ...(options as object) })
    expect(create).toThrow(expect.objectContaining({ code: 'configuration', option }))
    try {
      create()
    } catch (error) {
      hunt.note(error)
    }
    expect(hunt.verdict()).toContain(option)
  })

  test('in oauthRefresh: a client secret, an endpoint with a password (HY-01)', () => {
    const hunt = huntLeaks()
    const good = { tokenEndpoint: 'https://id.test/token', clientId: 'spa' }
    for (const more of [{ clientSecret: secret('client') }, { tokenEndpoint: `http://id.test/?${secret('query')}` }]) {
      try {
        oauthRefresh({ ...good, ...more } as never)
        throw new Error('It was accepted')
      } catch (error) {
        hunt.note(error)
      }
    }
    expect(hunt.verdict()).not.toContain('It was accepted')
  })

  test.each([
    ['a newline', `${secret('a')}\r\nX-Evil: ${secret('b')}`],
    ['a space', `${secret('a')} ${secret('b')}`],
    ['letters that no header takes', `${secret('a')}ключ`],
    ['a NUL', `${secret('a')}\0`],
  ])('in a token that no header can carry: %s (TX-08)', async (_, accessToken) => {
    const network = createNetwork()
    const { client, hunt } = start({ fetch: network.fetch })
    await hunt.catch(client.session.signIn({ accessToken }))
    expect(hunt.verdict()).toContain('RFC 6750')
    expect(network.sends).toEqual([])
  })

  test('in what `reauthenticate` answers or throws (HY-01)', async () => {
    const answers = [
      async () => ({ token: secret('mapped wrongly') }),
      async () => {
        throw new Error(`No login: ${secret('password')}`)
      },
    ]
    for (const reauthenticate of answers) {
      const { client, hunt } = start({
        fetch: createNetwork(() => refusal()).fetch,
        refresh: async () => null,
        reauthenticate: reauthenticate as unknown as NonNullable<ClientOptions['reauthenticate']>,
      })
      await client.session.signIn({ ...held, subject: 'alice' })
      await hunt.catch(client.get('x'))
      expect(hunt.verdict()).toContain('SessionEndedError')
    }
  })
})

describe('what others can read', () => {
  test('on the channel there is no token, only that the store has changed (SG-05)', async () => {
    const said: unknown[] = []
    const ear = new BroadcastChannel('latchkey:ours')
    onTestFinished(() => ear.close())
    ear.onmessage = ({ data }) => said.push(data)
    const refresh: RefreshFunction = async () => ({
      accessToken: secret('newer'),
      refreshToken: secret('newer-refresh'),
    })
    const { client, hunt } = start({ store: createStorage(), sessionName: 'ours', refresh })
    await client.session.signIn({ ...held, subject: 'alice' })
    await client.session.refresh()
    await client.session.signOut()
    await vi.waitFor(() => expect(said.length).toBeGreaterThanOrEqual(3))
    hunt.note(said)
    hunt.verdict()
    for (const message of said)
      expect(Object.keys(message as object).sort()).toEqual(['generation', 'latchkey', 'sessionId'])
  })

  test.each<readonly [name: string, fail: (value: string) => unknown]>([
    ['an error', value => new Error(`cannot write ${value}`)],
    ['an error that quotes a part', value => new TypeError(`bad value '${value.slice(20)}'`)],
    [
      'an error with the value beside it',
      value => Object.assign(new Error('cannot write'), { value, cause: { value } }),
    ],
    ['an error named so', value => Object.assign(new Error('no'), { name: value })],
    ['the value itself', value => value],
    ['an object', value => ({ message: { value }, sql: value })],
  ])('of a store error that quotes the value, in %s, is only that it failed', async (_name, fail) => {
    const setItem = (_key: string, value: string) => {
      throw fail(value)
    }
    const { client, hunt } = start({ store: { getItem: () => null, setItem } })
    const told: unknown[] = []
    client.session.on('store-failed', event => void told.push(event))
    await client.session.signIn({ ...held, subject: 'alice' })
    expect(told).toMatchObject([{ operation: 'write', cause: expect.any(Error) }])
    hunt.note(told)
    hunt.verdict()
  })

  test('in request events is the URL without query, fragment and password (TX-02)', async () => {
    const logins: unknown[] = []
    const { client, hunt } = start({
      fetch: createNetwork(() => refusal()).fetch,
      refresh: async () => null,
      onLoginRequired: event => void logins.push(event),
    })
    await client.session.signIn({ ...held, subject: 'alice' })
    await hunt.catch(client.fetch(`https://api.test/x?token=${secret('query')}#${secret('hash')}`))
    await hunt.catch(client.fetch(`https://other.test/x?token=${secret('query')}#${secret('hash')}`))
    await vi.waitFor(() => expect(logins).toHaveLength(1))
    hunt.note(logins)
    const seen = hunt.verdict()
    expect(seen).toContain('https://api.test/x')
    expect(seen).toContain('https://other.test/x')
  })

  test('puts no token into a URL (TX-02)', async () => {
    const network = createNetwork(({ url }) =>
      url.pathname === '/x' ? refusal() : Response.json({ access_token: secret('newer'), token_type: 'Bearer' }),
    )
    const { client } = start({
      fetch: network.fetch,
      refresh: oauthRefresh({
        tokenEndpoint: 'https://id.test/token',
        revocationEndpoint: 'https://id.test/revoke',
        clientId: 'spa',
      }),
    })
    await client.session.signIn(held)
    await client.get('x').catch(() => {})
    await client.session.signOut()
    await vi.waitFor(() => expect(network.sends.at(-1)?.url.pathname).toBe('/revoke'))
    expect(network.sends.map(({ url }) => url.href)).toEqual([
      'https://api.test/x',
      'https://id.test/token',
      'https://api.test/x',
      'https://id.test/revoke',
    ])
  })
})
