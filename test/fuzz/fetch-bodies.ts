import type { Makers } from './fetch-values.ts'

export const streamOf = (text: string) => new Blob([text]).stream()
/** ES2024, which TypeScript is not told of here; without it a buffer has its length for ever. */
const growing = (bytes: number): ArrayBuffer & { resize?(bytes: number): void } =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: 8 }])

/** Bodies that any platform with a `fetch` knows, or refuses. */
export const bodies: Makers = {
  text: () => 'text ☃',
  'empty text': () => '',
  'null body': () => null,
  'form fields': () => new URLSearchParams({ a: '1 2', b: 'ä' }),
  form: () => {
    const form = new FormData()
    form.append('field', 'ä')
    form.append('file', new File(['file'], 'ä.txt', { type: 'text/plain' }))
    return form
  },
  Blob: () => new Blob(['blob'], { type: 'image/png' }),
  'Blob without a type': () => new Blob(['blob']),
  ArrayBuffer: () => new Uint8Array([0, 1, 2, 255]).buffer,
  'part of a buffer': () => new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3),
  DataView: () => new DataView(new ArrayBuffer(8), 2, 3),
  Uint16Array: () => new Uint16Array([1, 2, 3]),
  'shared memory': () => new Uint8Array(new SharedArrayBuffer(3)),
  'detached memory': () => {
    const { buffer } = new Uint8Array([1, 2, 3])
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  },
  'a view of detached memory': () => {
    const view = new Uint8Array([1, 2, 3])
    structuredClone(view.buffer, { transfer: [view.buffer] })
    return view
  },
  stream: () => streamOf('stream'),
  'locked stream': () => {
    const stream = streamOf('stream')
    stream.getReader()
    return stream
  },
  'async iterable': () =>
    (async function* () {
      yield new TextEncoder().encode('iterated')
    })(),
  'an object of its own': () => ({ toString: () => 'own' }),
  'a number': () => 7,
  'a symbol': () => Symbol('body'),
  'a body that is true': () => true,
  String: () => new String('wrapped'),
  'a list': () => ['a', 'b'],
  'a Response': () => new Response('x'),
  File: () => new File(['file'], 'ä.txt', { type: 'Text/HTML;Charset=UTF-8' }),
  'part of a Blob': () => new Blob(['a whole blob'], { type: 'x/y' }).slice(2, 7, 'X/Z'),
  'Blob that is empty': () => new Blob([], { type: 'x/y' }),
  'empty form': () => new FormData(),
  'form with names twice, line ends and quotes': () => {
    const form = new FormData()
    form.append('a"b\nc', '1\n2')
    form.append('a"b\nc', '2\r\n3')
    form.append('file', new Blob([]), 'a"b\n.txt')
    return form
  },
  'form of a class': () => new (class extends FormData {})(),
  'no form fields': () => new URLSearchParams(),
  'form fields of a URL': () => new URL('https://a.test/?a=1+2&b=%20&a').searchParams,
  'empty buffer': () => new ArrayBuffer(0),
  'buffer that can grow': () => growing(3),
  'view of a buffer that can grow': () => new Uint8Array(growing(3)),
  'view of a buffer that has shrunk': () => {
    const buffer = growing(8)
    const view = new Uint8Array(buffer, 4, 4)
    buffer.resize?.(2)
    return view
  },
  Float64Array: () => new Float64Array([1.5]),
  'bytes of a class': () => new (class extends Uint8Array {})([1, 2]),
  'stream without a byte': () => new ReadableStream({ start: stream => stream.close() }),
  'stream of bytes in parts': () =>
    new ReadableStream({
      type: 'bytes',
      start(stream) {
        stream.enqueue(new Uint8Array([1, 2]))
        stream.enqueue(new Uint8Array([3]))
        stream.close()
      },
    }),
  'stream that was read': () => {
    const stream = streamOf('stream')
    const reader = stream.getReader()
    reader.read().catch(() => {})
    reader.releaseLock()
    return stream
  },
  'stream in a Proxy': () => new Proxy(streamOf('stream'), {}),
  'Blob in a Proxy': () => new Proxy(new Blob(['x']), {}),
}
