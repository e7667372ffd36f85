import { streamOf } from './fetch-bodies.ts'
import { any, commonValues, type FetchValues, type Makers } from './fetch-values.ts'

type PageGlobal = typeof globalThis & {
  readonly TaskController?: new () => AbortController
}

/** The classes of another realm: `instanceof` is false for what they make. */
const foreign = (): typeof globalThis => {
  const known = document.querySelector<HTMLIFrameElement>('iframe[name=realm]')
  const frame = known ?? document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'realm' }))
  return frame.contentWindow as unknown as typeof globalThis
}

/** What an iframe made that is gone by now. */
const ofGoneFrame = <Made>(make: (realm: typeof globalThis) => Made): Made => {
  const frame = document.body.appendChild(document.createElement('iframe'))
  const made = make(frame.contentWindow as unknown as typeof globalThis)
  frame.remove()
  return made
}

class Counting extends Request {
  #reads = 0
  override get url() {
    this.#reads += 1
    return this.#reads > 1 ? 'https://later.test/' : super.url
  }
  override get mode() {
    return 'no-cors' as const
  }
  override get bodyUsed() {
    return true
  }
}

const formOfPage = () => {
  const form = document.createElement('form')
  form.innerHTML = '<input name="a" value="1 ä"><textarea name="b">x\ny</textarea><input type="file" name="c">'
  return new FormData(form)
}

let blobUrl: string | undefined
const texts: Makers = {
  'without its scheme': origin => `${origin.replace(/^\w+:/, '')}/echo`,
  'relative to the base': () => 'echo?relative',
  'up from the base': () => '../../../../../echo',
  '/elsewhere/302': origin => `${origin}/elsewhere/302`,
  '/elsewhere/307': origin => `${origin}/elsewhere/307`,
  'a blob URL': () => {
    blobUrl ??= URL.createObjectURL(new Blob(['of a blob'], { type: 'text/plain' }))
    return blobUrl
  },
  'about:blank': () => 'about:blank',
  'a script': () => 'javascript:1',
  'a file': () => 'file:///etc/hostname',
  'data in base64': () => 'data:text/html;base64,aGk=',
}

const anchor = (href: string) => Object.assign(document.createElement('a'), { href })

const wrappers: FetchValues['wrappers'] = {
  'Request of an iframe': text => new (foreign().Request)(text),
  'Request of an iframe with a body': text =>
    new (foreign().Request)(text, { method: 'POST', body: 'of an iframe', headers: { 'x-frame': '1' } }),
  'Request of an iframe with a form': text => {
    const realm = foreign()
    const body = new realm.FormData()
    body.append('file', new realm.File(['file'], 'ä.txt'))
    return new realm.Request(text, { method: 'POST', body })
  },
  'Request of a gone iframe': text => ofGoneFrame(realm => new realm.Request(text, { method: 'POST', body: 'x' })),
  'Request of a gone iframe with headers and a signal': text =>
    ofGoneFrame(
      realm =>
        new realm.Request(text, {
          method: 'PUT',
          body: new realm.URLSearchParams({ a: '1' }),
          headers: { 'x-frame': '1' },
          signal: new realm.AbortController().signal,
        }),
    ),
  'Request of a gone iframe without a body': text => ofGoneFrame(realm => new realm.Request(text)),
  'Request of the page of a Request of an iframe': text =>
    new Request(new (foreign().Request)(text, { method: 'POST', body: 'of an iframe', headers: { 'x-frame': '1' } })),
  'URL of an iframe': text => new (foreign().URL)(text),
  'text of an iframe': text => new (foreign().String)(text),
  anchor,
  'Request of a class that counts': text => new Counting(text, { method: 'POST', body: 'x' }),
  'Request of the page': text =>
    new Request(text, { mode: 'same-origin', referrer: '/another-page', credentials: 'include', priority: 'low' }),
  'Request without CORS': text => new Request(text, { mode: 'no-cors' }),
  'Request with a stream': text =>
    new Request(text, { method: 'POST', body: streamOf('stream'), duplex: 'half' } as RequestInit),
  'Request that outlives its page': text => new Request(text, { method: 'POST', body: 'x', keepalive: true }),
  'Request in a Proxy': text => new Proxy(new Request(text), {}),
}

