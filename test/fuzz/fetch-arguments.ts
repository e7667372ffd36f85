import fc from 'fast-check'

/** Makes a value anew, since what one `fetch` was given is used up. By name, so that a counterexample can be read. */
type Makers = Readonly<Record<string, (origin: string) => unknown>>

class Shown extends Request {
  override get url() {
    return 'https://shown.test/'
  }
  override get method() {
    return 'DELETE'
  }
}
class Route extends URL {
  url = 'https://shown.test/'
  method = 'DELETE'
}

const turning = (first: string) => {
  let asked = 0
  return {
    toString: () => {
      asked += 1
      return asked === 1 ? first : 'https://later.test/'
    },
  }
}

const paths = [
  '/echo',
  '/echo?q=ä b&q=%2F#hash',
  '/ec/../echo',
  '/status/404',
  '/status/204',
  '/status/500',
  '/moved/302',
  '/moved/307',
]

const texts: Makers = {
  ...Object.fromEntries(paths.map(path => [path, (origin: string) => origin + path])),
  'in capitals': origin => `HTTP${origin.slice(4)}/echo`,
  'with spaces': origin => `  ${origin}/echo\n`,
  'a lone surrogate': origin => `${origin}/echo?\ud800`,
  'with credentials': origin => `${origin.replace('://', '://ada:secret@')}/echo`,
  'no URL': () => 'http://',
  relative: () => '/echo',
  empty: () => '',
  'a scheme that nobody knows': () => 'nothing://at/all',
  data: () => 'data:text/plain,hello',
  'a port that is blocked': () => 'http://127.0.0.1:1/',
}

const wrappers: Readonly<Record<string, (text: string) => unknown>> = {
  text: text => text,
  URL: text => new URL(text),
  String: text => new String(text),
  'URL of a class': text => new Route(text),
  turning: turning,
  Request: text => new Request(text),
  'Request with a body': text =>
    new Request(text, { method: 'POST', body: 'of the Request', headers: { 'x-request': '1' } }),
  'Request with a form': text => {
    const form = new FormData()
    form.append('a', new Blob(['file']), 'a.txt')
    return new Request(text, { method: 'PUT', body: form })
  },
  'Request of a class': text => new Shown(text, { method: 'PUT', body: 'x' }),
  'Request that says much': text =>
    new Request(text, {
      cache: 'no-store',
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      keepalive: true,
      credentials: 'omit',
    }),
  'Request that was used': text => {
    const request = new Request(text, { method: 'POST', body: 'x' })
    request.text().catch(() => {})
    return request
  },
  'Request that was aborted': text =>
    new Request(text, { method: 'POST', body: 'x', signal: AbortSignal.abort(new Error('left')) }),
}

const others: Makers = {
  nothing: () => undefined,
  null: () => null,
  'a number': () => 7,
  'a symbol': () => Symbol('url'),
  'an object': () => ({}),
  'an object that looks like a Request': origin => ({ url: `${origin}/echo`, method: 'GET' }),
  'an object whose text fails': () => ({
    toString() {
      throw new RangeError('no text')
    },
  }),
}

const methods: Makers = {
  ...Object.fromEntries(
    [
      'GET',
      'get',
      'HEAD',
      'post',
      'POST',
      'PUT',
      'patch',
      'PATCH',
      'DELETE',
      'options',
      'QUERY',
      'CONNECT',
      'TRACE',
      'NOT A METHOD',
      '',
    ].map(method => [`method ${method}`, () => method]),
  ),
  'a method of its own': () => ({ toString: () => 'PUT' }),
  'a method that is null': () => null,
  'a method that is a symbol': () => Symbol('method'),
}

const headers: Makers = {
  'a record': () => ({ 'x-a': '1', 'X-B': ' spaced ' }),
  'a record of numbers and capitals': () => ({ 'x-a': 1, 'X-A': undefined }),
  pairs: () => [
    ['x-a', '1'],
    ['x-a', '2'],
  ],
  'pairs that are none': () => [['x-a']],
  Headers: () => new Headers({ 'content-type': 'x/y', 'x-a': '1' }),
  'a Map': () => new Map([['x-a', '1']]),
  'inherited ones': () => Object.assign(Object.create({ 'x-a': '1' }), { 'x-b': '2' }),
  'a name that is none': () => ({ 'not a name': '1' }),
  'a value that is none': () => ({ 'x-a': '1\n2' }),
  'a value of many bytes': () => ({ 'x-a': '☃' }),
  'Latin-1': () => ({ 'x-a': 'é' }),
  'an Authorization of its own': () => ({ authorization: 'Basic mine' }),
  'a symbol': () => ({ [Symbol('x-a')]: '1', 'x-b': '1' }),
  'a text': () => 'x-a: 1',
  'null headers': () => null,
}

const streamOf = (text: string) => new Blob([text]).stream()
const bodies: Makers = {
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
}

