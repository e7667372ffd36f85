import { bodies } from './fetch-bodies.ts'
import { headers } from './fetch-headers.ts'

/** Makes a value anew, since what one `fetch` was given is used up. By name, so that a counterexample can be read. */
export type Makers = Readonly<Record<string, (origin: string) => unknown>>

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
  'Request with a locked body': text => {
    const request = new Request(text, { method: 'POST', body: 'x' })
    request.body?.getReader()
    return request
  },
  'Request of a Request': text =>
    new Request(new Request(text, { method: 'POST', body: 'of the first', headers: { 'x-first': '1' } }), {
      method: 'PUT',
    }),
  'Request that was cloned': text => {
    const request = new Request(text, { method: 'POST', body: 'cloned' })
    request.clone()
    return request
  },
  'clone of a Request': text => new Request(text, { method: 'POST', body: new Blob(['cloned']) }).clone(),
  'Request with a body that is empty': text => new Request(text, { method: 'POST', body: '' }),
  'Request with integrity': text => new Request(text, { integrity: 'sha256-AAAA' }),
  'Request whose headers are its own': text => {
    const request = new Request(text, { method: 'POST', body: 'x' })
    request.headers.set('content-type', 'x/y')
    request.headers.append('x-own', '1')
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
  'a list of one text': origin => [`${origin}/echo`],
  'a Response': () => new Response('x'),
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

const signalInProxy = () => new Proxy(new AbortController().signal, {})
/** WebKit takes a Proxy for the signal in it, against WebIDL, as long as nothing reads it; a client reads whether it is aborted. */
const takesProxies = () => {
  try {
    return Boolean(new Request('https://api.test/', { signal: signalInProxy() }))
  } catch {
    return false
  }
}

const signals: Makers = {
  live: () => new AbortController().signal,
  aborted: () => AbortSignal.abort(new Error('left')),
  'aborted with nothing said': () => AbortSignal.abort(),
  'null signal': () => null,
  'a signal that is none': () => ({ aborted: false }),
  'aborted with a text': () => AbortSignal.abort('left'),
  'aborted with null': () => AbortSignal.abort(null),
  ...(takesProxies() ? {} : { 'a signal in a Proxy': signalInProxy }),
  'aborted, of several': () => AbortSignal.any([new AbortController().signal, AbortSignal.abort(new Error('left'))]),
}

export const any = (...values: readonly unknown[]): Makers =>
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
  'a Proxy that is revoked': init => {
    const { proxy, revoke } = Proxy.revocable(init, {})
    revoke()
    return proxy
  },
  'getters that fail': init =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        Object.keys(init).map(name => [
          name,
          {
            enumerable: true,
            get: () => {
              throw new TypeError('no member')
            },
          },
        ]),
      ),
    ),
  'getters that answer once': init =>
    Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(init).map(([name, value]) => {
          let asked = 0
          const get = () => {
            asked += 1
            return asked === 1 ? value : undefined
          }
          return [name, { get, enumerable: true }]
        }),
      ),
    ),
  'a list': init => Object.assign([], init),
}

const inits: Makers = {
  nothing: () => undefined,
  null: () => null,
  'a text': () => 'init',
  'an empty text': () => '',
  'a number': () => 7,
  'an empty object': () => ({}),
  'a Response': () => new Response('of a Response', { headers: { 'x-response': '1' } }),
  'a Request': origin =>
    new Request(origin, { method: 'PUT', body: 'of the init', headers: { 'x-init': '1' }, redirect: 'manual' }),
}

/** What calls are drawn from. */
export interface FetchValues {
  /** Paths of the echo server. */
  readonly paths: readonly string[]
  /** Texts of URLs. */
  readonly texts: Makers
  /** What a text is wrapped in: a `URL`, a `Request`. */
  readonly wrappers: Readonly<Record<string, (text: string) => unknown>>
  /** Inputs that have no text. */
  readonly others: Makers
  /** Values of an init's members. */
  readonly members: Readonly<Record<string, Makers>>
  /** What an init is made of its members. */
  readonly shapes: Readonly<Record<string, (init: object) => unknown>>
  /** Inits that have no members. */
  readonly inits: Makers
}

/** What any platform with a `fetch` has. */
export const commonValues: FetchValues = { paths, texts, wrappers, others, members, shapes, inits }
