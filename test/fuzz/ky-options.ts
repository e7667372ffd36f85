import fc from 'fast-check'
import type { Hooks, Options } from 'ky'

/** What hooks and callbacks saw, in their order. */
export type Log = string[]

/** One part of an option object; made anew for each client, with a log of its own. */
type Maker = (log: Log) => Options
type Makers = Readonly<Record<string, Maker>>

const hook =
  (hooks: (log: Log) => Hooks): Maker =>
  log => ({ hooks: hooks(log) })
const pathOf = ({ url }: { readonly url: string }) => new URL(url).pathname + new URL(url).search

const hooks: Makers = {
  'beforeRequest that reads': hook(log => ({
    beforeRequest: [
      ({ request, retryCount }) => void log.push(`before ${request.method} ${pathOf(request)} ${retryCount}`),
    ],
  })),
  'beforeRequest that sets a header': hook(() => ({
    beforeRequest: [({ request }) => request.headers.set('x-hook', '1')],
  })),
  'beforeRequest that returns a request': hook(() => ({
    beforeRequest: [({ request }) => new Request(request, { headers: { 'x-new': '1' } })],
  })),
  'beforeRequest that returns a response': hook(() => ({ beforeRequest: [() => new Response('from the hook')] })),
  'beforeRequest that throws': hook(() => ({
    beforeRequest: [
      () => {
        throw new RangeError('of the hook')
      },
    ],
  })),
  'afterResponse that reads': hook(log => ({
    afterResponse: [({ response, retryCount }) => void log.push(`after ${response.status} ${retryCount}`)],
  })),
  'afterResponse that replaces': hook(() => ({
    afterResponse: [({ response }) => new Response('replaced', { status: response.status })],
  })),
  'beforeRetry that reads': hook(log => ({
    beforeRetry: [({ error, retryCount }) => void log.push(`retry ${error.name} ${retryCount}`)],
  })),
  'beforeError that reads': hook(log => ({
    beforeError: [
      ({ error }) => {
        log.push(`error ${error.name}`)
        return error
      },
    ],
  })),
  'beforeError that replaces': hook(() => ({
    beforeError: [({ error }) => Object.assign(error, { message: 'changed' })],
  })),
}

const always =
  (options: Options): Maker =>
  () =>
    options
const plain: Makers = {
  'retry 0': always({ retry: 0 }),
  'retry 1': always({ retry: { limit: 1, delay: () => 1 } }),
  'retry twice, POST too': always({ retry: { limit: 2, methods: ['get', 'post'], delay: () => 1 } }),
  'retry 404': always({ retry: { limit: 1, statusCodes: [404], delay: () => 1 } }),
  'retry after a timeout': always({ retry: { limit: 1, retryOnTimeout: true, delay: () => 1 } }),
  'retry as a function says': log => ({
    retry: {
      limit: 2,
      delay: () => 1,
      shouldRetry: ({ error, retryCount }) => {
        log.push(`should ${error.name} ${retryCount}`)
        return retryCount < 2
      },
    },
  }),
  'no errors thrown': always({ throwHttpErrors: false }),
  'errors from 500 on': always({ throwHttpErrors: status => status >= 500 }),
  'no timeout': always({ timeout: false }),
  'long timeout': always({ timeout: 20_000 }),
  'long total timeout': always({ totalTimeout: 20_000 }),
  headers: always({ headers: { 'x-a': '1', 'X-B': '2' } }),
  'other headers': always({ headers: new Headers({ 'x-a': '3', accept: 'text/plain' }) }),
  'a header taken away': always({ headers: { 'x-a': undefined } }),
  'query as an object': always({ searchParams: { a: 1, b: true, c: 'ä b' } }),
  'query as text': always({ searchParams: '?d=1&a=2' }),
  'query as URLSearchParams': always({
    searchParams: new URLSearchParams([
      ['a', '1'],
      ['a', '2'],
    ]),
  }),
  json: always({ json: { title: 'naïve 🔑', nested: [1, null] } }),
  'json with a toJSON': always({ json: new Date(0) }),
  'own stringifyJson': always({ stringifyJson: value => `{"own":${JSON.stringify(value)}}` }),
  'own parseJson': always({ parseJson: text => ({ parsed: text.length }) }),
  'text body': always({ body: 'text' }),
  'form body': () => {
    const form = new FormData()
    form.append('file', new File(['file'], 'a.txt'))
    return { body: form }
  },
  context: always({ context: { a: 1 } }),
  prefix: always({ prefix: '/moved-under/' }),
  'cache no-store': always({ cache: 'no-store' }),
  'redirect manual': always({ redirect: 'manual' }),
  'credentials omit': always({ credentials: 'omit' }),
  'download progress': log => ({ onDownloadProgress: ({ percent }) => void log.push(`down ${percent}`) }),
  'aborted signal': always({ signal: AbortSignal.abort(new Error('left')) }),
  'live signal': () => ({ signal: new AbortController().signal }),
  'undefined options': always({ timeout: undefined, headers: undefined } as unknown as Options),
}

const makers: Makers = { ...hooks, ...plain }

/** One option object, as the names of its parts. */
const layer = fc.uniqueArray(fc.constantFrom(...Object.keys(makers)), { maxLength: 4 })

export const makeOptions = (names: readonly string[], log: Log): Options => {
  const parts = names.map(name => makers[name]?.(log) ?? {})
  const merged = Object.assign({}, ...parts) as Options
  const lists = parts.flatMap(({ hooks: given }) => Object.entries(given ?? {}))
  if (lists.length > 0) {
    const byName: Record<string, unknown[]> = {}
    for (const [name, list] of lists) byName[name] = [...(byName[name] ?? []), ...(list as unknown[])]
    merged.hooks = byName as Hooks
  }
  return merged
}

export const kyCall = fc.record({
  defaults: layer,
  extensions: fc.array(fc.record({ options: layer, byFunction: fc.boolean() }), { maxLength: 2 }),
  options: layer,
  method: fc.constantFrom('get', 'post', 'put', 'patch', 'delete', 'head', 'call'),
  path: fc.constantFrom(
    'echo',
    '/echo?q=1',
    'status/404',
    'status/500',
    'status/503',
    'status/204',
    'moved/302',
    'flaky',
    'hang',
  ),
  input: fc.constantFrom('text', 'URL', 'Request'),
  read: fc.constantFrom('response', 'text', 'json', 'blob', 'arrayBuffer', 'bytes'),
})