const signals: Makers = {
  live: () => new AbortController().signal,
  aborted: () => AbortSignal.abort(new Error('left')),
  'aborted with nothing said': () => AbortSignal.abort(),
  'null signal': () => null,
  'a signal that is none': () => ({ aborted: false }),
}

const any = (...values: readonly unknown[]): Makers =>
  Object.fromEntries(values.map(value => [String(value), () => value]))

const members: Readonly<Record<string, Makers>> = {
  method: methods,
  headers,
  body: bodies,
  duplex: any('half', 'half', 'half', 'full'),
  mode: any('cors', 'same-origin', 'no-cors', 'navigate', 'none', null),
  credentials: any('omit', 'include', 'none'),
  cache: any('default', 'no-store', 'no-cache', 'reload', 'only-if-cached', 'none'),
  redirect: any('follow', 'error', 'manual', 'none', { toString: () => 'manual' }),
  referrer: any('', 'about:client', 'http://127.0.0.1/page', 'http://'),
  referrerPolicy: any('', 'no-referrer', 'origin', 'none'),
  integrity: any('', 'sha256-AAAA'),
  keepalive: any(true, false, 0, 1, null),
  signal: signals,
  priority: any('low', 'none'),
  window: any(null, 7),
  unknown: any(1),
}

/** What an init may be made of its members. */
const shapes: Readonly<Record<string, (init: object) => unknown>> = {
  plain: init => init,
  frozen: init => Object.freeze(init),
  'without a prototype': init => Object.assign(Object.create(null), init),
  inherited: init => Object.create(init),
  'not enumerable': init =>
    Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(init).map(([name, value]) => [name, { value, enumerable: false }])),
    ),
  'getters of a class': init => {
    class Given {}
    for (const [name, value] of Object.entries(init))
      Object.defineProperty(Given.prototype, name, { get: () => value, enumerable: false })
    return new Given()
  },
  'a function': init => Object.defineProperties(() => {}, Object.getOwnPropertyDescriptors(init)),
  'a Proxy': init => new Proxy(init, {}),
}

const inits: Makers = {
  nothing: () => undefined,
  null: () => null,
  'a text': () => 'init',
  'an empty text': () => '',
  'a number': () => 7,
  'a Request': origin =>
    new Request(origin, { method: 'PUT', body: 'of the init', headers: { 'x-init': '1' }, redirect: 'manual' }),
}

const nameIn = (table: object) => fc.constantFrom(...Object.keys(table))

/** A call by names: what is made of it is made anew each time. */
export interface FetchCall {
  readonly input: readonly [kind: 'text', wrapper: string, text: string] | readonly [kind: 'other', name: string]
  readonly init:
    | { readonly shape: string; readonly members: Readonly<Record<string, string | undefined>> }
    | string
    | undefined
}

export const fetchCall: fc.Arbitrary<FetchCall> = fc.record({
  input: fc.oneof(
    { arbitrary: fc.tuple(fc.constant('text' as const), nameIn(wrappers), nameIn(texts)), weight: 5 },
    { arbitrary: fc.tuple(fc.constant('text' as const), nameIn(wrappers), fc.constantFrom(...paths)), weight: 10 },
    { arbitrary: fc.tuple(fc.constant('other' as const), nameIn(others)), weight: 1 },
  ),
  init: fc.oneof(
    {
      arbitrary: fc.record({
        shape: fc.oneof({ arbitrary: fc.constant('plain'), weight: 3 }, nameIn(shapes)),
        members: fc.record(Object.fromEntries(Object.entries(members).map(([name, table]) => [name, nameIn(table)])), {
          requiredKeys: [],
        }),
      }),
      weight: 6,
    },
    // Most of what is drawn at random is wrong somewhere; of these more is right.
    {
      arbitrary: fc.record({
        shape: nameIn(shapes),
        members: fc.record(
          {
            method: fc.constantFrom('method POST', 'method PUT', 'method patch'),
            body: nameIn(bodies),
            headers: fc.constantFrom('a record', 'pairs', 'Headers'),
            duplex: fc.constant('half'),
          },
          { requiredKeys: ['method', 'duplex'] },
        ),
      }),
      weight: 6,
    },
    { arbitrary: nameIn(inits), weight: 2 },
  ),
})

const made = (table: Makers, name: string, origin: string) => table[name]?.(origin)

/** The arguments, made anew; what cannot even be made stands as the error of making it. */
export const makeArguments = ({ input, init }: FetchCall, origin: string): readonly [input: unknown, init: unknown] => {
  const target =
    input[0] === 'other' ? made(others, input[1], origin) : wrappers[input[1]]?.(String(made(texts, input[2], origin)))
  if (typeof init !== 'object') return [target, made(inits, String(init), origin)]
  const given = Object.fromEntries(
    Object.entries(init.members).map(([name, value]) => [name, made(members[name] ?? {}, String(value), origin)]),
  )
  return [target, shapes[init.shape]?.(given)]
}
