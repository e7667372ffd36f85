import { afterEach, describe, expect, test, vi } from 'vitest'
import { transportOf } from '../../../src/http/transport.ts'
import { asOwnFetch, isSentBy, type Sender, send } from '../../../src/platform/fetch.ts'

type Fetch = typeof globalThis.fetch
type Init = RequestInit & Readonly<Record<string, unknown>>

const url = 'https://api.test/a'
const client: Sender = { mark: Symbol('client'), sending: null }

/** What an app's own `fetch` is called with. */
async function callOf(input: string | URL | Request, init?: Init): Promise<[Request, Init]> {
  const chosen = vi.fn<Fetch>(async () => new Response())
  await transportOf(chosen)(input, init)
  expect(chosen).toHaveBeenCalledOnce()
  return chosen.mock.calls[0] as unknown as [Request, Init]
}

afterEach(() => void vi.unstubAllGlobals())

describe('the page’s own fetch', () => {
  test.each<[string, () => Fetch | undefined]>([
    ['no other is given', () => undefined],
    ['it is given', () => globalThis.fetch],
  ])('is called with both arguments, unchanged, if %s', async (_, chosen) => {
    const page = vi.fn<Fetch>(async () => new Response())
    vi.stubGlobal('fetch', page)
    const init = { method: 'POST', auth: false }
    await transportOf(chosen())(url, init)
    expect(page.mock.calls).toEqual([[url, init]])
    expect(page.mock.calls[0]?.[1]).toBe(init)
  })

  test('is the one below that of a client', async () => {
    const page = vi.fn<Fetch>(async () => new Response())
    vi.stubGlobal('fetch', page)
    vi.stubGlobal(
      'fetch',
      asOwnFetch<Fetch>(async () => Response.error()),
    )
    await transportOf(globalThis.fetch)(url)
    expect(page).toHaveBeenCalledOnce()
  })
})

describe('an app’s own fetch', () => {
  test('is called with a Request whose text is its URL', async () => {
    const [request] = await callOf(new URL('/a b', url))
    expect(request).toBeInstanceOf(Request)
    expect([`${request}`, request.url]).toEqual(['https://api.test/a%20b', 'https://api.test/a%20b'])
  })

  test('may read either argument: both have the method, the headers and the referrer of a Request', async () => {
    const [request, init] = await callOf(new Request(url, { method: 'PUT', headers: { 'x-mine': '1' } }))
    for (const one of [request, init]) {
      expect([one.method, new Headers(one.headers).get('x-mine')]).toEqual(['PUT', '1'])
    }
    // What remains of them is the platform's to decide: undici forgets them in each copy of a Request.
    const { referrer, referrerPolicy } = request
    expect(init).toMatchObject({ referrer, referrerPolicy })
  })

  test('may pass both arguments on: nothing of the call is lost', async () => {
    const given = new Request(url, { headers: { 'x-mine': '1' } })
    const asked = { method: 'DELETE', cache: 'no-store', referrer: '', referrerPolicy: 'origin' } as const
    const sent = new Request(...(await callOf(given, asked)))
    expect(sent).toMatchObject({ ...asked, url })
    expect(sent.headers.get('x-mine')).toBe('1')
  })

  test('gets the members of the init, also those that no platform knows, and not the options of this library', async () => {
    const [, init] = await callOf(url, { auth: false, replay: false, next: { revalidate: 3 }, priority: 'low' })
    expect(init).toMatchObject({ next: { revalidate: 3 }, priority: 'low' })
    expect(Object.keys(init)).not.toContain('auth')
    expect(Object.keys(init)).not.toContain('replay')
  })

  test('is called with its own object as the init, not with that of the caller', async () => {
    const given = { method: 'POST', body: 'text' }
    const [, init] = await callOf(url, given)
    expect(init).not.toBe(given)
    expect(given).toEqual({ method: 'POST', body: 'text' })
  })

  test.each<[string, () => BodyInit]>([
    ['a stream', () => new Blob(['streamed']).stream()],
    [
      'an async iterable',
      () =>
        (async function* () {
          yield new TextEncoder().encode('streamed')
        })() as never,
    ],
  ])('gets a body that can be read only once in the Request alone: %s', async (_, body) => {
    const [request, init] = await callOf(url, { method: 'POST', body: body(), duplex: 'half' })
    expect([init.body, init['duplex']]).toEqual([undefined, undefined])
    expect(await request.text()).toBe('streamed')
  })

  test('gets the headers of such a Request in the init, too', async () => {
    const body = new Blob(['streamed']).stream()
    const [, init] = await callOf(url, { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'x/y' } })
    expect(new Headers(init.headers).get('content-type')).toBe('x/y')
  })

  test('gets the headers of a form as they were given, since the boundary of the Request is not that of the init', async () => {
    const form = new FormData()
    form.set('a', '1')
    const [request, init] = await callOf(url, { method: 'POST', body: form, headers: { 'x-mine': '1' } })
    expect(request.headers.get('content-type')).toMatch(/boundary/)
    expect([...(init.headers as Headers)]).toEqual([['x-mine', '1']])
    expect((await new Request(request, init).formData()).get('a')).toBe('1')
  })

  test('gets the headers of a Request in the init, too, if the body is of the init: a Request of a removed iframe shows no URL in WebKit, and its headers were lost', async () => {
    const given = new Request(url, { method: 'POST', body: 'text', headers: { 'x-mine': '1' } })
    const [request, init] = await callOf(given, { body: new URLSearchParams({ a: '1' }) })
    const expected = [
      ['content-type', 'text/plain;charset=UTF-8'],
      ['x-mine', '1'],
    ]
    expect([[...request.headers], [...(init.headers as Headers)]]).toEqual([expected, expected])
    const [, other] = await callOf(given, { body: 'text', headers: {} })
    expect([...(other.headers as Headers)]).toEqual([])
  })

  test('can read the headers of the init by their names', async () => {
    for (const given of [{ body: 'text', method: 'POST' }, {}]) {
      const [, init] = await callOf(url, { ...given, headers: { 'X-Mine': '1' } })
      expect((init.headers as Headers).get('x-mine')).toBe('1')
    }
  })

  test('is called with the mark of the client that sent the request', async () => {
    const init: RequestInit = { method: 'GET' }
    await send(client, async () => new Response(), url, init)
    const [marked] = await callOf(url, init as Init)
    const [other] = await callOf(url)
    expect([isSentBy(client, marked, undefined), isSentBy(client, other, undefined)]).toEqual([true, false])
  })

  test('is not called if the request was aborted: it rejects with the reason', async () => {
    const chosen = vi.fn<Fetch>(async () => new Response())
    const reason = new Error('left')
    await expect(transportOf(chosen)(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(chosen).not.toHaveBeenCalled()
  })

  test('is called where a Request without a signal has none, as in older versions of whatwg-fetch', async () => {
    vi.stubGlobal(
      'Request',
      class extends Request {
        override get signal() {
          return undefined as never
        }
      },
    )
    const [request] = await callOf(url)
    expect(request.url).toBe(url)
  })

  test('rejects with the TypeError of the platform where the arguments make no Request', async () => {
    const chosen = vi.fn<Fetch>(async () => new Response())
    await expect(transportOf(chosen)('https://', {})).rejects.toThrow(TypeError)
    expect(chosen).not.toHaveBeenCalled()
  })
})
