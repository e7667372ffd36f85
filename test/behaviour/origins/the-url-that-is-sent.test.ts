import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createNetwork, refusal } from '../../support/network.ts'
import { turning } from '../../support/turning.ts'

const home = 'https://api.test/home'
const evil = 'https://evil.test/evil'

const showing = (request: Request, members: object) =>
  Object.defineProperties(
    request,
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value }])),
  )

class Pretty extends Request {
  override get url() {
    return home
  }
}
class Route extends URL {
  method = 'GET'
  url = home
  override get href() {
    return home
  }
  override get origin() {
    return 'https://api.test'
  }
}
class Posing extends URL {
  override toString() {
    return evil
  }
}

/** Each looks as if it went home. What is sent goes elsewhere. */
const disguised: Readonly<Record<string, () => unknown>> = {
  'a Request of a class with a url of its own': () => new Pretty(evil),
  'a Request whose url was defined anew': () => showing(new Request(evil), { url: home }),
  'a Request that was given another prototype': () =>
    Object.setPrototypeOf(new Request(evil), Object.create(Request.prototype, { url: { value: home } })),
  'a URL of a class with members of a Request': () => Object.assign(new Route(evil), { toString: () => evil }),
  'a URL of a class with a text of its own': () => new Posing(home),
  'an object that has url and method, and another text': () => ({ url: home, method: 'GET', toString: () => evil }),
  'an object whose text turns into one at home': () => turning(evil, home),
}

/** Each looks as if it went elsewhere. What is sent goes home. */
const overlooked: Readonly<Record<string, () => unknown>> = {
  'a Request whose url was defined anew': () => showing(new Request(home), { url: evil }),
  'an object whose text turns into one elsewhere': () => turning(home, evil),
  'a URL that has url and method': () => Object.assign(new URL(home), { url: evil, method: 'GET' }),
  'a text that is an object': () => new String(home),
}

const start = async (network: 'the page’s fetch' | 'a fetch of the app', replies = () => new Response('fine')) => {
  const { fetch, sends } = createNetwork(replies)
  if (network === 'the page’s fetch') vi.stubGlobal('fetch', fetch)
  const client = createClient({
    baseUrl: 'https://api.test/',
    refresh: async () => ({ accessToken: 'newer' }),
    ...(network === 'a fetch of the app' && { fetch }),
  })
  onTestFinished(client.dispose)
  await client.session.signIn({ accessToken: 'access-1' })
  return { client, sends }
}
type Sends = Awaited<ReturnType<typeof start>>['sends']
const shown = (sends: Sends) => sends.map(({ url, authorization }) => [url.host, authorization])

describe.each(['the page’s fetch', 'a fetch of the app'] as const)(
  'over %s, the URL that is judged is the URL that is sent',
  network => {
    test.each(Object.entries(disguised))('%s sends no token elsewhere', async (_, make) => {
      const { client, sends } = await start(network, () => refusal())
      expect((await client.fetch(make() as Request)).status).toBe(401)
      expect(shown(sends)).toEqual([['evil.test', null]])
    })

    test.each(Object.entries(overlooked))(
      '%s sends the token to the trusted origin, and nowhere else when it is sent again',
      async (_, make) => {
        let count = 0
        const { client, sends } = await start(network, () => {
          count += 1
          return count === 1 ? refusal() : new Response('fine')
        })
        expect((await client.fetch(make() as Request)).status).toBe(200)
        expect(shown(sends)).toEqual([
          ['api.test', 'Bearer access-1'],
          ['api.test', 'Bearer newer'],
        ])
      },
    )
  },
)

test('overridden properties of a Request are not what is sent: method, headers, body', async () => {
  const { client, sends } = await start('the page’s fetch')
  const request = showing(new Request(home, { method: 'PUT', body: 'x', headers: { 'x-real': '1' } }), {
    method: 'GET',
    headers: new Headers({ authorization: 'Bearer mine', 'x-shown': '1' }),
    bodyUsed: true,
    clone: () => new Request(evil),
  })
  await client.fetch(request)
  const [sent] = sends
  expect([sent?.method, sent?.authorization]).toEqual(['PUT', 'Bearer access-1'])
  expect([sent?.headers.get('x-real'), sent?.headers.has('x-shown')]).toEqual(['1', false])
  expect(await sent?.text()).toBe('x')
})

test('an overridden signal does not abort a request, and the real one does', async () => {
  const { client, sends } = await start('the page’s fetch')
  const request = showing(new Request(home), { signal: AbortSignal.abort(new Error('shown')) })
  expect((await client.fetch(request)).status).toBe(200)
  const aborted = new Request(home, { signal: AbortSignal.abort(new Error('real')) })
  const answer = client.fetch(showing(aborted, { signal: new AbortController().signal }))
  await expect(answer).rejects.toThrow('real')
  expect(sends.map(({ authorization }) => authorization)).toEqual(['Bearer access-1', null])
})

test('an overridden `keepalive`, `mode` or `redirect` changes nothing of how a request is treated', async () => {
  let count = 0
  const { client, sends } = await start('the page’s fetch', () => {
    count += 1
    return count === 1 ? refusal() : new Response('fine')
  })
  const request = showing(new Request(home), { keepalive: true, mode: 'no-cors', redirect: 'manual' })
  expect((await client.fetch(request)).status).toBe(200)
  expect(shown(sends)).toEqual([
    ['api.test', 'Bearer access-1'],
    ['api.test', 'Bearer newer'],
  ])
})

test('an init is read once: later changes of the object are not sent', async () => {
  const { client, sends } = await start('the page’s fetch')
  const init = { method: turning('PUT', 'DELETE'), redirect: turning('error', 'follow') } as unknown as RequestInit
  await client.fetch(home, init)
  expect(sends).toMatchObject([{ method: 'PUT', redirect: 'error' }])
})

test('an init whose members are getters of its class is read as fetch reads it', async () => {
  const { client, sends } = await start('the page’s fetch')
  class Init {
    get method() {
      return 'PUT'
    }
    get body() {
      return 'x'
    }
  }
  await client.fetch(home, new Init())
  expect([sends[0]?.method, await sends[0]?.text()]).toEqual(['PUT', 'x'])
})
