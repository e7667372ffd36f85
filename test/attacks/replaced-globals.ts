/** A process of its own, since no test runner could go on in it. Writes what came of each replacement, as a line of JSON. */
import { build } from 'esbuild'
import { root } from '../support/project.ts'

const names = ['Request', 'Headers', 'Response', 'AbortController', 'Promise', 'URL', 'JSON'] as const
type Name = (typeof names)[number]
type Library = typeof import('../../src/index.ts')
type Client = ReturnType<Library['createClient']>

/** What the network and this program are made of, whatever the page has put in their place. */
const native = Object.fromEntries(names.map(name => [name, globalThis[name]])) as unknown as typeof globalThis
const replace = (name: Name, by: unknown) => void Object.assign(globalThis, { [name]: by })

/** A browser's own classes do not use those of the page. Node's do: with another `URL`, nothing could be sent at all. */
class PlatformRequest extends native.Request {
  constructor(...given: ConstructorParameters<typeof Request>) {
    const { URL, AbortController } = globalThis
    Object.assign(globalThis, { URL: native.URL, AbortController: native.AbortController })
    try {
      super(...given)
    } finally {
      Object.assign(globalThis, { URL, AbortController })
    }
  }
}
Object.assign(native, { Request: PlatformRequest })
replace('Request', PlatformRequest)

/** A page may have a class of its own of that name, which has nothing to do with the platform's. */
const replacements: Readonly<Record<string, (name: Name) => unknown>> = {
  'an unrelated class': () =>
    class Unrelated {
      readonly kind = 'unrelated'
    },
  'a function that throws': () =>
    function refuse() {
      throw new TypeError('Illegal constructor')
    },
  'a class that fails every other time': name => {
    let calls = 0
    const fail = () => {
      calls += 1
      if (calls % 2) throw new TypeError('Not this time')
    }
    const parse = (text: string) => {
      fail()
      return JSON.parse(text)
    }
    if (name === 'JSON') return Object.create(native.JSON, { parse: { value: parse } })
    const Native = native[name] as typeof Request
    return class extends Native {
      constructor(...given: ConstructorParameters<typeof Request>) {
        fail()
        super(...given)
      }
    }
  },
  'a subclass': name => (name === 'JSON' ? Object.create(JSON) : class extends (native[name] as typeof Request) {}),
}

const moments = ['before the import', 'after the import', 'after createClient'] as const
type Moment = (typeof moments)[number]

/** The library as one script, so that it can be run anew in a page that is as it likes. */
const { outputFiles } = await build({
  stdin: { contents: "export { createClient } from './src/index.ts'", resolveDir: root },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'library',
  target: 'es2022',
  tsconfigRaw: {},
})
const importAnew = (): Library => new Function(`${outputFiles[0]?.text}; return library`)()

/** How a promise stands once everything has run that can. Uses nothing that was replaced. */
async function settle(begin: () => PromiseLike<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending'
  const note = (value: unknown) => {
    outcome = value
  }
  native.Promise.prototype.then.call(
    (async () => begin())(),
    () => note('fine'),
    error => note(error),
  )
  for (let turns = 0; turns < 200 && outcome === 'pending'; turns += 1)
    await new native.Promise(resolve => setImmediate(resolve))
  return outcome instanceof Error ? `Error: ${outcome.message}` : outcome
}

const good = 'https://api.test'
const foreign = 'https://evil.test'

/** The platform's own `fetch`: of its own classes, and it rejects all tokens but the third. */
function createPlatform() {
  const sends: string[] = []
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const { url, headers } = new native.Request(input, init)
    const authorization = headers.get('authorization')
    sends.push(`${new native.URL(url).origin} ${authorization}`)
    return new native.Response('fine', {
      status: /first|second/.test(`${authorization}`) ? (url.endsWith('/aged') ? 419 : 401) : 200,
    })
  }
  return { sends, fetch }
}