const headers: Makers = {
  'Headers of an iframe': () => new (foreign().Headers)({ 'x-a': '1', 'content-type': 'x/y' }),
  'names that browsers keep for themselves': () => ({ cookie: 'a=1', host: 'x.test', 'sec-a': '1', 'x-a': '1' }),
  'a range': () => ({ range: 'bytes=0-1' }),
  'a language': () => ({ 'accept-language': 'tlh', accept: 'text/x' }),
  'pairs of an iframe': () => new (foreign().Array)(['x-a', '1'], ['x-b', '2']),
  'Headers of a gone iframe': () => ofGoneFrame(realm => new realm.Headers({ 'x-a': '1', 'x-b': '2' })),
  'a content type without a body': () => ({ 'content-type': 'application/json' }),
}

const bodies: Makers = {
  'form of the page': formOfPage,
  'form of an iframe': () => {
    const form = new (foreign().FormData)()
    form.append('a', new (foreign().Blob)(['file']), 'a.txt')
    return form
  },
  'form fields of an iframe': () => new (foreign().URLSearchParams)({ a: '1 ä' }),
  'Blob of an iframe': () => new (foreign().Blob)(['blob'], { type: 'text/x' }),
  'buffer of an iframe': () => new (foreign().Uint8Array)([1, 2, 3]).buffer,
  'part of a buffer of an iframe': () => new (foreign().Uint8Array)([1, 2, 3]).subarray(1),
  'stream of an iframe': () => new (foreign().Blob)(['stream']).stream(),
  'form of a gone iframe': () =>
    ofGoneFrame(realm => {
      const form = new realm.FormData()
      form.append('a', '1')
      return form
    }),
  'form fields of a gone iframe': () => ofGoneFrame(realm => new realm.URLSearchParams({ a: '1' })),
  'buffer of a gone iframe': () => ofGoneFrame(realm => new realm.Uint8Array([1, 2, 3]).buffer),
  'Blob of a gone iframe': () => ofGoneFrame(realm => new realm.Blob(['gone'])),
  // undici takes its text.
  'form fields of a class': () =>
    new (class extends URLSearchParams {
      override toString() {
        return 'shown=1'
      }
    })('a=1'),
  'stream that fails': () =>
    new ReadableStream({
      pull: () => {
        throw new RangeError('of the stream')
      },
    }),
  'stream of texts': () => new ReadableStream({ start: stream => stream.enqueue('text') }),
  'stream of a response': () => new Response('of a response').body,
  'a document': () => document.implementation.createHTMLDocument('title'),
}

const signals: Makers = {
  'live of an iframe': () => new (foreign().AbortController)().signal,
  'aborted of an iframe': () => foreign().AbortSignal.abort(new Error('left')),
  'live of a gone iframe': () => ofGoneFrame(realm => new realm.AbortController().signal),
  'aborted of a gone iframe': () => ofGoneFrame(realm => realm.AbortSignal.abort(new Error('left'))),
  'of several': () => AbortSignal.any([new AbortController().signal, AbortSignal.timeout(60_000)]),
  'of a task': () => {
    const { TaskController = AbortController } = globalThis as PageGlobal
    return new TaskController().signal
  },
}

// An empty text is the page itself, which is not of the echo server.
const {
  members,
  texts: { empty: _, ...commonTexts },
} = commonValues

/** What pages have besides. */
export const valuesOfPages: FetchValues = {
  ...commonValues,
  paths: [
    ...commonValues.paths,
    '/elsewhere/302',
    '/elsewhere/307',
    'relative',
    'relative to the base',
    'up from the base',
  ],
  texts: { ...commonTexts, ...texts },
  wrappers: { ...commonValues.wrappers, ...wrappers },
  members: {
    ...members,
    headers: { ...members['headers'], ...headers },
    body: { ...members['body'], ...bodies },
    signal: { ...members['signal'], ...signals },
    mode: { ...members['mode'], ...any('websocket', 'same-origin') },
    credentials: any('omit', 'same-origin', 'include', 'none'),
    referrer: {
      ...any('', 'about:client', '/another-page', 'https://elsewhere.test/page', 'http://'),
      'the page': () => location.href,
    },
    referrerPolicy: any('', 'no-referrer', 'origin', 'unsafe-url', 'same-origin', 'none'),
    priority: any('low', 'high', 'auto', 'none'),
    cache: any('default', 'no-store', 'no-cache', 'reload', 'force-cache', 'only-if-cached', 'none'),
    targetAddressSpace: any('loopback', 'none'),
  },
}
