import { createClient, type InitialSession } from 'latchkey'
import { useSession, useSuspenseSession } from 'latchkey/react'
import { useSession as useVueSession } from 'latchkey/vue'
import { type ReactNode, Suspense, use } from 'react'
import { renderToReadableStream } from 'react-dom/server.browser'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createDeferred } from '../support/deferred.ts'

const complaints: unknown[][] = []

beforeEach(() => {
  complaints.length = 0
  for (const level of ['error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void complaints.push(said))
})
afterEach(() => {
  expect(complaints).toEqual([])
})

type Meet = () => Promise<unknown>

/** Each visitor's page stops in its middle until every other page has come as far. */
const createMeeting = (size: number) => {
  const { promise, resolve } = createDeferred()
  const arrived: string[] = []
  const forVisitor = (name: string): Meet => {
    let isThere = false
    return () => {
      if (!isThere && arrived.push(name) === size) resolve()
      isThere = true
      return promise
    }
  }
  return { arrived, forVisitor }
}

const visitors = [{ subject: 'alice' }, { subject: 'bob' }, null] as const
const nameOf = (initial: InitialSession | null) => String(initial?.subject ?? 'a guest')
const createVisitorClient = (initial: InitialSession | null) =>
  createClient({ baseUrl: 'https://api.example.com/', initial })

async function renderWithReact(initial: InitialSession | null, meet: Meet): Promise<string> {
  const api = createVisitorClient(initial)
  const Name = () => <b>{String(useSession(api, ({ subject }) => subject))}</b>
  const SuspendingName = () => <i>{String(useSuspenseSession(api).subject)}</i>
  const AfterMeeting = ({ children }: { readonly children: ReactNode }) => {
    use(meet())
    return children
  }
  const stream = await renderToReadableStream(
    <main>
      <Name />
      <Suspense fallback="waiting">
        <AfterMeeting>
          <Name />
          <SuspendingName />
        </AfterMeeting>
      </Suspense>
    </main>,
  )
  await stream.allReady
  return new Response(stream).text()
}

function renderWithVue(initial: InitialSession | null, meet: Meet): Promise<string> {
  const api = createVisitorClient(initial)
  const Name = defineComponent({
    setup() {
      const { subject } = useVueSession(api)
      return () => h('b', String(subject.value))
    },
  })
  const AfterMeeting = defineComponent({
    async setup() {
      const { subject } = useVueSession(api)
      await meet()
      return () => [h('i', String(subject.value)), h(Name)]
    },
  })
  return renderToString(createSSRApp(() => h('main', [h(Name), h(AfterMeeting)])))
}

describe('pages that a server renders at the same time, each stopped in its middle until all have come so far,', () => {
  test.each([
    ['React', renderWithReact],
    ['Vue', renderWithVue],
  ])('show their own visitor and nobody else in %s', async (_framework, render) => {
    const { arrived, forVisitor } = createMeeting(visitors.length)
    const pages = await Promise.all(visitors.map(initial => render(initial, forVisitor(nameOf(initial)))))
    expect({ arrived, names: pages.map(page => page.match(/alice|bob|null/g)) }).toEqual({
      arrived: ['alice', 'bob', 'a guest'],
      names: [Array(3).fill('alice'), Array(3).fill('bob'), Array(3).fill('null')],
    })
  })
})
