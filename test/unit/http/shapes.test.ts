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

describe('the bytes of a body that is copied', () => {
  const bytes = () => new Uint8Array([1, 2, 3, 4])

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => BodyInit, readonly number[]]>([
    ['a buffer', ({ buffer }) => buffer, [1, 2, 3, 4]],
    ['a typed array', given => given, [1, 2, 3, 4]],
    ['a part of a buffer', ({ buffer }) => new Uint8Array(buffer, 1, 2), [2, 3]],
    ['numbers of two bytes', ({ buffer }) => new Uint16Array(buffer, 2, 1), [3, 4]],
    ['a view', ({ buffer }) => new DataView(buffer, 3), [4]],
  ])('stay as they were when the caller writes over them: %s', (_, bodyOf, expected) => {
    const given = bytes()
    const copy = copyBody(bodyOf(given)) as ArrayBuffer | Uint8Array<ArrayBuffer>
    given.fill(9)
    expect([...new Uint8Array(ArrayBuffer.isView(copy) ? copy.slice().buffer : copy)]).toEqual(expected)
  })

  test.each<[string, (memory: ArrayBuffer) => ArrayBuffer | Uint8Array<ArrayBuffer>]>([
    ['a buffer', memory => memory],
    ['a view', memory => new Uint8Array(memory, 0, 4)],
  ])('are copied to memory that can grow where it can, since browsers’ `fetch` rejects it: %s', (_, bodyOf) => {
    const memory: ArrayBuffer = Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }])
    new Uint8Array(memory).set(bytes())
    const copy = copyBody(bodyOf(memory)) as ArrayBuffer | Uint8Array<ArrayBuffer>
    const copied = ArrayBuffer.isView(copy) ? copy.buffer : copy
    new Uint8Array(memory).fill(9)
    expect([...new Uint8Array(copied)]).toEqual([1, 2, 3, 4])
    expect(copied).toMatchObject({ resizable: true })
  })

  test.each<[string, () => object]>([
    ['shared memory, which `fetch` rejects', () => new Uint8Array(new SharedArrayBuffer(4))],
    ['a view of nothing', () => new Uint8Array()],
    ['an empty buffer', () => new ArrayBuffer()],
  ])('are not copied from %s', (_, make) => {
    const body = make()
    expect(copyBody(body)).toBe(body)
  })

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => object]>([
    ['a buffer', ({ buffer }) => buffer],
    ['a view', given => given],
  ])('are left to `fetch` where their memory was given away: %s', (_, bodyOf) => {
    const given = bytes()
    const body = bodyOf(given)
    structuredClone(given.buffer, { transfer: [given.buffer] })
    expect(copyBody(body)).toBe(body)
  })
})

test('a form is copied with all of its entries, in their order, and with the names of its files', () => {
  const given = new FormData()
  given.append('b', '1')
  given.append('a', new File(['x'], 'x.txt'))
  given.append('b', '2')
  const copy = copyBody(given) as FormData
  given.delete('b')
  const entries = [...copy].map(([name, value]) => [name, typeof value === 'string' ? value : value.name])
  expect(entries).toEqual([
    ['b', '1'],
    ['a', 'x.txt'],
    ['b', '2'],
  ])
})
