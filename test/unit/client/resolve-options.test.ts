import { ConfigurationError, createClient, indexedDbStore, memoryStore } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'

const base = { baseUrl: 'https://api.test/' }

const create = (options: object) => {
  const client = createClient(options as ClientOptions)
  onTestFinished(client.dispose)
  return client
}

/** The option that is blamed, and what is said of it. */
const complaint = (run: () => unknown): readonly [string | null, string] => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return [error.option, error.message]
    throw error
  }
  throw new Error('It was accepted')
}

/** Whoever reads the message finds the option's name in it, and what to write. */
const wrong: readonly (readonly [option: string, options: object, instead: RegExp])[] = [
  ...[null, 'auth/refresh', 5, true, {}, [], { refresh: 'x' }].map(
    refresh => ['refresh', { refresh }, /async function|cookieRefresh/] as const,
  ),
  ...[null, '/login', 5, {}].map(onLoginRequired => ['onLoginRequired', { onLoginRequired }, /redirectTo/] as const),
  ...[null, '/login', 5, {}].map(reauthenticate => ['reauthenticate', { reauthenticate }, /async function/] as const),
  ...[null, 419, [419, 440], true].map(
    shouldRefresh => ['shouldRefresh', { shouldRefresh }, /status === 419/] as const,
  ),
  ...[
    null,
    'localStorage',
    5,
    {},
    { get() {}, set() {} },
    { getItem() {} },
    { setItem() {} },
    { compareAndSet() {} },
  ].map(store => ['store', { store }, /indexedDbStore\(\)/] as const),
  ...[null, '', 5, {}].map(sessionName => ['sessionName', { sessionName }, /write a string/] as const),
  ...[null, 'https://a.test', {}, new Set(['https://a.test'])].map(
    trustedOrigins => ['trustedOrigins', { trustedOrigins }, /\['https:/] as const,
  ),
  ...[
    null,
    5,
    '',
    'a.test',
    '/x',
    'https://',
    'https://a.test/x',
    'https://a.test?x',
    'https://a.test#x',
    'file:///x',
    'null',
    'app://x',
  ].map(origin => ['trustedOrigins[0]', { trustedOrigins: [origin] }, /https:\/\//] as const),
  ['trustedOrigins[1]', { trustedOrigins: ['https://a.test', 'https://*.test'] }, /wildcards/],
  ['trustedOrigins[0]', { trustedOrigins: ['http://a.test'] }, /use https/],
  ['trustedOrigins[0]', { trustedOrigins: ['https://a:b@a.test'] }, /https:\/\/a\.test/],
  ...[null, 'bearer', 'Bearer', 5, {}, { name: 'Bearer' }].map(scheme => ['scheme', { scheme }, /bearer\(\)/] as const),
  ...[null, 'never', true, ''].map(whenOffline => ['whenOffline', { whenOffline }, /'fail' or 'wait'/] as const),
  ...[null, 5, 'x', true, []].map(limits => ['limits', { limits }, /\{ leewayMs: 30_000 \}/] as const),
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '30000', null, true, {}].map(
    leewayMs => ['limits.leewayMs', { limits: { leewayMs } }, /number over 0/] as const,
  ),
  ['limits.refreshTimeoutMs', { limits: { refreshTimeoutMs: '10000' } }, /number/],
  ['limits.unhelpfulRefreshes', { limits: { unhelpfulRefreshes: 0 } }, /number/],
  ['limits.unhelpfulWindowMs', { limits: { unhelpfulWindowMs: -1 } }, /number/],
  ['limits.reuseIntervalMs', { limits: { reuseIntervalMs: Number.NaN } }, /number/],
  ['limits.leeway', { limits: { leeway: 30 } }, /leewayMs/],
  ['limits.exchangeTimeoutMs', { limits: { exchangeTimeoutMs: 1 } }, /write one of refreshTimeoutMs, leewayMs, /],
  ...[5, {}, true, [], 'https://', 'https://[', 'file:///x', 'capacitor://localhost', 'app://x', 'data:,x'].map(
    baseUrl => ['baseUrl', { baseUrl }, /absolute https URL/] as const,
  ),
  ['prefixUrl', { prefixUrl: 'https://api.test' }, /`baseUrl` or `prefix`/],
  ['baseURL', { baseURL: 'https://api.test' }, /`baseUrl`/],
  ['withCredentials', { withCredentials: true }, /credentials: 'include'/],
  ['headers.Authorization', { headers: { Authorization: 'Bearer x' } }, /session\.signIn/],
  ['headers.Authorization', { headers: { AUTHORIZATION: 'Bearer x' } }, /session\.signIn/],
  ['headers.Authorization', { headers: [['authorization', 'x']] }, /session\.signIn/],
  ['headers.Authorization', { headers: new Headers({ authorization: 'x' }) }, /session\.signIn/],
  ...[null, 'none', 'false', 0, {}].map(auth => ['auth', { auth }, /true, false or 'optional'/] as const),
  ...[null, 'no', 0, {}].map(replay => ['replay', { replay }, /true, false or a function/] as const),
]

describe('a wrong option fails at createClient, with its name and what to write instead', () => {
  test.each(wrong)('%s: %o', (option, options, instead) => {
    const [blamed, message] = complaint(() => create({ ...base, ...options }))
    expect(blamed).toBe(option)
    expect(message).toMatch(instead)
    expect(message).toContain(`\`${option}\``)
  })

  test.each(wrong.filter(([option]) => !/prefixUrl|headers|auth|replay/.test(option)))(
    'at createAuthenticatedFetch too. %s: %o',
    (option, options) => {
      expect(complaint(() => createAuthenticatedFetch({ ...base, ...options }))[0]).toBe(option)
    },
  )

  test('sessionStorage, in which a duplicated tab holds the same refresh token twice (RT-14)', () => {
    const storage = { getItem: () => null, setItem: () => {} }
    vi.stubGlobal('sessionStorage', storage)
    expect(complaint(() => create({ ...base, store: storage }))).toEqual([
      'store',
      expect.stringContaining('duplicated tab'),
    ])
  })

  test('an error says nothing of the value (HY-01)', () => {
    for (const [, options] of wrong) {
      const [, message] = complaint(() => create({ ...base, ...options }))
      expect(message).not.toMatch(/Bearer x|a:b@/)
    }
  })
})

describe('a right option is taken', () => {
  test.each([
    {},
    { refresh: undefined, onLoginRequired: undefined, reauthenticate: undefined, shouldRefresh: undefined },
    { store: undefined, sessionName: undefined, trustedOrigins: undefined, scheme: undefined, whenOffline: undefined },
    { limits: undefined },
    { limits: {} },
    { limits: { leewayMs: undefined } },
    {
      limits: { leewayMs: 1, unhelpfulRefreshes: 1, unhelpfulWindowMs: 1, reuseIntervalMs: 1, refreshTimeoutMs: 1 },
    },
    { refresh: async () => null },
    { refresh: { refresh: async () => null } },
    { trustedOrigins: [] },
    { trustedOrigins: ['https://a.test', new URL('https://b.test/'), 'http://localhost:3000', 'https://a.test/'] },
    { store: memoryStore() },
    { store: indexedDbStore() },
    { store: { getItem: () => null, setItem: () => {} } },
    { whenOffline: 'wait' },
    { auth: 'optional', replay: false },
    { replay: () => 'body' },
    { headers: { 'X-Own': 'x', Accept: undefined } },
    { baseUrl: undefined },
    { baseUrl: new URL('https://api.test') },
    { baseUrl: 'http://127.0.0.1:3000' },
    { baseUrl: 'https://api.test', prefix: '/v1' },
    { prefix: 'https://api.test/v1' },
  ])('%o', options => {
    expect(() => create({ ...base, ...options })).not.toThrow()
    expect(() => create(options)).not.toThrow()
  })

  test('and left as it was: the caller’s objects are not changed, and changing them later changes nothing', async () => {
    const limits = { leewayMs: 5 }
    const trustedOrigins = ['https://a.test']
    const options = { ...base, limits, trustedOrigins }
    const before = JSON.stringify(options)
    const sent: (string | null)[] = []
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      sent.push(new Request(input, init).headers.get('authorization'))
      return new Response()
    }
    const client = create({ ...options, fetch })
    expect(JSON.stringify(options)).toBe(before)
    trustedOrigins.push('https://evil.test')
    await client.session.signIn({ accessToken: 'token' })
    await client.fetch('https://evil.test/')
    await client.fetch('https://a.test/')
    expect(sent).toEqual([null, 'Bearer token'])
  })
})

describe('a base URL', () => {
  test.each(['/api/', 'api/', './', '../x/', '?x'])('that is relative is fine on a server: %j', baseUrl => {
    expect(() => create({ baseUrl })).not.toThrow()
  })

  test.each([
    'https://api.test/v1',
    'https://api.test/v1?x=/',
    new URL('https://api.test/a/b'),
    '/api',
    'api',
    '../api',
    'https://api.test/v1#/',
  ])('whose last segment would be lost is refused, with the two ways to write it: %s', baseUrl => {
    expect(complaint(() => create({ baseUrl }))).toEqual([
      'baseUrl',
      expect.stringMatching(/end it with a slash, or write it as `prefix`/),
    ])
  })

  test.each(['https://api.test', 'https://api.test?x', new URL('https://api.test'), '/', ''])(
    'that has no path loses none: %j',
    baseUrl => {
      expect(() => create({ baseUrl })).not.toThrow()
    },
  )

  test.each(['file:///android_asset/index.html', 'capacitor://localhost/', 'ionic://localhost/', 'app://x/'])(
    'must be absolute in a page at %s (WV-01)',
    href => {
      vi.stubGlobal('location', { href, origin: 'null' })
      for (const options of [{}, { baseUrl: '/api/' }, { baseUrl: 'api' }]) {
        expect(complaint(() => create(options))).toEqual(['baseUrl', expect.stringContaining('absolute https URL')])
      }
      expect(() => create(base)).not.toThrow()
    },
  )

  test('may be relative, or missing, in a page of the web; the page’s origin is what is trusted', async () => {
    vi.stubGlobal('location', { href: 'https://app.test/todos', origin: 'https://app.test' })
    const sent: (string | null)[] = []
    for (const options of [{}, { baseUrl: '/api/' }]) {
      const client = create({
        ...options,
        fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
          sent.push(new Request(input, init).headers.get('authorization'))
          return new Response()
        },
      })
      await client.session.signIn({ accessToken: 'token' })
      await client.fetch('https://app.test/x')
      await client.fetch('https://api.test/x')
    }
    expect(sent).toEqual(['Bearer token', null, 'Bearer token', null])
  })
})

describe('extend() and create()', () => {
  test.each([
    ['refresh', { refresh: async () => null }],
    ['onLoginRequired', { onLoginRequired: () => {} }],
    ['reauthenticate', { reauthenticate: async () => null }],
    ['shouldRefresh', { shouldRefresh: () => true }],
    ['store', { store: memoryStore() }],
    ['sessionName', { sessionName: 'x' }],
    ['trustedOrigins', { trustedOrigins: ['https://evil.test'] }],
    ['allowInsecureRequests', { allowInsecureRequests: true }],
    ['scheme', { scheme: {} }],
    ['whenOffline', { whenOffline: 'wait' }],
    ['limits', { limits: {} }],
  ])('refuse %s, which belongs to the session that all instances share', (option, options) => {
    const client = create(base)
    const says = [option, expect.stringContaining('createClient')]
    expect(complaint(() => client.extend(options as never))).toEqual(says)
    expect(complaint(() => client.extend(() => options as never))).toEqual(says)
    expect(complaint(() => client.create(options as never))).toEqual(says)
  })

  test.each([
    ['prefixUrl', { prefixUrl: '/x' }],
    ['baseUrl', { baseUrl: 'https://api.test/v1' }],
    ['auth', { auth: 'never' }],
    ['replay', { replay: 'never' }],
  ])('refuse a wrong %s as createClient does', (option, options) => {
    const client = create(base)
    expect(complaint(() => client.extend(options as never))[0]).toBe(option)
    expect(complaint(() => client.create(options as never))[0]).toBe(option)
  })
})

describe('the name of the session', () => {
  const keysOf = async (options: ClientOptions) => {
    const keys = new Set<string>()
    const store = { getItem: (key: string) => void keys.add(key), setItem: () => {} }
    await create({ ...options, store }).session.ready()
    return [...keys]
  }

  const [a, b] = ['https://a.test', 'https://b.test']
  const strategy = (id: string) => ({ refresh: async () => null, id })

  test('is made of the origin of the base URL and of the strategy', async () => {
    expect(await keysOf({ baseUrl: `${a}/v1/`, refresh: strategy('x') })).toEqual([`latchkey:${a} x`])
    expect(await keysOf({ baseUrl: a })).toEqual([`latchkey:${a} `])
    expect(await keysOf({ baseUrl: b })).toEqual([`latchkey:${b} `])
  })

  test('does not depend on the trusted origins', async () => {
    const keys = await keysOf({ baseUrl: b, trustedOrigins: [b, a], refresh: strategy('x') })
    expect(keys).toEqual([`latchkey:${b} x`])
  })

  test('is the one that was given, and no other is looked at', async () => {
    expect(await keysOf({ baseUrl: a, trustedOrigins: [b], sessionName: 'main' })).toEqual(['latchkey:main'])
  })
})
