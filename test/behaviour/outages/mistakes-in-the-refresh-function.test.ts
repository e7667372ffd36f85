import { createClient, type RefreshContext } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

const start = async (refresh: (context: RefreshContext) => Promise<never>, accessToken = 'an-access-token') => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const tries = vi.fn(refresh)
  const client = createClient({
    baseUrl: 'https://api.test/',
    refresh: tries,
    retry: 0,
    fetch: async () => new Response('', { status: 401 }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken, refreshToken: 'r' })
  const ask = () => client.get('me').catch((error: { readonly reason: string; readonly message: string }) => error)
  return { client, ask, told, tries }
}

const mistakes: readonly (readonly [string, () => unknown])[] = [
  ['a member of undefined', () => (undefined as unknown as { token: string }).token],
  ['a call of what is no function', () => (1 as unknown as () => void)()],
  ['a name that is not there', () => (globalThis as never as Record<string, unknown>)['nothing'] ?? missing()],
]
const missing = (): never => {
  throw new ReferenceError('thing is not defined')
}

describe('a mistake in the app’s own refresh', () => {
  test.each(mistakes)(
    'is shown on the console once, with its stack, and is not called a network error: %s',
    async (_name, run) => {
      const { ask, told, tries } = await start(async () => run() as never)
      expect(await ask()).toMatchObject({ code: 'refresh-unavailable', reason: 'invalid-refresh' })
      expect(tries).toHaveBeenCalledTimes(1)
      await ask()
      expect(told).toHaveBeenCalledTimes(1)
      expect(told.mock.calls[0]?.[0]).toBeInstanceOf(Error)
    },
  )

  test('that returns the Response itself says what to write, and is not tried again', async () => {
    const { ask, tries } = await start(async () => Response.json({ accessToken: 'newer' }) as never)
    expect(await ask()).toMatchObject({
      code: 'refresh-unavailable',
      reason: 'invalid-refresh',
      message: expect.stringContaining('a Response: write `await response.json()`'),
    })
    expect(tries).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['no URL', undefined, undefined, 'its URL is undefined'],
    ['an empty URL', '', undefined, 'its URL is undefined, or no URL'],
    ['what is no URL', 'https://', undefined, 'its URL is undefined, or no URL'],
    ['JSON that it made itself', 'auth', '{"refreshToken":"r"}', 'its body is not an object'],
    ['FormData', 'auth', new FormData(), 'its body is not an object'],
  ])('that calls post with %s sends nothing, and ends no session', async (_name, target, body, message) => {
    const { ask, client, told, tries } = await start(
      async ({ post }) => (await post(target as string, body as object)) as never,
    )
    expect(await ask()).toMatchObject({ reason: 'invalid-refresh', message: expect.stringContaining(message) })
    expect(told).toHaveBeenCalledTimes(1)
    expect(tries).toHaveBeenCalledTimes(1)
    expect(client.session.status).toBe('signed-in')
  })

  test.each(['Failed to fetch', 'fetch failed', 'Load failed', 'NetworkError when attempting to fetch resource.'])(
    'is not confused with what fetch throws without a network: %s',
    async message => {
      const { client, told } = await start(async () => {
        throw new TypeError(message)
      })
      const controller = new AbortController()
      const asked = client.get('me', { signal: controller.signal }).catch(() => 'left')
      await vi.waitFor(() => expect(told).not.toHaveBeenCalled())
      controller.abort()
      expect(await asked).toBe('left')
    },
  )

  test('keeps its words in the message, though the token is a single letter', async () => {
    const { ask } = await start(async () => {
      throw Object.assign(new Error('cannot read a value at all'), { status: 404 })
    }, 'a')
    expect(await ask()).toMatchObject({ message: expect.stringContaining('cannot read a value at all') })
  })
})

test('a 400 without an OAuth error says that null means that the session is over', async () => {
  const { ask } = await start(async () => {
    throw Object.assign(new Error('Bad Request'), { status: 400 })
  })
  expect(await ask()).toMatchObject({ reason: 'status', message: expect.stringContaining('return null') })
})

test('`refreshed` is not emitted if the access token is the same as before', async () => {
  const client = createClient({
    baseUrl: 'https://api.test/',
    refresh: async () => ({ accessToken: 'cached' }),
    retry: 0,
    fetch: async () => new Response(),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'cached' })
  const told = vi.fn()
  client.session.on('refreshed', told)
  await client.session.refresh()
  expect(told).not.toHaveBeenCalled()
})
