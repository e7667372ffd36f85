import { readFileSync } from 'node:fs'
import { ConfigurationError, createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { afterEach, beforeEach, describe, expect, type MockInstance, onTestFinished, test, vi } from 'vitest'

const baseUrl = 'https://api.test/'

let warn: MockInstance<typeof console.warn>
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.unstubAllGlobals())

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}
const create = (options: object) => messageOf(() => createClient({ baseUrl, ...options }))

/** A client over the page's own `fetch`, which is replaced. */
const open = () => {
  const sent = vi.fn(async () => new Response('[]'))
  vi.stubGlobal('fetch', sent)
  const client = createClient({ baseUrl, retry: 0 })
  onTestFinished(client.dispose)
  return { client, sent }
}
const reasonOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => 'sent',
    (error: Error) => `${error.name}: ${error.message}`,
  )

test('createAuthenticatedFetch, which has no defaults of requests, names `sendHeaders` for `headers`', () => {
  const headers = { 'x-api-version': '2' }
  expect(messageOf(() => createAuthenticatedFetch({ baseUrl, headers } as object))).toBe(
    '`headers`: write `sendHeaders: () => ({ … })`',
  )
  expect(create({ headers })).toBe('accepted')
})

describe('A name that belongs elsewhere is refused, and the place is said', () => {
  test.each([
    ['patienceMs', 'limits: { patienceMs: … }'],
    ['leeway', 'limits: { leewayMs: … }'],
    ['refresh_timeout_ms', 'limits: { refreshTimeoutMs: … }'],
    ['tokenEndpoint', 'refresh: oauthRefresh({ … })'],
    ['token_endpoint', 'refresh: oauthRefresh({ … })'],
    ['client_id', 'refresh: oauthRefresh({ … })'],
    ['signOutUrl', 'refresh: cookieRefresh({ … })'],
    ['base_url', 'baseUrl'],
    ['session_name', 'sessionName'],
    ['onLoginRequried', 'onLoginRequired'],
    ['shouldRefrsh', 'shouldRefresh'],
  ])('%s: write %s', (name, right) => {
    expect(create({ [name]: 'x' })).toBe(`\`${name}\`: write \`${right}\``)
    expect(messageOf(() => createAuthenticatedFetch({ [name]: 'x' } as object))).toBe(`\`${name}\`: write \`${right}\``)
  })

  test.each([
    ['header', 'headers'],
    ['timout', 'timeout'],
    ['searchParam', 'searchParams'],
    ['throw_http_errors', 'throwHttpErrors'],
    ['params', 'searchParams'],
    ['data', 'json'],
  ])('also where ky reads it: %s: write %s', (name, right) => {
    expect(create({ [name]: 'x' })).toBe(`\`${name}\`: write \`${right}\``)
  })

  test('an option of ky is refused where there is no ky', () => {
    expect(messageOf(() => createAuthenticatedFetch({ baseUrl, timeout: 5 } as object))).toContain(
      '`timeout`: write one',
    )
    expect(messageOf(() => createAuthenticatedFetch({ baseUrl, constructor: 5 } as object))).toContain('write one of')
  })
})

describe('A name that is like none', () => {
  test('is warned of once, since `fetch` may know it', () => {
    expect(create({ wholeheartedly: true })).toBe('accepted')
    expect(create({ wholeheartedly: true })).toBe('accepted')
    expect(warn.mock.calls).toEqual([
      ['latchkey: `wholeheartedly` is no option of latchkey or ky. It is only passed to `fetch`.'],
    ])
  })

  test('is the app’s own where `fetch` is, and is not warned of', () => {
    expect(create({ traceName: 'x', fetch: async () => new Response() })).toBe('accepted')
    expect(warn).not.toHaveBeenCalled()
  })

  test.each(['privateToken', 'targetAddressSpace', 'proxy', 'tls', 'verbose', 'unix', 'client', 'browsingTopics'])(
    '%s, which some fetch reads, is not taken for another',
    name => {
      expect(create({ [name]: {} })).toBe('accepted')
    },
  )

  test('reaches `fetch`', async () => {
    const { client, sent } = open()
    await client.get('a', { someday: 1 } as object)
    expect(sent).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ someday: 1 }))
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

test('All names that ky reads are accepted, by ky’s own list', () => {
  const source = readFileSync(
    new URL(import.meta.resolve('ky')).pathname.replace('index.js', 'core/constants.js'),
    'utf8',
  )
  const lists = /export const kyOptionKeys = \{.*?\};.*?export const requestOptionsRegistry = \{.*?\};/s.exec(
    source,
  )?.[0]
  const names = [...(lists ?? '').matchAll(/^ {4}(\w+): true/gm)].map(([, name]) => String(name))
  expect(names.length).toBeGreaterThan(25)
  const values = { context: {}, headers: {}, hooks: {}, searchParams: {}, baseUrl, prefix: '/v1' }
  expect(create({ ...Object.fromEntries(names.map(name => [name, 0])), ...values })).toBe('accepted')
  expect(warn).not.toHaveBeenCalled()
})

describe('The options of one request', () => {
  test.each([
    [{ auth: 'none' }, "`auth`: write true, false or 'optional'"],
    [{ auth: null }, "`auth`: write true, false or 'optional'"],
    [{ replay: 'x' }, '`replay`: write true, false or a function that makes the body'],
    [{ Auth: false }, '`Auth`: write `auth`'],
    [{ replays: false }, '`replays`: write `replay`'],
    [{ params: { a: 1 } }, '`params`: write `searchParams`'],
    [{ data: { a: 1 } }, '`data`: write `json`'],
    [{ withCredentials: true }, "`withCredentials`: write `credentials: 'include'`"],
    [{ refresh: async () => null }, '`refresh`: belongs to createClient: instances share one session'],
    [{ limits: {} }, '`limits`: belongs to createClient: instances share one session'],
  ])('%o are refused, and nothing is sent', async (options, message) => {
    const { client, sent } = open()
    expect(await reasonOf(client.get('a', options as object))).toBe(`ConfigurationError: ${message}`)
    expect(await reasonOf(client('a', { method: 'PUT', ...options } as object))).toBe(`ConfigurationError: ${message}`)
    expect(sent).not.toHaveBeenCalled()
  })

  test.each([{ auth: 'none' }, { replay: 'x' }, { auth: 0 }])('%o are refused by `client.fetch`, too', async init => {
    const { client, sent } = open()
    expect(await reasonOf(client.fetch(`${baseUrl}a`, init as object))).toMatch(/^ConfigurationError: `(auth|replay)`/)
    expect(sent).not.toHaveBeenCalled()
  })

  test('other names in the init of `client.fetch` are left alone, as `fetch` leaves them', async () => {
    const { client, sent } = open()
    const init = { params: { a: 1 }, Auth: false, limits: {} }
    expect(await reasonOf(client.fetch(`${baseUrl}a`, init as object))).toBe('sent')
    expect(sent).toHaveBeenCalledTimes(1)
    expect(warn).not.toHaveBeenCalled()
  })
})
