/**
 * What native shells put into a page, emulated after their sources: the same text runs in Node and in browsers. `installBridge`
 * takes the kind and `handle(message, reply, reject)`, the shell's side; it returns how to remove it, and how the shell posts.
 */
export const bridgeScript = `
const installBridge = (kind, handle, name = 'latchkey') => {
  const asText = value => (typeof value === 'string' ? value : JSON.stringify(value))
  const asPromise = message => new Promise((resolve, reject) => handle(message, resolve, reject))
  const dispatch = (target, value) => target.dispatchEvent(new MessageEvent('message', { data: asText(value) }))
  const set = {}
  let post = value => dispatch(globalThis, value)
  if (kind === 'ios') {
    set.webkit = { messageHandlers: { [name]: { postMessage: body => asPromise(JSON.parse(body)) } } }
  } else if (kind === 'ios-without-reply') {
    set.webkit = { messageHandlers: { [name]: { postMessage: body => void handle(JSON.parse(body), post) } } }
  } else if (kind === 'capacitor') {
    // A plugin has every property: each is a call to the native side, 'then' too, and does not end.
    const plugin = new Proxy({}, { get: () => () => new Promise(() => {}) })
    set.Capacitor = {
      Plugins: { [name]: plugin },
      PluginHeaders: [{ name, methods: [{ name: 'send' }] }],
      nativePromise: (plugin, method, options) => asPromise(method === 'send' && plugin === name ? options : null),
    }
    set[name] = plugin
  } else if (kind === 'flutter') {
    set.flutter_inappwebview = {
      callHandler(handler, ...args) {
        return handler === name && this === set.flutter_inappwebview ? asPromise(args[0]) : Promise.resolve(null)
      },
    }
  } else if (kind === 'android') {
    const listeners = new Set()
    post = value => { for (const listener of [...listeners]) listener({ data: asText(value) }) }
    set[name] = {
      onmessage: null,
      postMessage: text => void handle(JSON.parse(text), post),
      addEventListener: (type, listener) => void (type === 'message' && listeners.add(listener)),
      removeEventListener: (type, listener) => void listeners.delete(listener),
      get size() { return listeners.size },
    }
  } else {
    if (kind === 'react-native-android') post = value => dispatch(document, value)
    set.ReactNativeWebView = { postMessage: text => void handle(JSON.parse(text), post) }
  }
  Object.assign(globalThis, set)
  return { post, remove: () => { for (const key of Object.keys(set)) delete globalThis[key] } }
}
`

export type BridgeKind = (typeof bridgeKinds)[number]

export const bridgeKinds = [
  'ios',
  'ios-without-reply',
  'capacitor',
  'flutter',
  'android',
  'react-native',
  'react-native-android',
] as const

/** What a bridge does with the second of two refreshes: the session of the first must outlive it. */
export const caseScript = `
const alice = number => ({ accessToken: 'access-' + number, subject: 'alice', expiresInSeconds: 300 })
const signedIn = (id, session) => ({ latchkey: 1, id, status: 'signed-in', session })

const cases = {
  'once': ({ id }, reply) => reply(signedIn(id, alice(2))),
  'as JSON': ({ id }, reply) => reply(JSON.stringify(signedIn(id, alice(2)))),
  'twice': ({ id }, reply) => {
    reply(signedIn(id, alice(2)))
    reply(signedIn(id, { ...alice(3), subject: 'mallory' }))
  },
  'with the id of another message': ({ id }, reply) => reply(signedIn('1' + id, alice(2))),
  'never': () => {},
  'null': (message, reply) => reply(null),
  'text that is no JSON': (message, reply) => reply('<html>'),
  'a number': (message, reply) => reply(17),
  'an empty object': (message, reply) => reply({}),
  'an array': (message, reply) => reply([1]),
  'another version': ({ id }, reply) => reply({ ...signedIn(id, alice(2)), latchkey: 2 }),
  'tokens without the protocol': (message, reply) => reply(alice(2)),
  'an unknown status': ({ id }, reply) => reply({ latchkey: 1, id, status: 'over' }),
  'a session without a token': ({ id }, reply) => reply(signedIn(id, { user: 'alice' })),
  'a session that is text': ({ id }, reply) => reply(signedIn(id, 'access-2')),
  'declined': ({ id }, reply) => reply({ latchkey: 1, id, status: 'declined' }),
  'unavailable': ({ id }, reply) => reply({ latchkey: 1, id, status: 'unavailable', retryAfterSeconds: 7 }),
  'an error that looks like a 401': (message, reply, reject) => {
    if (!reject) return
    reject(Object.assign(new Error('no'), { status: 401, code: 'invalid_grant', error: 'invalid_grant' }))
  },
  'signed-out': ({ id }, reply) => reply({ latchkey: 1, id, status: 'signed-out' }),
}

const runCase = async (kind, name, isSilent) => {
  let count = 0
  let late
  const shell = installBridge(kind, (message, reply, reject) => {
    count += 1
    if (count === 1) return reply(signedIn(message.id, alice(1)))
    late = () => reply(signedIn(message.id, alice(9)))
    cases[name](message, reply, reject)
  })
  const client = createClient({
    baseUrl: 'https://api.example.com/',
    refresh: shellRefresh(),
    limits: { refreshTimeoutMs: isSilent ? 100 : 5000, patienceMs: 0 },
  })
  const first = (await client.session.ready()).subject
  const outcome = await client.session.refresh().then(() => 'refreshed', error => error.reason)
  if (name === 'never') late()
  await new Promise(resolve => setTimeout(resolve))
  const { status, subject } = client.session.getSnapshot()
  const token = status === 'signed-in' ? await client.session.getAccessToken() : null
  client.dispose()
  shell.remove()
  return [first, outcome, status, subject, token].join(' · ')
}
const runCases = async (kind, expected) => {
  const table = {}
  for (const name of Object.keys(cases)) table[name] = await runCase(kind, name, /timeout/.test(expected[name]))
  return table
}
`

const kept = (reason: string) => `alice · ${reason} · signed-in · alice · access-1`
const refreshed = 'alice · refreshed · signed-in · alice · access-2'

/** What a bridge that returns a promise, and one that posts, make of each case: only of garbage a posting one hears nothing. */
export const expectedOutcomes = (kind: string): Readonly<Record<string, string>> => {
  const isPosting = /without|android|react/.test(kind)
  const nonsense = kept(isPosting ? 'timeout' : 'network')
  return {
    once: refreshed,
    'as JSON': refreshed,
    twice: refreshed,
    'with the id of another message': nonsense,
    never: kept('timeout'),
    null: nonsense,
    'text that is no JSON': nonsense,
    'a number': nonsense,
    'an empty object': nonsense,
    'an array': nonsense,
    'another version': nonsense,
    'tokens without the protocol': nonsense,
    'an unknown status': kept('network'),
    'a session without a token': kept('unreadable-response'),
    'a session that is text': kept('unreadable-response'),
    declined: kept('unreadable-response'),
    unavailable: kept('status'),
    'an error that looks like a 401': nonsense,
    'signed-out': 'alice · refresh-rejected · signed-out ·  · ',
  }
}
