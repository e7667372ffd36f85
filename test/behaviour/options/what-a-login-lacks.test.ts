import type { createClient } from 'latchkey'
import type { oauthRefresh } from 'latchkey/oauth'
import { afterEach, beforeEach, describe, expect, type MockInstance, onTestFinished, test, vi } from 'vitest'

// The warnings are given once on a page: each test has the library anew.
let warn: MockInstance<typeof console.warn>
beforeEach(() => {
  vi.resetModules()
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.restoreAllMocks())

const load = async () => {
  const [{ createClient: create }, { oauthRefresh: refresh }] = await Promise.all([
    import('latchkey'),
    import('latchkey/oauth'),
  ])
  return { create: create as typeof createClient, refresh: refresh as typeof oauthRefresh }
}
const endpoint = { tokenEndpoint: 'https://id.test/token', clientId: 'spa' }

/** A client whose server answers each token request with `answer`, and each request of the API with `status`. */
const open = async (answer: object = {}, status = 200) => {
  const { create, refresh } = await load()
  const sent: string[] = []
  const client = create({
    baseUrl: 'https://api.test/',
    refresh: refresh(endpoint),
    retry: 0,
    fetch: async input => {
      const { url } = input as Request
      sent.push(String(url ?? input))
      return `${url ?? input}`.includes('id.test') ? Response.json(answer) : new Response('', { status })
    },
  })
  onTestFinished(client.dispose)
  return { client, sent }
}

describe('A sign-in without a refresh token, where a strategy needs one', () => {
  test('is warned of once', async () => {
    const { client } = await open()
    await client.session.signIn({ access_token: 'one', subject: 'ann' })
    await client.session.signIn({ access_token: 'two', subject: 'ben' })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('`signIn` was given no refresh token')]])
  })

  test('is not warned of where the session has one, or no refresh needs one', async () => {
    const { client } = await open()
    await client.session.signIn({ access_token: 'one', refresh_token: 'r', subject: 'ann' })
    await client.session.signIn({ access_token: 'two', subject: 'ann' })
    const { create } = await load()
    const other = create({ baseUrl: 'https://api.test/', refresh: async () => null })
    onTestFinished(other.dispose)
    await other.session.signIn({ access_token: 'one' })
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('A sign-in with a cookie, where no refresh uses one', () => {
  const says = expect.stringContaining('`signIn({ cookie: true })` without `refresh: cookieSession({ … })`')

  test('is warned of once, without `refresh` and with `oauthRefresh`', async () => {
    const { client } = await open()
    await client.session.signIn({ cookie: true, subject: 'ann' })
    await client.session.signIn({ cookie: true, subject: 'ben' })
    expect(warn.mock.calls).toEqual([[says]])
    warn.mockClear()
    vi.resetModules()
    const { create } = await load()
    const plain = create({ baseUrl: 'https://api.test/' })
    onTestFinished(plain.dispose)
    await plain.session.signIn({ cookie: true })
    expect(warn.mock.calls).toEqual([[says]])
  })

  test('is not warned of where a cookie strategy or a function of the app may use it', async () => {
    const { create } = await load()
    const { cookieSession } = await import('latchkey')
    const fetch = async () => Response.json({ sub: 'ann' })
    for (const refresh of [cookieSession({ url: '/me', signOutUrl: false }), async () => ({ cookie: true }) as const]) {
      const client = create({ baseUrl: 'https://api.test/', refresh, fetch })
      onTestFinished(client.dispose)
      await client.session.signIn({ cookie: true, subject: 'ann' })
    }
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('A lifetime that is none', () => {
  const nextYear = Math.round(Date.now() / 1000) + 31_536_000

  test.each([
    ['0', 0],
    ['negative', -300],
    ['a date in seconds', nextYear],
    ['a date in milliseconds', nextYear * 1000],
    ['more than ten years', 320_000_001],
    ['a text that is no number', 'never'],
    ['infinite', Number.POSITIVE_INFINITY],
    ['not a number', Number.NaN],
    ['an object', {}],
  ])('that is %s is warned of once; the user stays signed in, and the token is used', async (_name, expiresIn) => {
    const { client, sent } = await open()
    const tokens = { access_token: 'a', refresh_token: 'r', expires_in: expiresIn as number }
    await client.session.signIn({ ...tokens, subject: 'ann' })
    await client.session.signIn({ ...tokens, access_token: 'b', subject: 'ben' })
    await client.get('me')
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', accessTokenExpiresAtMs: null })
    expect(sent).toEqual(['https://api.test/me'])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('`expires_in` is no lifetime in seconds')]])
  })

  test.each([
    ['missing', undefined],
    ['null', null],
    ['a number', 300],
    ['a text with a number', '300'],
    ['short', 0.5],
    ['ten years', 315_360_000],
  ])('is not warned of where it is %s', async (_name, expiresIn) => {
    const { client } = await open()
    await client.session.signIn({ access_token: 'a', refresh_token: 'r', expires_in: expiresIn ?? null })
    expect(warn).not.toHaveBeenCalled()
  })
})

test('A token response without a type is an unreadable response, which is not asked for again, and ends no session', async () => {
  const { client, sent } = await open({ access_token: 'newer', expires_in: 300 }, 401)
  await client.session.signIn({ access_token: 'a', refresh_token: 'r' })
  const error = await client.get('me').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'refresh-unavailable',
    reason: 'unreadable-response',
    message: expect.stringContaining('no token_type'),
  })
  expect(sent.filter(url => url.includes('id.test'))).toHaveLength(1)
  expect(client.session.status).toBe('signed-in')
})
