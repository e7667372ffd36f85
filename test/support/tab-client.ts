/**
 * What runs in a page of the several-page tests: the built library, with gates in the app's own refresh and store. Texts,
 * since they run in another program; `args` is what the body sees of its arguments.
 */

/** Takes away what a browser may lack, before the library is loaded. Puts `tab` on the window that it runs in. */
export const startClient = `
const { missing, offsetMs, gates, store, refreshTimeoutMs, storeTimeoutMs } = args[0]
const remove = {
  'Web Locks': () => Object.defineProperty(navigator, 'locks', { value: undefined }),
  'BroadcastChannel': () => { window.BroadcastChannel = undefined },
  'IndexedDB': () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
  'localStorage': () => Object.defineProperty(window, 'localStorage', {
    get() { throw new DOMException('denied', 'SecurityError') },
  }),
}
for (const name of missing) remove[name]()
const now = Date.now.bind(Date)
Date.now = () => now() + offsetMs

const { createClient, indexedDbStore, memoryStore, webStorageStore } = await import('latchkey')

const gate = {}
for (const name of gates) {
  const made = { isUsed: false }
  made.opened = new Promise(resolve => { made.open = resolve })
  made.reached = new Promise(resolve => { made.arrive = resolve })
  gate[name] = made
}
const pass = async name => {
  const here = gate[name]
  if (!here || here.isUsed) return
  here.isUsed = true
  here.arrive()
  await here.opened
}

const inner = { 'indexed-db': indexedDbStore, 'web-storage': webStorageStore, memory: memoryStore }[store]()
let seen = 0
const note = record => {
  if (record) seen = record.generation
  return record
}
const gated = {
  ...inner,
  read: async name => note(await inner.read(name)),
  async compareAndSet(name, expected, next) {
    if (next.generation > seen) await pass('before saving')
    const written = await inner.compareAndSet(name, expected, next)
    if (written) note(next)
    if (next.lease && !next.lease.closed) await pass('before sending')
    return written
  },
}

const ended = []
const api = createClient({
  sessionName: 'main',
  store: gated,
  limits: { refreshTimeoutMs, storeTimeoutMs },
  refresh: async ({ refreshToken, post }) => {
    const answer = await post('/auth/refresh', { refreshToken })
    await pass('after the answer')
    return answer
  },
})
api.session.on('ended', event => ended.push(event.reason))
await api.session.ready()

window.tab = {
  api,
  gate,
  async ask(atMs) {
    await new Promise(resolve => setTimeout(resolve, Math.max(0, atMs - now())))
    try {
      const response = await api.fetch('/api/todos')
      return { outcome: String(response.status), subject: response.ok ? (await response.json()).subject : null }
    } catch (error) {
      return { outcome: error.code || error.name, subject: null }
    }
  },
  look() {
    const { status, subject, generation } = api.session.getSnapshot()
    return { status, subject, generation, ended }
  },
}
`

/** The same in an iframe of the page's own origin. */
export const startFramedClient = `
const frame = document.createElement('iframe')
frame.src = '/page.html'
const loaded = new Promise(resolve => { frame.onload = resolve })
document.body.append(frame)
await loaded
const AsyncFunction = frame.contentWindow.eval('(async () => {}).constructor')
await new AsyncFunction('args', args[1])([args[0]])
window.tab = frame.contentWindow.tab
`
