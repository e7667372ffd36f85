import { createClient, type KeyValueStorage, redirectTo, type Tokens, webStorageStore } from 'latchkey'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import { createDeferred } from '../support/deferred.ts'
import { createNetwork, refusal, type WireSend } from '../support/network.ts'

const origin = window.location.origin
const bearer = 'Bearer access-1'

const start = async (options: ClientOptions = {}, answer?: (send: WireSend) => Response) => {
  const network = createNetwork(answer)
  const client = createClient({ fetch: network.fetch, retry: 0, ...options })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'access-1', refreshToken: 'refresh-1', subject: 'alice' })
  return { client, sends: network.sends }
}

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
  window.history.replaceState(null, '', '/')
})
afterEach(() => {
  document.head.replaceChildren()
})

describe('client.fetch resolves URLs as the page’s own fetch does, and decides by the result (TX-05)', () => {
  test.each([
    ['/x', `${origin}/x`, bearer],
    ['x', `${origin}/todos/x`, bearer],
    ['?x', `${origin}/todos/list?x`, bearer],
    ['', `${origin}/todos/list`, bearer],
    ['//evil.test/x', 'http://evil.test/x', null],
    ['\\\\evil.test/x', 'http://evil.test/x', null],
    ['/\t/evil.test/x', 'http://evil.test/x', null],
    ['\n//evil.test/x', 'http://evil.test/x', null],
    ['.//evil.test/x', `${origin}/todos//evil.test/x`, bearer],
  ])('%j from /todos/list', async (input, url, authorization) => {
    window.history.replaceState(null, '', '/todos/list')
    const sent: unknown[] = []
    const client = createClient({
      // The runtime's own Request knows of no page.
      fetch: async given => {
        const { url: resolved, headers } = given as Request
        sent.push([resolved, headers.get('authorization')])
        return new Response()
      },
    })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'access-1' })
    await client.fetch(input)
    expect(sent).toEqual([[url, authorization]])
  })

  test('a page that navigates while a request waits does not change its URL', async () => {
    const newer = createDeferred<Tokens>()
    const { client, sends } = await start({ refresh: () => newer.promise }, ({ authorization }) =>
      authorization === bearer ? refusal() : new Response(),
    )
    window.history.replaceState(null, '', '/todos/list')
    const waiting = client.fetch('mine')
    await vi.waitFor(() => expect(sends).toHaveLength(1))
    window.history.pushState(null, '', '/settings/other/')
    newer.resolve({ accessToken: 'access-2', subject: 'alice' })
    await waiting
    expect(sends.map(({ url }) => url.pathname)).toEqual(['/todos/mine', '/todos/mine'])
  })
})

describe('a <base> that was injected into the page', () => {
  const inject = () => {
    document.head.innerHTML = '<base href="https://evil.test/">'
  }

  test.each([undefined, '/api/', 'api/', '.'])('leads requests away, but not the token: baseUrl %j', async baseUrl => {
    inject()
    const { client, sends } = await start(baseUrl === undefined ? {} : { baseUrl })
    await client.fetch(new URL('x', document.baseURI))
    await client.fetch(`${origin}/x`)
    expect(sends.map(({ url, authorization }) => [url.origin, authorization])).toEqual([
      ['https://evil.test', null],
      [origin, bearer],
    ])
  })

  test.each([undefined, '/api/', 'api/', '.'])('gets no refresh token either: baseUrl %j', async baseUrl => {
    inject()
    const { client, sends } = await start(
      {
        ...(baseUrl !== undefined && { baseUrl }),
        refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
      },
      () => Response.json({ accessToken: 'access-2', subject: 'alice' }),
    )
    await client.session.refresh()
    expect(sends.map(({ url }) => url.origin)).toEqual([origin])
  })

  test('gains nothing by an <img name="baseURI"> beside it, which hides the base from scripts', async () => {
    inject()
    const image = document.createElement('img')
    Object.defineProperty(document, 'baseURI', { configurable: true, get: () => image })
    onTestFinished(() => void Reflect.deleteProperty(document, 'baseURI'))
    const { client, sends } = await start({ baseUrl: '/api/' })
    await client.fetch('/x')
    await client.fetch('https://evil.test/x')
    expect(sends.map(({ url, authorization }) => [url.href, authorization])).toEqual([
      [`${origin}/x`, bearer],
      ['https://evil.test/x', null],
    ])
  })

  test('is followed where it is of the page’s own origin, as apps use it', async () => {
    document.head.innerHTML = '<base href="/app/">'
    const { client, sends } = await start(
      {
        refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
      },
      () => Response.json({ accessToken: 'access-2', subject: 'alice' }),
    )
    await client.session.refresh()
    expect(sends.map(({ url }) => url.href)).toEqual([`${origin}/app/auth/refresh`])
  })
})

