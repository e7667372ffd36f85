import {
  bearer,
  ConfigurationError,
  cookieRefresh,
  cookieSession,
  createClient,
  indexedDbStore,
  redirectTo,
} from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { oauthRefresh } from 'latchkey/oauth'
import { describe, expect, test, vi } from 'vitest'

const baseUrl = 'https://api.test/'
const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted in silence'
}
const create = (options: unknown) => messageOf(() => createClient(options as object))

describe('a function that makes an option’s value is told to be called', () => {
  test.each([
    ['refresh', oauthRefresh, 'oauthRefresh'],
    ['refresh', cookieRefresh, 'cookieRefresh'],
    ['refresh', cookieSession, 'cookieSession'],
    ['onLoginRequired', redirectTo, 'redirectTo'],
    ['reauthenticate', redirectTo, 'redirectTo'],
    ['scheme', dpop, 'dpop'],
    ['scheme', bearer, 'bearer'],
    ['store', indexedDbStore, 'indexedDbStore'],
  ])('%s: %o', (option, factory, name) => {
    expect(create({ baseUrl, [option]: factory })).toBe(`\`${option}\`: call the function: \`${name}(…)\``)
  })

  test('and a function of the app’s own is none, whatever its name', () => {
    const oauthRefreshOfOurs = async () => null
    expect(create({ baseUrl, refresh: oauthRefreshOfOurs, onLoginRequired: () => {} })).toBe('accepted in silence')
  })
})

describe('an option by another name is told its name here', () => {
  test.each([
    ['onUnauthorized', 'onLoginRequired'],
    ['onTokenExpired', 'onLoginRequired'],
    ['onLoginrequired', 'onLoginRequired'],
    ['onloginrequired', 'onLoginRequired'],
    ['storage', 'store'],
    ['Store', 'store'],
    ['refreshUrl', 'refresh'],
    ['refreshURL', 'refresh'],
    ['refreshToken', 'refresh'],
    ['token', 'session.signIn(…)'],
    ['accessToken', 'session.signIn(…)'],
    ['getToken', 'session.signIn(…)'],
    ['baseURL', 'baseUrl'],
    ['baseurl', 'baseUrl'],
    ['trustedorigins', 'trustedOrigins'],
    ['withCredentials', "credentials: 'include'"],
  ])('%s: write %s', (name, right) => {
    expect(create({ [name]: 'x' })).toBe(`\`${name}\`: write \`${right}\``)
    expect(messageOf(() => createAuthenticatedFetch({ [name]: 'x' } as object))).toContain(right)
    expect(messageOf(() => createClient({ baseUrl }).extend({ [name]: 'x' } as object))).toContain(right)
  })

  test('and what is neither ours nor ky’s is left to the fetch that may know it', () => {
    expect(create({ baseUrl, dispatcher: {}, next: { revalidate: 1 }, cf: {} })).toBe('accepted in silence')
  })
})

describe('a base URL without its scheme', () => {
  test.each([
    'api.example.com',
    'api.example.com/v1/',
    'localhost:3000',
    'localhost:3000/api/',
    '192.168.1.5/',
    'bücher.example/',
    'api:8080',
    'api.php/v1/',
  ])('%s is refused, with both ways to mean it', host => {
    vi.stubGlobal('location', { href: 'https://app.test/', origin: 'https://app.test' })
    expect(create({ baseUrl: host })).toBe("`baseUrl`: write an absolute https URL, or './…' for a path of the page")
  })

  test.each(['./api.example.com/', '../v1.2/', '/v1.2/', 'api/v1.2/', '/', '', '?a=b.c'])('%j is a path', path => {
    vi.stubGlobal('location', { href: 'https://app.test/', origin: 'https://app.test' })
    expect(create({ baseUrl: path })).toBe('accepted in silence')
  })
})

describe('an instance for another origin, whose requests go without the token', () => {
  const warn = () => vi.spyOn(console, 'warn').mockImplementation(() => {})

  test('is told on the console when it is made, with both ways out', () => {
    const warned = warn()
    const client = createClient({ baseUrl, trustedOrigins: ['https://files.test'] })
    client.extend({ baseUrl: 'https://other.test/v1/?key=secret' })
    const says = 'latchkey: https://other.test gets no token. Add it to `trustedOrigins`, or write `auth: false`.'
    expect(warned.mock.calls).toEqual([[says]])
    client.create({ baseUrl: 'https://other.test/' })
    expect(warned).toHaveBeenCalledTimes(2)
  })

  test.each([
    {},
    { baseUrl: 'https://api.test/deeper/' },
    { baseUrl: 'https://files.test/' },
    { baseUrl: 'https://other.test/', auth: false } as const,
    { baseUrl: './relative/' },
  ])('is not meant by %o', options => {
    const warned = warn()
    createClient({ baseUrl, trustedOrigins: ['https://files.test'] }).extend(options)
    expect(warned).not.toHaveBeenCalled()
  })
})

test.each(['https://api.test/', null, 5])('options that are %o are told to be an object', options => {
  expect(create(options)).toBe("`options`: write `{ baseUrl: 'https://api.example.com/' }`")
})

test('oauthRefresh without options names the first that is missing', () => {
  expect(messageOf(() => oauthRefresh(undefined as never))).toContain('`tokenEndpoint`')
})

describe('a name that is nearly an option’s, and a value that was not awaited', () => {
  test.each([
    ['onLoginRequire', 'onLoginRequired'],
    ['trustedOrigin', 'trustedOrigins'],
    ['limit', 'limits'],
    ['sessionname', 'sessionName'],
  ])('%s is told to be %s', (wrong, right) => {
    expect(create({ baseUrl, [wrong]: () => {} })).toBe(`\`${wrong}\`: write \`${right}\``)
  })

  test.each(['retry', 'timeout', 'context', 'referrer', 'priority', 'window', 'next', 'dispatcher'])(
    '%s, which ky or fetch reads, is accepted',
    name => {
      expect(create({ baseUrl, [name]: undefined })).toBe('accepted in silence')
    },
  )

  test.each([
    ['a Promise', async () => ({ accessToken: 'a' }), 'a Promise: write `await`'],
    ['a Response', () => Response.json({ accessToken: 'a' }), 'a Response: write `await response.json()`'],
  ])('signIn says what to write for %s', async (_, make, instead) => {
    const { session } = createClient({ baseUrl })
    await expect(Promise.resolve().then(() => session.signIn(make() as never))).rejects.toThrow(instead)
  })

  test('expires_at alone is told to be a duration', async () => {
    const { session } = createClient({ baseUrl })
    const input = { access_token: 'a', expires_at: 1 }
    await expect(Promise.resolve().then(() => session.signIn(input))).rejects.toThrow('write `expiresInSeconds`')
  })

  test('patience may be none, and what it may not be says so', () => {
    expect(create({ baseUrl, limits: { patienceMs: -1 } })).toBe('`limits.patienceMs`: write 0 or a number over it')
  })
})
