import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nothing, readInit } from '../../../src/request/read-init.ts'

const url = 'https://api.test/a'

/** What a `Request` shows of how it will be sent. */
const shown = (request: Request) => {
  const { method, referrer, referrerPolicy, mode, credentials, cache, redirect, keepalive } = request
  const headers = [...request.headers]
  return { method, headers, referrer, referrerPolicy, mode, credentials, cache, redirect, keepalive }
}

/** Counts how often each member is read. */
function counting<Init extends object>(init: Init) {
  const reads: Record<string, number> = {}
  const counted = new Proxy(init, {
    get(target, name) {
      reads[String(name)] = (reads[String(name)] ?? 0) + 1
      return Reflect.get(target, name)
    },
  })
  return { counted, reads }
}

describe('A copy of an init', () => {
  test.each([undefined, null])('of %s without a Request is the frozen empty one, without a prototype', init => {
    expect(readInit(init, undefined)).toBe(nothing)
    expect([Object.isFrozen(nothing), Object.getPrototypeOf(nothing), Object.keys(nothing)]).toEqual([true, null, []])
  })

  test('of an empty object is not the frozen one, since a body may be put into it', () => {
    expect(readInit({}, undefined)).not.toBe(nothing)
  })

  test('has every member that fetch reads, and others that a page’s fetch may know, but not the options of this library', () => {
    const init = {
      method: 'PUT',
      body: 'x',
      referrer: '/from',
      referrerPolicy: 'origin',
      mode: 'cors',
      credentials: 'omit',
      cache: 'reload',
      redirect: 'error',
      integrity: 'sha256-x',
      keepalive: true,
      signal: null,
      duplex: 'half',
      window: null,
      priority: 'low',
      next: { revalidate: 60 },
      headers: { 'x-a': '1' },
    } as const
    expect(readInit({ ...init, auth: false, replay: false } as RequestInit, undefined)).toEqual(init)
  })

  test('has what a class or a prototype gives it, by getters too', () => {
    class Base {
      get method() {
        return 'PUT'
      }
    }
    const init = Object.assign(Object.create(new Base()), { cache: 'reload' })
    expect(readInit(init, undefined)).toEqual({ method: 'PUT', cache: 'reload' })
  })

  test('reads each member once', () => {
    const { counted, reads } = counting({ method: 'PUT', body: 'x', headers: { a: '1' }, next: {}, cache: 'reload' })
    readInit(counted as RequestInit, undefined)
    expect(reads).toMatchObject({ method: 1, body: 1, headers: 1, next: 1, cache: 1, signal: 1 })
  })

  test.each(['method', 'mode', 'redirect'] as const)(
    'turns an object that is given as the %s into text, once',
    name => {
      let asked = 0
      const turning = {
        toString() {
          asked += 1
          return `text ${asked}`
        },
      }
      const init = readInit({ [name]: turning } as RequestInit, undefined)
      expect([init[name], `${init[name]}`]).toEqual(['text 1', 'text 1'])
    },
  )

  test('keeps other objects as they are: a body, a signal', () => {
    const [body, { signal }] = [new Blob(['x']), new AbortController()]
    const init = readInit({ body, signal }, undefined)
    expect([init.body, init.signal]).toEqual([body, signal])
    expect(init.body).toBe(body)
  })

  test('keeps a text that is no text, so that fetch judges it', () => {
    expect(readInit({ method: 7 } as never, undefined).method).toBe(7)
  })
})