/** All ways to name a URL, by the platform's own classes, too: another script of the page may have kept them. */
const waysTo = (url: string): readonly ((client: Client) => PromiseLike<unknown>)[] => [
  client => client.fetch(url),
  client => client.fetch(new native.URL(url)),
  client => client.fetch(new native.Request(url)),
  client => client.fetch(url, { method: 'POST', body: 'x', headers: new native.Headers({ 'x-a': '1' }) }),
  client => client.get(url, { retry: 0 }),
  client => client.post(url, { retry: 0, json: {} }),
]

/** The first call, whose token is rejected. The app gives it up, and fails, where the client waits for its new body. */
async function sendAborted(client: Client): Promise<unknown> {
  const controller = new native.AbortController()
  const { signal } = controller
  const replay = async () => {
    controller.abort('given up')
    throw new Error('no body')
  }
  const body = new ReadableStream({ pull: stream => stream.close() })
  const sent = client.fetch(`${good}/x`, { method: 'POST', body, duplex: 'half', replay, signal } as RequestInit)
  return sent.then(
    () => Promise.reject(new Error('it was not given up')),
    error => (error === 'given up' ? null : Promise.reject(error)),
  )
}

/** Everything that comes of it in a page of which a global is another from that moment on. */
async function live(moment: Moment | 'never', swap: () => void) {
  const { sends, fetch } = createPlatform()
  const outcomes: unknown[] = []
  let client: Client | undefined
  /** What it waits for is the promise of an async function, which is no instance of another `Promise`. */
  let asking: Client | undefined
  const begin = async () => {
    if (moment === 'before the import') swap()
    const { createClient } = importAnew()
    if (moment === 'after the import') swap()
    const refresh = async ({ refreshToken }: { readonly refreshToken?: string | undefined }) =>
      refreshToken === 'r1'
        ? { accessToken: 'second', refreshToken: 'r2' }
        : { accessToken: 'third', refreshToken: 'r3' }
    client = createClient({ baseUrl: good, fetch, refresh, limits: { patienceMs: 0 } })
    const shouldRefresh = async ({ status }: { readonly status: number }) => status === 419
    asking = createClient({
      baseUrl: good,
      sessionName: 'asking',
      fetch,
      refresh,
      shouldRefresh,
      limits: { patienceMs: 0 },
    })
    if (moment === 'after createClient') swap()
    await asking.session.signIn({ accessToken: 'second', refreshToken: 'r2' })
    return client.session.signIn({ accessToken: 'first', refreshToken: 'r1' })
  }
  outcomes.push(await settle(begin))
  const steps: string[] = []
  for (const watched of [client, asking])
    watched?.session.on('request', event => {
      steps.push(`${event.id} ${event.step} ${'status' in event ? event.status : ''}`)
    })
  if (client) outcomes.push(await settle(async () => sendAborted(client as Client)))
  for (const url of [`${good}/x`, `${foreign}/x`, `${good}/y`])
    for (const send of waysTo(url)) if (client) outcomes.push(await settle(async () => send(client as Client)))
  if (asking) outcomes.push(await settle(async () => (asking as Client).fetch(`${good}/aged`)))
  for (const name of names) replace(name, native[name])
  client?.dispose()
  asking?.dispose()
  return { sends: [...new Set(sends)], outcomes: [...new Set(outcomes)], steps }
}

const unhandled: string[] = []
process.on('unhandledRejection', error => unhandled.push(String(error)))

async function report(moment: Moment | 'never', name: Name, kind: string): Promise<void> {
  const by = replacements[kind]?.(name)
  const found = await live(moment, () => replace(name, by))
  console.log(JSON.stringify({ moment, name, kind, ...found, unhandled: unhandled.splice(0) }))
}

/** A `Promise` that fails at times would reject what the page itself waits for. */
const isSensible = (name: Name, kind: string) => name !== 'Promise' || kind !== 'a class that fails every other time'

for (const moment of moments)
  for (const name of names)
    for (const kind of Object.keys(replacements)) if (isSensible(name, kind)) await report(moment, name, kind)
await report('never', 'JSON', 'a subclass')
process.exit()
