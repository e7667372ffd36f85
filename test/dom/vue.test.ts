import { createClient } from 'latchkey'
import { useSession } from 'latchkey/vue'
import { createPinia, defineStore, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  createApp,
  createSSRApp,
  defineAsyncComponent,
  defineComponent,
  effectScope,
  h,
  nextTick,
  Suspense,
  watch,
} from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createDeferred } from '../support/deferred.ts'
import { createNetwork } from '../support/network.ts'
import { watchSession } from '../support/watched-session.ts'

const user = (subject: string) => ({ accessToken: `access-of-${subject}`, refreshToken: 'r', subject })
const complaints: unknown[][] = []

beforeEach(() => {
  complaints.length = 0
  for (const level of ['error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void complaints.push(said))
})
afterEach(() => {
  expect(complaints).toEqual([])
})

function start() {
  const { fetch, sends } = createNetwork()
  const client = createClient({ baseUrl: 'https://api.example.com/', fetch, refresh: async () => user('alice') })
  onTestFinished(client.dispose)
  return { client, sends, watched: watchSession(client) }
}

/** The session as a component shows it: destructured. */
const createStatus = (client: ReturnType<typeof start>['watched']) => {
  const seen: string[] = []
  const Status = defineComponent(() => {
    const { status, subject } = useSession(client)
    return () => {
      seen.push(`${status.value} ${subject.value}`)
      return h('b', seen.at(-1))
    }
  })
  return { Status, seen }
}

const mount = (component: Parameters<typeof createApp>[0], create = createApp, html = '') => {
  const place = document.createElement('div')
  place.innerHTML = html
  const app = create(component)
  app.mount(place)
  return { app, place }
}

test.each([
  ['nothing', undefined],
  ['null', null],
  ['its session', createClient().session],
  ['an empty object', {}],
])('a client that is none (%s): says what to write', (_what, given) => {
  expect(() => effectScope().run(() => useSession(given as never))).toThrow(
    '`client`: write what `createClient` returned',
  )
})

describe('useSession in setup', () => {
  test('shows every change of the session in its first state, and renders for no request', async () => {
    const { client, sends, watched } = start()
    await client.session.signIn(user('alice'))
    const { Status, seen } = createStatus(watched)
    const { app } = mount(Status)
    await Promise.all([client.get('a'), client.get('b')])
    await client.session.refresh()
    await nextTick()
    expect({ sends: sends.length, seen }).toEqual({ sends: 2, seen: ['signed-in alice'] })
    await client.session.signOut()
    await nextTick()
    expect(seen).toEqual(['signed-in alice', 'signed-out null'])
    app.unmount()
  })

  test('starts reading the session, and stops following it when the component is unmounted', async () => {
    const { watched } = start()
    const { Status, seen } = createStatus(watched)
    const { app } = mount(Status)
    await vi.waitFor(() => expect(seen).toEqual(['unknown null', 'signed-out null']))
    expect({ listeners: watched.listeners(), readies: watched.readies() }).toEqual({ listeners: 1, readies: 1 })
    app.unmount()
    expect(watched.listeners()).toBe(0)
  })

  test('shows "unknown" on a server, and starts nothing there', async () => {
    const { client, watched } = start()
    await client.session.signIn(user('alice'))
    const html = await renderToString(createSSRApp(createStatus(watched).Status))
    expect({ html, listeners: watched.listeners(), readies: watched.readies() }).toEqual({
      html: '<b>unknown null</b>',
      listeners: 0,
      readies: 0,
    })
  })

  test('hydrates what the server rendered although the session is known before, and then shows it', async () => {
    const { client, watched } = start()
    await client.session.signIn(user('alice'))
    const { Status, seen } = createStatus(watched)
    const Page = () => h('main', [h(Status)])
    const { place } = mount(Page, createSSRApp, '<main><b>unknown null</b></main>')
    await nextTick()
    expect({ seen, html: place.innerHTML }).toEqual({
      seen: ['unknown null', 'signed-in alice'],
      html: '<main><b>signed-in alice</b></main>',
    })
  })

  test('hydrates what the server rendered in components that arrive later, or wait in their setup', async () => {
    const { client, watched } = start()
    await client.session.signIn(user('alice'))
    const [arrived, waited] = [createDeferred(), createDeferred()]
    const [Late, Waiting] = [createStatus(watched), createStatus(watched)]
    const LateStatus = defineAsyncComponent(() => arrived.promise.then(() => Late.Status))
    const WaitingStatus = defineComponent({
      async setup() {
        const { status, subject } = useSession(watched)
        await waited.promise
        return () => {
          Waiting.seen.push(status.value)
          return h('b', `${status.value} ${subject.value}`)
        }
      },
    })
    const Page = () => h('main', [h(LateStatus), h(Suspense, null, { default: () => h(WaitingStatus) })])
    const { place } = mount(Page, createSSRApp, '<main><b>unknown null</b><b>unknown null</b></main>')
    await nextTick()
    expect(place.innerHTML).toBe('<main><b>unknown null</b><b>unknown null</b></main>')
    arrived.resolve()
    waited.resolve()
    await vi.waitFor(() => expect(place.textContent).toBe('signed-in alicesigned-in alice'))
    expect({ late: Late.seen[0], waiting: Waiting.seen[0] }).toEqual({ late: 'unknown null', waiting: 'unknown' })
  })

  test('stops following even if the hydrating component is unmounted at once', () => {
    const { watched } = start()
    const { app } = mount(createStatus(watched).Status, createSSRApp, '<b>unknown null</b>')
    app.unmount()
    expect(watched.listeners()).toBe(0)
  })
})

describe('useSession outside of components', () => {
  test('works in an effect scope, and stops with it', async () => {
    const { client, watched } = start()
    const scope = effectScope()
    const seen: unknown[] = []
    scope.run(() => {
      const { status } = useSession(watched)
      watch(status, now => seen.push(now), { flush: 'sync' })
    })
    await client.session.signIn(user('alice'))
    expect({ seen, listeners: watched.listeners() }).toEqual({ seen: ['signed-in'], listeners: 1 })
    scope.stop()
    await client.session.signOut()
    expect({ seen, listeners: watched.listeners() }).toEqual({ seen: ['signed-in'], listeners: 0 })
  })

  test('works in a setup store of Pinia, and is gone when the store is disposed', async () => {
    const { client, watched } = start()
    setActivePinia(createPinia())
    const useUser = defineStore('user', () => {
      const { status, claims } = useSession(watched)
      return { status, claims }
    })
    const store = useUser()
    await client.session.signIn({ cookie: true, claims: { sub: 'alice' } })
    expect({ status: store.status, claims: store.claims }).toEqual({ status: 'signed-in', claims: { sub: 'alice' } })
    store.$dispose()
    expect(watched.listeners()).toBe(0)
  })

  test('keeps a store of Pinia at what the server rendered until the component that made it is hydrated', async () => {
    const { client, watched } = start()
    await client.session.signIn(user('alice'))
    const useUser = defineStore('user', () => ({ ...useSession(watched) }))
    const Name = () => h('i', String(useUser().subject))
    const Page = defineComponent(() => {
      const store = useUser()
      return () => h('main', [h('b', store.status), h(Name)])
    })
    const create = (component: Parameters<typeof createSSRApp>[0]) => createSSRApp(component).use(createPinia())
    const { place } = mount(Page, create, '<main><b>unknown</b><i>null</i></main>')
    await nextTick()
    expect(place.innerHTML).toBe('<main><b>signed-in</b><i>alice</i></main>')
  })
})
