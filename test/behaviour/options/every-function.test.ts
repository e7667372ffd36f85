import {
  bearer,
  ConfigurationError,
  cookieRefresh,
  cookieSession,
  createClient,
  indexedDbStore,
  redirectTo,
  sharedMemoryStore,
  webStorageStore,
} from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { explainUnauthorized } from 'latchkey/explain'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { oauthRefresh } from 'latchkey/oauth'
import { openTelemetry, userTiming } from 'latchkey/observe'
import { createFakeServer, createStorageState, createTestClient, endSession, resetClient } from 'latchkey/testing'
import { followShell, shellLogin, shellRefresh } from 'latchkey/webview'
import { describe, expect, test, vi } from 'vitest'

const baseUrl = 'https://api.test/'
const oauth = { tokenEndpoint: 'https://id.test/token', clientId: 'spa' }
const cookie = { url: '/renew', signOutUrl: '/logout' }
const client = createClient({ baseUrl })

type Call = (options: never) => unknown

/** Every public function that takes options, with right options, and its options each with a value of the wrong type. */
const functions: readonly (readonly [name: string, call: Call, right: object, wrong: object])[] = [
  ['createAuthenticatedFetch', createAuthenticatedFetch as Call, { baseUrl }, { sessionName: 5, limits: 1, store: {} }],
  [
    'oauthRefresh',
    oauthRefresh as Call,
    oauth,
    { tokenEndpoint: 5, clientId: '', scope: ['a'], resource: 5, parameters: 'a=b', revocationEndpoint: 5 },
  ],
  [
    'cookieRefresh',
    cookieRefresh as Call,
    cookie,
    { url: 5, signOutUrl: true, headers: 5, credentials: 'yes', isSignedOut: 419, read: 'user' },
  ],
  ['cookieSession', cookieSession as Call, cookie, { url: '', signOutUrl: null, method: 'PUT', read: 'user' }],
  ['bearer', bearer as Call, {}, { header: 5, prefix: 'Token ' }],
  ['dpop', dpop as Call, {}, { algorithm: 'RS256' }],
  ['indexedDbStore', indexedDbStore as Call, {}, { databaseName: 5 }],
  ['sharedMemoryStore', sharedMemoryStore as Call, { worker: () => {} }, { worker: '/worker.js' }],
  ['redirectTo', ((options: never) => redirectTo('/login', options)) as Call, {}, { param: 5 }],
  ['shellRefresh', shellRefresh as Call, {}, { name: 5, bridge: () => {} }],
  ['shellLogin', shellLogin as Call, {}, { name: '', bridge: {} }],
  ['followShell', ((options: never) => followShell(client, options)) as Call, {}, { bridge: 'latchkey' }],
  [
    'explainUnauthorized',
    ((options: never) => explainUnauthorized(client, options)()) as Call,
    {},
    { tell: console, includeRefreshed: 'yes', probe: 0 },
  ],
  [
    'createFakeServer',
    createFakeServer as Call,
    {},
    { origin: 'api.test', tokenPath: 'token', accessTokenSeconds: '300', reuseIntervalMs: -1, opaque: 1 },
  ],
]

const complaintOf = (call: Call, options: unknown): Pick<ConfigurationError, 'option' | 'message'> | string => {
  try {
    call(options as never)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return { option: error.option, message: error.message }
  }
  return 'accepted'
}

