import { describe, expect, test, vi } from 'vitest'
import { createTrustedOrigins } from '../../../src/http/trusted-origins.ts'
import { targetOf } from '../../../src/request/pipeline-ports.ts'
import {
  createContexts,
  type FetchAdapter,
  type FetchInit,
  signalOf,
  urlOf,
} from '../../../src/request/request-context.ts'

const origin = 'https://api.test'
let ids = 0
const createContext = createContexts({
  trusted: () => createTrustedOrigins([origin]),
  nextId: () => {
    ids += 1
    return ids
  },
})
const made = (input: RequestInfo, init?: FetchInit | null, adapter: Partial<FetchAdapter> = {}) =>
  createContext(input, init, { transport: fetch, ...adapter })
const contextOf = (...args: Parameters<typeof made>) => {
  const context = made(...args)
  if (!context) throw new TypeError('It is not a URL')
  return context
}

describe('Where a request goes', () => {
  test.each([
    ['https://api.test/a', 'https://api.test/a', true],
    ['HTTPS://API.test/a', 'https://api.test/a', true],
    ['https://api.test/a/../b', 'https://api.test/b', true],
    ['http://api.test/a', 'http://api.test/a', false],
    ['https://evil.test/a', 'https://evil.test/a', false],
    ['https://api.test@evil.test/a', 'https://api.test@evil.test/a', false],
  ])('is read from %s', (text, address, isTrusted) => {
    for (const input of [text, ...(text.includes('@') ? [] : [new Request(text)])]) {
      const context = contextOf(input)
      expect([context.address, context.isTrusted]).toEqual([address, isTrusted])
      expect(urlOf(context).href).toBe(address)
      expect(urlOf(context)).toBe(urlOf(context))
    }
  })

  test('is sent as the address that was judged, or as the caller’s own Request', () => {
    expect(contextOf('https://api.test/a/../b').input).toBe('https://api.test/b')
    expect(contextOf('https://api.test/a').input).toBe('https://api.test/a')
    const request = new Request('https://api.test/a')
    expect([contextOf(request).input, contextOf(request).request]).toEqual([request, request])
    expect(contextOf('https://api.test/a').request).toBeUndefined()
  })

  test('is relative to the page, and nowhere without one', () => {
    expect([made('/a'), made('http://')]).toEqual([null, null])
    vi.stubGlobal('document', { baseURI: 'https://api.test/app/' })
    expect(contextOf('a').address).toBe('https://api.test/app/a')
    expect(made('http://')).toBeNull()
    expect(contextOf('ahttps://x').address).toBe('ahttps://x')
  })

  test('is read without a look at the page, if it is absolute', () => {
    const base = vi.fn(() => 'https://page.test/')
    vi.stubGlobal('document', Object.defineProperty({}, 'baseURI', { get: base }))
    for (const input of [
      'https://else.test/',
      'http://else.test/',
      'HTTP://else.test/',
      new Request('https://else.test/'),
    ])
      contextOf(input)
    expect(base).not.toHaveBeenCalled()
    // Here a text after the beginning does not make it absolute.
    expect(contextOf('a?to=https://else.test/').address).toBe('https://page.test/a?to=https://else.test/')
    expect(base).toHaveBeenCalledTimes(1)
  })

  test('is named without the query', () => {
    expect(targetOf(contextOf('https://api.test/a/b?secret=1#c', { method: 'put' }))).toEqual({
      method: 'PUT',
      url: 'https://api.test/a/b',
    })
  })
})

test('The method is GET unless the init or the Request says another one, in capitals', () => {
  const put = new Request('https://api.test/a', { method: 'PUT' })
  expect([
    contextOf('https://api.test/a').method,
    contextOf('https://api.test/a', { method: 'post' }).method,
    contextOf(put).method,
    contextOf(put, { method: 'patch' }).method,
  ]).toEqual(['GET', 'POST', 'PUT', 'PATCH'])
})

test('The options of a call win over those of its instance, and may be false', () => {
  const of = (init: FetchInit | null, adapter: Partial<FetchAdapter>) => {
    const { auth, replay } = contextOf('https://api.test/a', init, adapter)
    return [auth, replay]
  }
  expect([
    of(null, {}),
    of(null, { auth: false, replay: false }),
    of({ auth: 'optional' }, { auth: false, replay: false }),
    of({ auth: false, replay: false }, { auth: true, replay: true }),
    of({ auth: undefined, replay: undefined }, { auth: true, replay: true }),
  ]).toEqual([
    [undefined, undefined],
    [false, false],
    ['optional', false],
    [false, false],
    [true, true],
  ])
})

