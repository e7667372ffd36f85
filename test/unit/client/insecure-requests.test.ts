import { ConfigurationError, createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { oauthRefresh } from 'latchkey/oauth'
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'

const lan = 'http://192.168.1.5:3000'
const standAt = (origin: string) => vi.stubGlobal('location', { href: `${origin}/todos`, origin })

let warn: MockInstance<typeof console.warn>
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.restoreAllMocks())

const optionBlamed = (run: () => unknown): string | null => {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    expect(error.message).toContain('`allowInsecureRequests: true`')
    return error.option
  }
  return null
}

/** Who got the token of those that were sent to. */
const sendTo = async (options: ClientOptions, ...urls: readonly string[]) => {
  const sent: (string | null)[] = []
  const client = createClient({
    ...options,
    fetch: async (input, init) => {
      sent.push(new Request(input, init).headers.get('authorization'))
      return new Response()
    },
  })
  await client.session.signIn({ accessToken: 'token' })
  for (const url of urls) await client.fetch(url)
  client.dispose()
  return sent
}

describe('plain http that is not loopback is rejected by createClient, which names the way for development (TX-03)', () => {
  test.each([lan, 'http://api.test/', 'http://api.localhost.test/', new URL('http://10.0.0.1/v1/')])('%s', baseUrl => {
    expect(optionBlamed(() => createClient({ baseUrl }))).toBe('baseUrl')
    expect(optionBlamed(() => createAuthenticatedFetch({ baseUrl }))).toBe('baseUrl')
    expect(optionBlamed(() => createClient({ prefix: baseUrl }))).toBe('baseUrl')
  })

  test('in trustedOrigins', () => {
    expect(optionBlamed(() => createClient({ trustedOrigins: ['https://a.test', lan] }))).toBe('trustedOrigins[1]')
  })

  test.each([{ baseUrl: '/api/' }, { baseUrl: './' }, {}])('in a page at such an origin: %o', options => {
    standAt(lan)
    expect(optionBlamed(() => createClient(options))).toBe('baseUrl')
    expect(optionBlamed(() => createAuthenticatedFetch(options))).toBe('baseUrl')
  })

  test.each([
    ['tokenEndpoint', { tokenEndpoint: `${lan}/token` }],
    ['revocationEndpoint', { revocationEndpoint: `${lan}/revoke` }],
    [`resource['${lan}']`, { resource: { [lan]: 'urn:files' } }],
  ])('as oauthRefresh’s %s', (option, more) => {
    const options = { tokenEndpoint: 'https://id.test/token', clientId: 'spa', ...more }
    expect(optionBlamed(() => oauthRefresh(options))).toBe(option)
    expect(optionBlamed(() => oauthRefresh({ ...options, allowInsecureRequests: true }))).toBeNull()
  })
})

describe('what is secure is accepted', () => {
  test.each(['http://localhost:3000', 'http://127.0.0.1:8080', 'http://app.localhost'])('a page at %s', origin => {
    standAt(origin)
    for (const options of [{}, { baseUrl: '/api/' }]) expect(optionBlamed(() => createClient(options))).toBeNull()
  })

  test('a page on the LAN that trusts a secure API only, itself not', async () => {
    standAt(lan)
    const trustedOrigins = ['https://api.test']
    expect(await sendTo({ trustedOrigins }, 'https://api.test/', `${lan}/`)).toEqual(['Bearer token', null])
    expect(await sendTo({ baseUrl: 'https://api.test/' }, 'https://api.test/')).toEqual(['Bearer token'])
  })

  test('a server, which has no page: a relative base URL is accepted, and nothing is touched', () => {
    vi.stubGlobal('location', undefined)
    for (const options of [{}, { baseUrl: '/api/' }]) expect(optionBlamed(() => createClient(options))).toBeNull()
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('allowInsecureRequests: true', () => {
  test('trusts the plain http origins that are named, and no other', async () => {
    const options = { baseUrl: lan, trustedOrigins: ['http://192.168.1.6'], allowInsecureRequests: true }
    const urls = [
      `${lan}/x`,
      'http://192.168.1.6/',
      'http://192.168.1.5:3001/',
      'http://192.168.1.7/',
      'https://192.168.1.5:3000/',
    ]
    expect(await sendTo(options, ...urls)).toEqual(['Bearer token', 'Bearer token', null, null, null])
  })

  test('trusts the page’s own, for a relative base', async () => {
    standAt(lan)
    const options = { baseUrl: '/api/', allowInsecureRequests: true }
    expect(await sendTo(options, `${lan}/api/x`, 'http://192.168.1.6/')).toEqual(['Bearer token', null])
  })

  test('is reported on the console, once for each client and each strategy', () => {
    createClient({ baseUrl: lan, allowInsecureRequests: true })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('allowInsecureRequests')]])
    oauthRefresh({ tokenEndpoint: `${lan}/token`, clientId: 'spa', allowInsecureRequests: true })
    expect(warn).toHaveBeenCalledTimes(2)
  })

  test('takes no wildcards, no paths and no other schemes', () => {
    for (const origin of ['http://*.test', `${lan}/api`, 'ws://192.168.1.5', 'file:///x']) {
      const options = { trustedOrigins: [origin], allowInsecureRequests: true }
      expect(() => createClient(options), origin).toThrow(ConfigurationError)
    }
  })

  test('is `true` and nothing else: `false` allows nothing', () => {
    expect(optionBlamed(() => createClient({ baseUrl: lan, allowInsecureRequests: false }))).toBe('baseUrl')
  })

  test.each(['yes', 'true', 'false', 1, 0, null])('is `true` and nothing else: %o is refused as such', value => {
    expect(() => createClient({ baseUrl: lan, allowInsecureRequests: value as never })).toThrow(
      '`allowInsecureRequests`: write true or false',
    )
  })

  test('belongs to the session: an instance cannot widen what is trusted', () => {
    const client = createClient({ baseUrl: 'https://api.test/' })
    expect(() => client.extend({ allowInsecureRequests: true } as object)).toThrow('belongs to createClient')
  })
})
