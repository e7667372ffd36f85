import { createClient, indexedDbStore, type RootClient, type SessionStore, sharedMemoryStore } from 'latchkey'
import { explainUnauthorized } from 'latchkey/explain'
import { defineInspector } from 'latchkey/inspector'
import { useSession as useInReact } from 'latchkey/react'
import { useSession as useInVue } from 'latchkey/vue'
import { followShell } from 'latchkey/webview'
import { createElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createApp, h } from 'vue'
import { tokensOf } from './answer.ts'
import { start } from './client-soaks.ts'
import { refresh } from './request-soaks.ts'
import { assertThat, nextTask, repeat, type StartSoak } from './soak.ts'
import { type Listen, soaksOf } from './tool-soaks.ts'

defineInspector()

const inspect: Listen = client => {
  const inspector = document.createElement('latchkey-inspector')
  Object.assign(inspector, { client, explain: explainUnauthorized })
  document.body.append(inspector)
  return () => inspector.remove()
}

const shell = { send: () => Promise.resolve({ latchkey: 1, status: 'signed-out' }) }

/** Shows who is signed in, and goes again. */
const mountedIn =
  (mount: (client: RootClient, place: Element) => () => void): StartSoak =>
  async place => {
    const client = start(place)
    await client.session.signIn({ ...tokensOf(0), subject: 'alice' })
    const once = async () => {
      const element = document.body.appendChild(document.createElement('div'))
      const unmount = mount(client, element)
      assertThat(element.textContent === 'alice', `alice, and not ${element.textContent}`)
      await nextTask()
      unmount()
      element.remove()
    }
    return { run: repeat(once), end: client.dispose }
  }

const inReact = mountedIn((client, element) => {
  const Name = () => useInReact(client, ({ subject }) => subject)
  const root = createRoot(element)
  flushSync(() => root.render(createElement(Name)))
  return () => root.unmount()
})

const inVue = mountedIn((client, element) => {
  const app = createApp({
    setup() {
      const { subject } = useInVue(client)
      return () => h('b', `${subject.value}`)
    },
  })
  app.mount(element)
  return () => app.unmount()
})

/** A client with a store of its own, used and disposed of. */
const withStore =
  (createStore: () => SessionStore): StartSoak =>
  async ({ origin, name }) => ({
    run: repeat(async () => {
      const client = createClient({ baseUrl: origin, refresh, retry: 0, sessionName: name, store: createStore() })
      await client.session.signIn({ ...tokensOf(0), subject: 'alice' })
      await client.get('api/since/1')
      client.dispose()
    }),
    end() {},
  })

const worker = () => new SharedWorker('/session-worker.js', { name: 'sessions' })

export const pageSoaks: Readonly<Record<string, StartSoak>> = {
  'useSession of React, mounted and unmounted': inReact,
  'useSession of Vue, mounted and unmounted': inVue,
  ...soaksOf({ '<latchkey-inspector>': inspect, followShell: client => followShell(client, { bridge: shell }) }),
  'create and dispose with indexedDbStore()': withStore(() => indexedDbStore()),
  'create and dispose with sharedMemoryStore()': withStore(() => sharedMemoryStore({ worker })),
}
