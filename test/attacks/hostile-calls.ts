import type { RootClient } from '../../src/client/client.ts'
import { turning } from '../support/turning.ts'
import { goodHost } from './hostile-urls.ts'

const home = `https://${goodHost}/home`

/** A call, and what is changed while it waits for a refresh. */
export interface Attack {
  readonly send: (client: RootClient) => Promise<unknown>
  readonly spoil?: () => unknown
}

const showing = (request: object, url: string) => Object.defineProperty(request, 'url', { value: url })
const plain = { throwHttpErrors: false, retry: 0 } as const
const withHook = (name: string, hook: (given: never) => unknown) => ({ ...plain, hooks: { [name]: [hook] } }) as object

/** Makes the class now: a page may have replaced `Request`. */
const requestShowing = (text: string, shown: string) => {
  class Shown extends Request {
    override get url() {
      return shown
    }
    override get headers() {
      return new Headers({ authorization: 'mine' })
    }
    override clone() {
      return new Request(shown) as never
    }
  }
  return new Shown(text)
}

/** Through `client.fetch`: what a page may pass for a URL. */
const inputs: Readonly<Record<string, (text: string) => { readonly input: unknown; readonly spoil?: () => unknown }>> =
  {
    text: text => ({ input: text }),
    'a String': text => ({ input: new String(text) }),
    'a list of one text': text => ({ input: [text] }),
    'a URL': text => ({ input: new URL(text) }),
    'a Request': text => ({ input: new Request(text) }),
    'a text that turns into a trusted one': text => ({ input: turning(text, home) }),
    'a trusted text that turns': text => ({ input: turning(home, text) }),
    'a URL that is changed later': text => {
      const input = new URL(home)
      return {
        input,
        spoil: () => {
          if (URL.canParse(text)) input.href = text
        },
      }
    },
    'a Request whose class shows another URL': text => ({ input: requestShowing(text, home) }),
    'a Request of a trusted URL whose class shows another': text => ({ input: requestShowing(home, text) }),
    'a Request whose url is defined anew later': text => {
      const input = new Request(text)
      return { input, spoil: () => showing(input, home) }
    },
    'a Request with another prototype': text => ({
      input: Object.setPrototypeOf(new Request(text), Object.create(Request.prototype, { url: { value: home } })),
    }),
    'a Proxy of a Request': text => ({
      input: new Proxy(new Request(text), { get: (_, name) => (name === 'url' ? home : undefined) }),
    }),
    'an object like a Request': text => ({ input: { url: home, method: 'GET', toString: () => text } }),
  }

/** Through ky: what its options and hooks may do with a URL. */
const kyCalls: Readonly<Record<string, (text: string) => Attack['send']>> = {
  'ky: text': text => client => client.get(text, plain),
  'ky: a URL': text => client => client.get(new URL(text), plain),
  'ky: a Request': text => client => client(new Request(text), plain),
  'ky: a base URL': text => client => client.get('x', { ...plain, baseUrl: text }),
  'ky: a prefix': text => client => client.get('x', { ...plain, prefix: text }),
  'ky: behind a prefix': text => client => client.get(text, { ...plain, prefix: `https://${goodHost}` }),
  'ky: extend({ baseUrl })': text => client => client.extend({ baseUrl: text }).get('x', plain),
  'ky: extend({ prefix })': text => client => client.extend({ prefix: text }).get('x', plain),
  'ky: create({ prefix })': text => client => client.create({ prefix: text }).get('x', plain),
  'ky: a function form of extend': text => client =>
    client.extend(parent => ({ ...parent, prefix: text })).get('x', plain),
  'ky: search parameters': text => client => client.get('x', { ...plain, searchParams: text }),
  'ky: a beforeRequest hook': text => client =>
    client.get(
      home,
      withHook('beforeRequest', () => new Request(text)),
    ),
  'ky: a beforeRequest hook that keeps the rest': text => client =>
    client.get(
      home,
      withHook('beforeRequest', ({ request }: { request: Request }) => new Request(text, request)),
    ),
  'ky: an init hook': text => client =>
    client.get(
      'x',
      withHook('init', (options: object) => void Object.assign(options, { baseUrl: text })),
    ),
  'ky: an init hook of an instance': text => client =>
    client.extend(withHook('init', (options: object) => void Object.assign(options, { prefix: text }))).get('x', plain),
  'ky: a beforeRetry hook': text => client =>
    client.get('flaky', {
      throwHttpErrors: false,
      retry: { limit: 1, delay: () => 0 },
      hooks: { beforeRetry: [() => new Request(text)] },
    }),
}

const ofInput =
  (make: (typeof inputs)[string], init?: RequestInit) =>
  (text: string): Attack => {
    const { input, spoil } = make(text)
    return { send: client => client.fetch(input as RequestInfo, init), ...(spoil && { spoil }) }
  }

/** Everything that can be done with a hostile URL. */
export const ways: Readonly<Record<string, (text: string) => Attack>> = {
  ...Object.fromEntries(Object.entries(inputs).map(([name, make]) => [name, ofInput(make)])),
  ...Object.fromEntries(
    Object.entries(inputs).map(([name, make]) => [`${name}, and an init`, ofInput(make, { method: 'PUT', body: 'x' })]),
  ),
  ...Object.fromEntries(
    Object.entries(kyCalls).map(([name, make]) => [name, (text: string) => ({ send: make(text) })]),
  ),
}