test.each([
  { auth: 'none' },
  { auth: 1 },
  { replay: 'always' },
  { auth: true, replay: 1 },
  { auth: 'x', replay: true },
])('A wrong option is refused: %o', init => {
  expect(() => made('https://api.test/a', init as never)).toThrow(expect.objectContaining({ code: 'configuration' }))
})

test.each([true, false, 'optional'] as const)('auth may be %s', auth => {
  expect(contextOf('https://api.test/a', { auth }).auth).toBe(auth)
})
test.each([true, false, () => 'x'])('replay may be %s', replay => {
  expect(contextOf('https://api.test/a', { replay }).replay).toBe(replay)
})

describe('Why a request cannot be sent again', () => {
  const stream = new ReadableStream()
  const put = { method: 'PUT', duplex: 'half' } as const
  test.each<[string, FetchInit, Partial<FetchAdapter>, string | null]>([
    ['nothing prevents it', {}, {}, null],
    ['nothing prevents it, with a body', { ...put, body: 'x' }, {}, null],
    ['keepalive', { keepalive: true }, {}, 'keepalive'],
    [
      'keepalive, whatever the rest says',
      { ...put, body: stream, keepalive: true, replay: () => 'x' },
      {},
      'keepalive',
    ],
    ['replay: false', { replay: false }, {}, 'replay-false'],
    ['replay: false, with a stream', { ...put, body: stream, replay: false }, {}, 'replay-false'],
    ['a stream', { ...put, body: stream }, {}, 'one-shot-body'],
    ['a stream with replay: true', { ...put, body: stream, replay: true }, {}, 'one-shot-body'],
    ['a stream that is made again', { ...put, body: stream, replay: () => stream }, {}, null],
    [
      'a stream that ky’s form of the call knows',
      { ...put, body: 'x' },
      { source: () => stream as BodyInit },
      'one-shot-body',
    ],
    ['a stream of ky’s, of a body that can be sent again', { ...put, body: stream }, { source: () => 'x' }, null],
  ])('%s', (_, init, adapter, reason) => {
    expect(contextOf('https://api.test/a', init, adapter).notReplayableReason).toBe(reason)
  })
  test('a Request that says keepalive', () => {
    expect(contextOf(new Request('https://api.test/a', { keepalive: true })).notReplayableReason).toBe('keepalive')
  })
})

test('An id is made for each call, unless the call has one', () => {
  const first = contextOf('https://api.test/a').id
  expect(contextOf('https://api.test/a').id).toBe(first + 1)
  expect(contextOf('https://api.test/a', {}, { call: { id: 7, sessionId: null } }).id).toBe(7)
  expect(contextOf('https://api.test/a').id).toBe(first + 2)
})

test('A request begins in the session of its call', () => {
  expect(contextOf('https://api.test/a', {}, { call: { id: 7, sessionId: null } }).sessionId).toBeNull()
  expect(contextOf('https://api.test/a', {}, { call: { id: 7, sessionId: 'of alice' } }).sessionId).toBe('of alice')
  expect(contextOf('https://api.test/a').sessionId).toBeNull()
})

test('Waiting ends with the signal of the call, else with that of the init, else with that of the Request', () => {
  const [ofCall, ofInit] = [new AbortController().signal, new AbortController().signal]
  const request = new Request('https://api.test/a')
  expect(signalOf(contextOf(request, { signal: ofInit }, { signal: ofCall }))).toBe(ofCall)
  expect(signalOf(contextOf(request, { signal: ofInit }))).toBe(ofInit)
  expect(signalOf(contextOf(request, { signal: null }))).toBeNull()
  expect(signalOf(contextOf(request))).toBe(request.signal)
  expect(signalOf(contextOf('https://api.test/a'))).toBeUndefined()
})

test('A request begins with nothing behind it', () => {
  expect(contextOf('https://api.test/a')).toMatchObject({
    sessionId: null,
    isAnonymous: false,
    isReplay: false,
    provedAnewFor: '',
    hasFailed: false,
    lookedAt: null,
    sentWith: null,
  })
})
