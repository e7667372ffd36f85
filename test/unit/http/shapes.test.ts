import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { copyBody, isFormData, isParams } from '../../../src/http/bodies.ts'

/** A class of another realm, or one that a polyfill brought: what it does is the same, what it is an instance of is not. */
const lookAlike = <Body extends object>(body: Body): Body =>
  new Proxy(Object.create(null) as Body, {
    get: (_, name) => {
      const member = body[name as keyof Body] as unknown
      return typeof member === 'function' ? member.bind(body) : member
    },
    has: (_, name) => name in body,
  })

describe('a body is known by what it does, not by its class', () => {
  test('URLSearchParams', () => {
    const given = new URLSearchParams('a=1&b=2')
    const kept = copyBody(lookAlike(given)) as URLSearchParams
    given.set('a', '3')
    expect([isParams(lookAlike(given)), isFormData(lookAlike(given))]).toEqual([true, false])
    expect(String(kept)).toBe('a=1&b=2')
  })

  test('FormData', () => {
    const given = new FormData()
    given.append('a', '1')
    const kept = copyBody(lookAlike(given)) as FormData
    given.set('a', '3')
    expect([isFormData(lookAlike(given)), isParams(lookAlike(given))]).toEqual([true, false])
    expect(kept.get('a')).toBe('1')
  })

  test('an ArrayBuffer of another realm', () => {
    const { buffer, bytes } = runInNewContext('const bytes = new Uint8Array([1, 2]); ({ bytes, buffer: bytes.buffer })')
    expect(buffer instanceof ArrayBuffer).toBe(false)
    const kept = copyBody(buffer) as ArrayBuffer
    bytes[0] = 9
    expect([...new Uint8Array(kept)]).toEqual([1, 2])
  })

  test.each([
    ['a string', 'a'],
    ['nothing', null],
    ['nothing at all', undefined],
    ['a Blob', new Blob(['a'])],
    ['a stream', new Blob(['a']).stream()],
    ['a plain object', { append: 1, sort: 'asc', slice: 2, byteLength: 3 }],
  ])('%s is neither, and is left as it is', (_, body) => {
    expect([isParams(body), isFormData(body)]).toEqual([false, false])
    expect(copyBody(body)).toBe(body)
  })
})
