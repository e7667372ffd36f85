import type { RootClient } from 'latchkey'
import { useSession } from 'latchkey/react'
import { act } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ref } from 'vue'
import { ApiProvider, type ApiProviderProps, useApi } from '../../demo/recipes/react/ApiProvider.tsx'
import nuxtPlugin from '../../demo/recipes/vue/nuxt-plugin.ts'
import { runPlugin } from '../support/nuxt-like.ts'

const complaints: unknown[][] = []

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  complaints.length = 0
  for (const level of ['error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void complaints.push(said))
})
afterEach(() => {
  expect(complaints).toEqual([])
})

/** The backend, where that one is signed in. */
const serve = (sub: string | null) =>
  vi.stubGlobal('fetch', async () => (sub ? Response.json({ sub, name: sub }) : new Response(null, { status: 401 })))

describe('the ApiProvider recipe', () => {
  const Status = () => {
    const { status, subject } = useSession(useApi())
    return <b>{`${status} ${subject}`}</b>
  }
  const page = (initial: ApiProviderProps['initial']) => (
    <ApiProvider initial={initial}>
      <Status />
    </ApiProvider>
  )

  test('renders for each visitor what the server knows of them, and of nobody else', () => {
    const rendered = [{ subject: 'alice' }, null, { subject: 'bob' }].map(initial => renderToString(page(initial)))
    expect(rendered).toEqual(['<b>signed-in alice</b>', '<b>signed-out null</b>', '<b>signed-in bob</b>'])
  })

  test.each([
    ['alice', ['signed-in alice']],
    [null, ['signed-out null']],
  ])('hydrates what was rendered for alice, and then shows that %s is signed in', async (sub, shown) => {
    serve(sub)
    const place = document.createElement('div')
    place.innerHTML = renderToString(page({ subject: 'alice' }))
    const root = await act(async () => hydrateRoot(place, page({ subject: 'alice' })))
    onTestFinished(() => act(async () => root.unmount()))
    await vi.waitFor(() => act(async () => expect([place.textContent]).toEqual(shown)))
  })
})

describe('the Nuxt plugin recipe, in a stand-in for Nuxt', () => {
  /** One visitor: the server's part, and then the page's with the server's payload as JSON. */
  async function visit(sub: string | null) {
    const payload: Parameters<typeof runPlugin>[1]['payload'] = {}
    const request = async () => {
      if (!sub) throw new Error('401')
      return { sub, name: sub }
    }
    vi.stubGlobal('window', undefined)
    const server = (await runPlugin(nuxtPlugin as never, { payload, request })) as { provide: { api: RootClient } }
    vi.unstubAllGlobals()
    const sent = JSON.parse(JSON.stringify({ session: payload['session']?.value }))
    const unused = () => Promise.reject(new Error('The page asks nobody'))
    const page = (await runPlugin(nuxtPlugin as never, {
      payload: { session: ref(sent.session) },
      request: unused,
    })) as typeof server
    const shown = ({ provide }: typeof server) => {
      const { status, subject } = provide.api.session.getServerSnapshot()
      return { status, subject }
    }
    return { server: shown(server), page: shown(page) }
  }

  test('shows the same on the server and in the page, for each visitor their own', async () => {
    expect([await visit('alice'), await visit(null)]).toEqual([
      { server: { status: 'signed-in', subject: 'alice' }, page: { status: 'signed-in', subject: 'alice' } },
      { server: { status: 'signed-out', subject: null }, page: { status: 'signed-out', subject: null } },
    ])
  })
})