describe('what remains of a client in the page', () => {
  test('is nothing by default: no cookie, no item of any storage, no global name (SG-01, SG-02)', async () => {
    const names = new Set(Object.getOwnPropertyNames(globalThis))
    const { client } = await start({ refresh: async () => ({ accessToken: 'access-2' }) })
    await client.session.refresh()
    await client.get(`${origin}/x`)
    expect([document.cookie, localStorage.length, sessionStorage.length]).toEqual(['', 0, 0])
    expect(Object.getOwnPropertyNames(globalThis).filter(name => !names.has(name))).toEqual([])
  })

  test('and with web storage is one record, which sign-out empties (SG-02)', async () => {
    const { client } = await start({ store: webStorageStore(), sessionName: 'ours' })
    const held = () => JSON.stringify({ ...localStorage })
    expect(held()).toContain('refresh-1')
    expect([document.cookie, sessionStorage.length]).toEqual(['', 0])
    await client.session.signOut()
    expect(held()).not.toMatch(/refresh-1|access-1/)
  })

  test('of listeners, is none after dispose(): at the first time, and after each use (LF-07)', async () => {
    const held = new Set<unknown>()
    for (const target of new Set<EventTarget>([window, document, globalThis as unknown as EventTarget])) {
      const { addEventListener, removeEventListener } = target
      vi.spyOn(target, 'addEventListener').mockImplementation((...given) => {
        held.add(given[1])
        Reflect.apply(addEventListener, target, given)
      })
      vi.spyOn(target, 'removeEventListener').mockImplementation((...given) => {
        held.delete(given[1])
        Reflect.apply(removeEventListener, target, given)
      })
    }
    const store: KeyValueStorage = {
      getItem: key => localStorage.getItem(key),
      setItem: (key, value) => localStorage.setItem(key, value),
    }
    const { client } = await start({
      baseUrl: origin,
      store,
      refresh: async () => ({ accessToken: 'access-1', subject: 'alice' }),
    })
    for (let use = 0; use < 3; use += 1) {
      await client.get('x')
      await client.session.refresh()
      expect(held.size, 'it listened').toBeGreaterThan(0)
      client.dispose()
      expect([...held]).toEqual([])
    }
  })
})

describe('forged messages', () => {
  const forged: readonly unknown[] = [
    null,
    'x',
    { latchkey: 1 },
    { latchkey: 1, sessionId: 'of-mallory', generation: 1e308 },
    { latchkey: 1, sessionId: { toString: 'x' }, generation: 'NaN' },
    {
      latchkey: 1,
      sessionId: 'of-mallory',
      generation: 1,
      credentials: { accessToken: 'of-mallory' },
      signedOut: true,
    },
    { latchkey: 2, sessionId: 'of-mallory', generation: 1 },
  ]

  test('have no effect: they sign no user in or out, and no token is sent because of them (SG-05)', async () => {
    const { client, sends } = await start({ baseUrl: origin, store: webStorageStore(), sessionName: 'ours' })
    await client.get('x')
    const before = client.session.getSnapshot()
    const mallory = new BroadcastChannel('latchkey:ours')
    onTestFinished(() => mallory.close())
    for (const message of forged) {
      mallory.postMessage(message)
      const newValue = JSON.stringify(message)
      for (const key of ['latchkey:ping:ours', 'latchkey:ours:current', null]) {
        window.dispatchEvent(new StorageEvent('storage', { key, newValue }))
      }
      window.dispatchEvent(new MessageEvent('message', { data: message }))
    }
    await vi.waitFor(async () => expect((await client.get('x')).status).toBe(200))
    expect(client.session.getSnapshot()).toEqual(before)
    expect(new Set(sends.map(({ authorization }) => authorization))).toEqual(new Set([bearer]))
  })
})

describe('the end of a session', () => {
  test('leaves the page only by the app’s redirectTo, once, with the way back (LR-03)', async () => {
    const assign = vi.spyOn(window.location, 'assign').mockReturnValue()
    window.history.replaceState(null, '', '/todos?page=2&code=abc&state=def#last')
    const { client } = await start(
      { baseUrl: origin, refresh: async () => null, onLoginRequired: redirectTo('/login') },
      () => refusal(),
    )
    await Promise.allSettled([client.get('a'), client.get('b')])
    await vi.waitFor(() => expect(assign).toHaveBeenCalled())
    expect(assign.mock.calls.map(([target]) => String(target))).toEqual([
      `${origin}/login?returnTo=%2Ftodos%3Fpage%3D2%23last`,
    ])
  })
})
