import { cookieRefresh, createClient, redirectTo, type Tokens } from 'latchkey'
import { createAuthenticatedFetch, type FetchClient } from 'latchkey/fetch'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import { createNetwork, refusal } from '../support/network.ts'

const evil = 'https://evil.test/evil'
const tokens: Tokens = { accessToken: 'access', refreshToken: 'refresh' }

/** A client whose options hold `url`, which is changed at once: nothing has been sent yet. */
const startWith = async (
  options: (url: URL) => ClientOptions,
  text = 'https://api.test/v1/',
  create: (options: ClientOptions) => FetchClient = createClient,
) => {
  const { fetch, sends } = createNetwork(({ url }) =>
    url.pathname.endsWith('/api') ? refusal() : Response.json({ access_token: 'newer', token_type: 'Bearer' }),
  )
  const url = new URL(text)
  const client = create({ fetch, ...options(url) })
  onTestFinished(client.dispose)
  url.href = evil
  await client.session.signIn(tokens)
  return { client, sends }
}

const shown = (sends: Awaited<ReturnType<typeof startWith>>['sends']) =>
  sends.map(({ url, authorization }) => [url.origin, authorization])

const ofPrefix: [string, (url: URL) => ClientOptions] = ['prefix', prefix => ({ prefix })]

describe.each([
  ['createClient', createClient],
  ['createAuthenticatedFetch', createAuthenticatedFetch],
] as const)('a URL object that is changed after it was given to %s changes no trust:', (form, create) => {
  test.each<[string, (url: URL) => ClientOptions]>([
    ['baseUrl', baseUrl => ({ baseUrl })],
    ...(form === 'createClient' ? [ofPrefix] : []),
    ['trustedOrigins', url => ({ baseUrl: 'https://other.test/', trustedOrigins: [url] })],
  ])('%s', async (name, options) => {
    const { client, sends } = await startWith(
      options,
      name === 'trustedOrigins' ? 'https://api.test' : undefined,
      create,
    )
    await client.fetch(evil)
    await client.fetch('https://api.test/x')
    expect(shown(sends)).toEqual([
      ['https://evil.test', null],
      ['https://api.test', 'Bearer access'],
    ])
  })

  test('nor does a list of trusted origins that grows', async () => {
    const trustedOrigins = ['https://files.test']
    const { client, sends } = await startWith(baseUrl => ({ baseUrl, trustedOrigins }), undefined, create)
    trustedOrigins.push('https://evil.test')
    await client.fetch(evil)
    expect(shown(sends)).toEqual([['https://evil.test', null]])
  })
})

describe('a URL object that is changed later does not lead a refresh token elsewhere:', () => {
  const baseUrl = 'https://api.test/'

  test('tokenEndpoint', async () => {
    const refresh = (tokenEndpoint: URL) => oauthRefresh({ tokenEndpoint, clientId: 'spa' })
    const { client, sends } = await startWith(url => ({ baseUrl, refresh: refresh(url) }), 'https://id.test/token')
    await client.session.refresh()
    expect(sends.map(({ url }) => url.href)).toEqual(['https://id.test/token'])
  })

  test('revocationEndpoint', async () => {
    const refresh = (revocationEndpoint: URL) =>
      oauthRefresh({ tokenEndpoint: 'https://id.test/token', clientId: 'spa', revocationEndpoint })
    const { client, sends } = await startWith(url => ({ baseUrl, refresh: refresh(url) }), 'https://id.test/revoke')
    await (await client.session.signOut()).revoked
    expect(sends.map(({ url }) => url.href)).toEqual(['https://id.test/revoke'])
  })

  test.each(['url', 'signOutUrl'] as const)('%s of cookieRefresh', async name => {
    const refresh = (url: URL) =>
      cookieRefresh({ url: 'https://api.test/refresh', signOutUrl: 'https://api.test/out', [name]: url })
    const { client, sends } = await startWith(url => ({ baseUrl, refresh: refresh(url) }), 'https://api.test/mine')
    if (name === 'url') await client.session.refresh()
    else await (await client.session.signOut()).revoked
    expect(sends.map(({ url }) => url.href)).toEqual(['https://api.test/mine'])
  })
})

test('a URL object that is changed after it was given to redirectTo does not lead the user elsewhere', () => {
  const assign = vi.fn()
  vi.stubGlobal('location', { ...new URL('https://app.test/'), href: 'https://app.test/', hash: '', assign })
  const login = new URL('https://app.test/login')
  const redirect = redirectTo(login)
  login.href = evil
  redirect({ reason: 'not-signed-in', returnTo: '/' })
  expect(assign.mock.calls.map(([target]) => new URL(target).origin)).toEqual(['https://app.test'])
})