describe('The headers of a copy', () => {
  test('are a copy of those of the init, and not of those of the Request', () => {
    const headers: Record<string, string> = { 'x-a': '1' }
    const init = readInit({ headers }, new Request(url, { headers: { 'x-b': '2' } }))
    headers['x-a'] = 'changed'
    expect(init.headers).toEqual({ 'x-a': '1' })
  })

  test('are those of the Request if the init has none', () => {
    const request = new Request(url, { headers: { 'x-b': '2' } })
    for (const given of [undefined, {}, { cache: 'reload' }, { headers: undefined }] as readonly (
      | RequestInit
      | undefined
    )[])
      expect([...new Headers(readInit(given, request).headers)]).toEqual([['x-b', '2']])
  })

  test('are undefined if there are none at all', () => {
    expect(readInit({ method: 'PUT' }, undefined).headers).toBeUndefined()
  })

  test('are rejected as fetch rejects them', () => {
    expect(() => readInit({ headers: null as never }, undefined)).toThrow(TypeError)
  })
})

describe('The referrer of a Request', () => {
  const request = new Request(url, { referrer: 'about:client', referrerPolicy: 'no-referrer' })
  const referring = Object.create(Request.prototype, {})

  test('is repeated in the copy of an init without members, which would reset it', () => {
    for (const given of [undefined, null, {}, { method: undefined } as object])
      expect(readInit(given, request)).toEqual({ referrerPolicy: 'no-referrer', headers: {} })
    expect(() => readInit(undefined, referring)).toThrow(TypeError)
  })

  test('that is the default one is left out, and so is an empty policy', () => {
    expect(Object.keys(readInit(undefined, new Request(url)))).toEqual(['headers'])
  })

  test('is left out if the caller’s own init has any member, as fetch does', () => {
    expect(readInit({ cache: 'reload' }, request)).toEqual({ cache: 'reload', headers: {} })
  })

  test('that is empty is one, and is repeated', () => {
    expect(readInit(undefined, new Request(url, { referrer: '' }))).toEqual({ referrer: '', headers: {} })
  })
})

const members = fc.record(
  {
    method: fc.constantFrom('GET', 'get', 'PUT', 'PATCH', undefined),
    mode: fc.constantFrom('cors', 'same-origin', undefined),
    credentials: fc.constantFrom('omit', 'include', undefined),
    cache: fc.constantFrom('no-store', 'reload', undefined),
    redirect: fc.constantFrom('manual', 'error', undefined),
    referrer: fc.constantFrom('', 'about:client', undefined),
    referrerPolicy: fc.constantFrom('origin', 'no-referrer', '', undefined),
    keepalive: fc.constantFrom(true, false, undefined),
    headers: fc.constantFrom({ 'x-a': '1' }, [['x-b', '2']], new Headers({ 'x-c': '3' }), undefined),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<RequestInit>

test('A Request made with the copy is the one that the caller’s own init makes, also on top of another Request', () => {
  fc.assert(
    fc.property(members, fc.option(members, { nil: undefined }), (init, of) => {
      const request = of && new Request(url, of)
      const isEmpty = Object.values(init).every(value => value === undefined)
      // Node resets the referrer of a Request also for an init without members, which Fetch and browsers leave as it is.
      const expected = request && isEmpty ? request : new Request(request ?? url, init)
      expect(shown(new Request(request ?? url, readInit(init, request)))).toEqual(shown(expected))
    }),
    { examples: [[{}, { referrerPolicy: 'origin' }]] },
  )
})

test('A Request of its own is sent as it is', () => {
  fc.assert(
    fc.property(members, of => {
      const request = new Request(url, of)
      expect(shown(new Request(request, readInit(undefined, request)))).toEqual(shown(request))
    }),
  )
})

test('The headers of a Request are read although they have no iterator: in Chromium, of an iframe that is gone', () => {
  const request = new Request(url, { headers: { 'x-a': '1' } })
  const iterator = Object.getOwnPropertyDescriptor(Headers.prototype, Symbol.iterator) as PropertyDescriptor
  Reflect.deleteProperty(Headers.prototype, Symbol.iterator)
  const { headers } = readInit(undefined, request)
  Object.defineProperty(Headers.prototype, Symbol.iterator, iterator)
  expect([...new Headers(headers)]).toEqual([['x-a', '1']])
})