describe.each(functions)('%s', (_name, call, right, wrong) => {
  test('accepts right options', () => {
    expect(complaintOf(call, right)).toBe('accepted')
  })

  test.each(Object.entries(wrong))('refuses a wrong `%s`, and says what to write', (option, value) => {
    expect(complaintOf(call, { ...right, [option]: value })).toEqual({
      option,
      message: expect.stringMatching(/^`\w+`: (write|call) /),
    })
  })

  test('refuses a name that it does not know, and lists those that it knows', () => {
    const complaint = { option: 'wholeheartedly', message: expect.stringContaining('write one of ') }
    expect(complaintOf(call, { ...right, wholeheartedly: true })).toEqual(complaint)
  })

  test.each(Object.keys({ ...right, ...wrong }))('refuses `%s` in the spelling of OAuth, and says its name', option => {
    const spelt = option.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    const wrongly = spelt === option ? `${option}_` : spelt
    expect(complaintOf(call, { ...right, [wrongly]: 'x' })).toEqual({
      option: wrongly,
      message: `\`${wrongly}\`: write \`${option}\``,
    })
  })

  test.each(['text', 5, ['a list']])('refuses %o in place of options', options => {
    expect(complaintOf(call, options)).toEqual({ option: 'options', message: expect.stringContaining('write ') })
  })
})

describe('A client that is none', () => {
  const takers: readonly (readonly [string, (given: never) => unknown])[] = [
    ['followShell', given => followShell(given)],
    ['explainUnauthorized', given => explainUnauthorized(given)],
    ['openTelemetry', given => openTelemetry({ startSpan: () => {} } as never).observe(given)],
    ['userTiming', given => userTiming().observe(given)],
    ['endSession', given => endSession(given)],
    ['resetClient', given => resetClient(given)],
  ]
  const notClients: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['its session', client.session],
    ['a promise of it', Promise.resolve(client)],
    ['the function that makes it', createClient],
  ]

  test.each(takers.flatMap(([name, take]) => notClients.map(([what, given]) => [name, what, take, given] as const)))(
    '%s refuses %s',
    async (_name, _what, take, given) => {
      const taking = Promise.resolve().then(() => take(given as never))
      await expect(taking).rejects.toThrow('`client`: write what `createClient` returned')
    },
  )
})

describe('Arguments that are not options', () => {
  test.each([
    ['redirectTo()', () => redirectTo(undefined as never), '`path`: write where your login page is'],
    ["redirectTo('')", () => redirectTo(''), '`path`: write where your login page is'],
    ['redirectTo of a function', () => redirectTo((() => '/login') as never), '`path`: write where'],
    ['redirectTo of a host without https', () => redirectTo('id.example.com/login'), '`path`: write where'],
    ['redirectTo of a script', () => redirectTo('javascript:login()'), '`path`: write where'],
    ['redirectTo of what is no URL', () => redirectTo('https://'), '`path`: write where'],
    ['webStorageStore of a storage', () => (webStorageStore as Call)({} as never), '`webStorageStore()`'],
    ['openTelemetry of a provider', () => openTelemetry({} as never), "`tracer`: write `trace.getTracer('my-app')`"],
    ['createTestClient of options', () => createTestClient({} as never), '`state`: write one of signed-in, expired'],
    ['createStorageState of nothing', () => createStorageState(undefined as never), '`origin`: write the origin'],
    [
      'createStorageState without tokens',
      () => createStorageState({ origin: 'http://localhost:5173' } as never),
      '`tokens`: write what a login returned',
    ],
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(message)
  })

  test('a reason for which no session ends', async () => {
    const ending = endSession(createTestClient('signed-out'), 'logged-out' as never)
    await expect(ending).rejects.toThrow('`reason`: write one of signed-out, refresh-rejected')
  })

  test('a login page of another origin is right: it may be that of your identity provider', () => {
    expect(() => redirectTo('https://id.example.com/login')).not.toThrow()
    expect(() => redirectTo(new URL('https://id.example.com/login'))).not.toThrow()
    expect(() => redirectTo('./login.html')).not.toThrow()
  })
})

describe('A function that makes an option’s value, passed without calling it', () => {
  test('is refused where a shell asks for the login', () => {
    expect(() => createClient({ baseUrl, reauthenticate: shellLogin as never })).toThrow(
      '`reauthenticate`: call the function: `shellLogin(…)`',
    )
  })

  test('is refused where tokens are stored in a worker', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(() => createClient({ baseUrl, store: sharedMemoryStore as never })).toThrow(
      '`store`: call the function: `sharedMemoryStore(…)`',
    )
  })
})
