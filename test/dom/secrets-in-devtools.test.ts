import { createClient } from 'latchkey'
import { useSession as useInReact } from 'latchkey/react'
import { useSession as useInVue } from 'latchkey/vue'
import { createElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { readAll } from '../load/secrets/read-all.ts'
import { secret } from '../support/leaks.ts'
import { createNetwork } from '../support/network.ts'

const mark = secret('', 6)

async function signedIn() {
  const client = createClient({ baseUrl: 'https://api.example.com/', fetch: createNetwork().fetch })
  onTestFinished(client.dispose)
  const idToken = `eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.${secret('signature')}`
  await client.session.signIn({ accessToken: secret('access'), refreshToken: secret('refresh'), idToken })
  return client
}
type Client = Awaited<ReturnType<typeof signedIn>>

/** Renders who is signed in, with the client as a prop; returns what the framework keeps of that, as its devtools read it. */
const frameworks: Readonly<Record<string, (client: Client, place: Element) => Promise<object>>> = {
  async React(client, place) {
    const Name = ({ api }: { readonly api: Client }) => useInReact(api).subject
    const app = createRoot(place)
    onTestFinished(() => app.unmount())
    flushSync(() => app.render(createElement(Name, { api: client })))
    const [, kept] = Object.entries(place).find(([name]) => name.startsWith('__reactContainer')) ?? []
    return kept as object
  },
  async Vue(client, place) {
    const Name = {
      props: { api: { type: Function, required: true } },
      setup(props: { readonly api: unknown }) {
        const session = useInVue(props.api as Client)
        return { session, show: session.subject }
      },
      render: ({ show }: { readonly show: string }) => h('b', show),
    }
    const app = createApp(() => h(Name as never, { api: client }))
    onTestFinished(() => app.unmount())
    app.mount(place)
    await nextTick()
    return (place as unknown as { readonly _vnode: object })._vnode
  },
}

test.each(Object.keys(frameworks))('what %s keeps of a component that uses the session shows no token', async name => {
  // Vue warns that its component is read.
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const place = document.createElement('div')
  const kept = (await frameworks[name]?.(await signedIn(), place)) ?? {}
  expect(place.textContent).toBe('alice')
  const texts = readAll(kept)
  // What the component uses of the session is among it.
  expect(texts.filter(text => /(subject|show).*: alice$/.test(text)).length).toBeGreaterThan(0)
  expect(texts.filter(text => text.includes(mark))).toEqual([])
})
