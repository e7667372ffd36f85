import { describe, expect, test } from 'vitest'
import { copyHeaders, hasHeader, isHeaders, setHeader } from '../../../src/http/sent-headers.ts'

const asSent = (headers: HeadersInit) => [...new Request('https://api.test/', { headers }).headers]

describe('headers that are copied for a send', () => {
  test.each<[string, () => HeadersInit]>([
    ['a plain object', () => ({ 'Content-Type': 'text/plain', 'x-mine': '1' })],
    ['a plain object whose names differ in case', () => ({ 'x-mine': '1', 'X-Mine': '2' })],
    ['a plain object with a name that is a member of all objects', () => JSON.parse('{"__proto__":"1","x-mine":"2"}')],
    ['an object of a class', () => Object.assign(new (class Mine {})(), { 'x-mine': '1' }) as never],
    ['an object without a prototype', () => Object.assign(Object.create(null), { 'x-mine': '1' })],
    ['values that are no texts', () => ({ 'x-count': 1, 'x-none': null }) as never],
    ['pairs', () => [['x-mine', '1'] as [string, string], ['x-mine', '2'] as [string, string]]],
    ['a Map', () => new Map([['x-mine', '1']]) as never],
    ['Headers', () => new Headers({ 'x-mine': '1' })],
    [
      'Headers with two cookies',
      () => {
        const headers = new Headers({ 'x-mine': '1' })
        headers.append('set-cookie', 'a=1')
        headers.append('set-cookie', 'b=2')
        return headers
      },
    ],
    ['a form', () => Object.assign(new FormData(), {}) as never],
    ['parameters of one name', () => new URLSearchParams('x-mine=1&x-mine=2') as never],
    ['Headers without an entry', () => new Headers()],
    ['nothing in an object', () => ({})],
  ])('are those that fetch would send: %s', (_, given) => {
    expect(asSent(copyHeaders(given()))).toEqual(asSent(given()))
  })

  test('stay as they were when the caller changes the original later', () => {
    const given: Record<string, string> = { 'x-mine': '1' }
    const copy = copyHeaders(given)
    given['x-mine'] = '2'
    expect(asSent(copy)).toEqual([['x-mine', '1']])
  })

  test('are read once: a getter and a text that change have no second say', () => {
    let reads = 0
    const text = { toString: () => `${++reads}` }
    const copy = copyHeaders({
      get 'x-getter'() {
        return `${++reads}`
      },
      'x-text': text as never,
    })
    expect([asSent(copy), asSent(copy)]).toEqual([
      [
        ['x-getter', '1'],
        ['x-text', '2'],
      ],
      [
        ['x-getter', '1'],
        ['x-text', '2'],
      ],
    ])
  })

  test('are a plain object where one can hold them, since fetch in Chromium reads that in two thirds of the time', () => {
    const kinds = [{ a: '1', b: '2' }, new Headers({ a: '1' }), new Headers({ a: '1', b: '2' }), []].map(given =>
      isHeaders(copyHeaders(given)),
    )
    expect(kinds).toEqual([false, false, true, true])
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a text', 'x-mine: 1'],
    ['a name that is a symbol', { [Symbol('mine')]: '1' }],
    ['a name that no header can have', { 'not a name': '1' }],
    ['a value that no header can have', { 'x-mine': 'a\nb' }],
    ['a value that is a symbol', { 'x-mine': Symbol('mine') }],
  ])('are rejected with a TypeError, as by fetch: %s', (_, given) => {
    expect(() => asSent(copyHeaders(given as HeadersInit))).toThrow(TypeError)
  })

  test('are not shown in that error: they may hold a token', () => {
    const copy = () => copyHeaders('Authorization: Bearer secret' as never)
    expect(copy).toThrow(TypeError)
    expect(copy).not.toThrow('secret')
  })
})

describe('a header of a name', () => {
  test.each<[string, HeadersInit, boolean]>([
    ['is found in a plain object, in any case', { AUTHORIZATION: 'mine' }, true],
    ['is found in Headers, in any case', new Headers({ authorization: 'mine' }), true],
    ['is found in several Headers, in any case', new Headers({ authorization: 'mine', 'x-mine': '1' }), true],
    ['is not found where there is none', { authorizatiom: 'mine', 'x-mine': 'Authorization' }, false],
    ['is not found in Headers without it', new Headers({ authorizatiom: 'mine', 'x-mine': 'Authorization' }), false],
  ])('%s', (_, given, expected) => {
    expect(hasHeader(copyHeaders(given), 'Authorization')).toBe(expected)
  })

  test('of an object whose prototype was polluted is not taken for its own', () => {
    const polluted = Object.create({ authorization: 'not mine', 'x-count': 1 })
    const copy = copyHeaders(polluted)
    expect({ has: hasHeader(copy, 'Authorization'), sent: asSent(copy) }).toEqual({ has: false, sent: [] })
  })

  test.each<[string, HeadersInit]>([
    ['a plain object', { 'x-mine': '1' }],
    ['Headers', new Headers({ 'x-mine': '1' })],
  ])('is set in %s', (_, given) => {
    const copy = copyHeaders(given)
    setHeader(copy, 'Authorization', 'Bearer a')
    expect(asSent(copy)).toEqual([
      ['authorization', 'Bearer a'],
      ['x-mine', '1'],
    ])
  })

  test('is replaced in several Headers, whatever its case', () => {
    const copy = copyHeaders(new Headers({ authorization: 'mine', 'x-mine': '1' }))
    setHeader(copy, 'Authorization', 'Bearer a')
    expect(asSent(copy)).toEqual([
      ['authorization', 'Bearer a'],
      ['x-mine', '1'],
    ])
  })
})
