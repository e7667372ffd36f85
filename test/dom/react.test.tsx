import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { type HasSession, useSession, useSuspenseSession } from 'latchkey/react'
import { act, type ReactNode, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import { createNetwork } from '../support/network.ts'
import { watchSession } from '../support/watched-session.ts'

interface Claims {
  readonly sub?: string
  readonly roles: readonly string[]
}

const user = (subject: string) => ({ accessToken: `access-of-${subject}`, refreshToken: 'r', subject })
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

function start(options: ClientOptions<Claims> = {}) {
  const { fetch, sends } = createNetwork()
  const client = createClient<Claims>({ baseUrl: 'https://api.example.com/', fetch, ...options })
  onTestFinished(client.dispose)
  return { client, sends }
}

async function render(element: ReactNode) {
  const root = createRoot(document.createElement('div'))
  const rendered = {
    rerender: (next: ReactNode) => act(async () => root.render(next)),
    unmount: () => act(async () => root.unmount()),
  }
  await rendered.rerender(element)
  onTestFinished(rendered.unmount)
  return rendered
}

/** A component that notes what it was rendered with. */
function createNote<Selected>(use: (client: HasSession<Claims>) => Selected) {
  const seen: Selected[] = []
  const Note = ({ client }: { readonly client: HasSession<Claims> }) => {
    seen.push(use(client))
    return null
  }
  return { seen, Note }
}

describe('a client that is none', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['its session', createClient().session],
    ['an empty object', {}],
  ])('%s: both hooks say what to write', (_what, given) => {
    for (const use of [useSession, useSuspenseSession]) {
      const { Note } = createNote(client => use(client))
      expect(() => renderToString(<Note client={given as never} />)).toThrow(
        '`client`: write what `createClient` returned',
      )
    }
  })
})

describe('useSession', () => {
  test('starts reading the session when it is mounted, and shows every change of it', async () => {
    const { client } = start()
    const { seen, Note } = createNote(given => useSession(given).status)
    await render(<Note client={client} />)
    await act(() => client.session.signIn(user('alice')))
    await act(() => client.session.signOut())
    expect(seen).toEqual(['unknown', 'signed-out', 'signed-in', 'signed-out'])
  })

  test('does not render for requests', async () => {
    const { client, sends } = start()
    await client.session.signIn(user('alice'))
    const { seen, Note } = createNote(given => useSession(given).subject)
    await render(<Note client={client} />)
    const before = seen.length
    await act(() => Promise.all([client.get('a'), client.get('b'), client.post('c')]))
    expect({ sends: sends.length, renders: seen.length - before }).toEqual({ sends: 3, renders: 0 })
  })

  test('renders with a selector only when what it selects has changed', async () => {
    const { client } = start({ refresh: async () => user('alice') })
    await client.session.signIn(user('alice'))
    const { seen, Note } = createNote(given => useSession(given, ({ subject }) => subject))
    await render(<Note client={client} />)
    await act(() => client.session.refresh())
    await act(() => client.session.signIn(user('bob')))
    expect(seen).toEqual(['alice', 'bob'])
  })

  test('takes an inline selector that makes an object, without a loop and without a warning', async () => {
    const { client } = start({ refresh: async () => ({ ...user('alice'), accessToken: 'newer' }) })
    await client.session.signIn(user('alice'))
    const { seen, Note } = createNote(given => useSession(given, ({ subject, status }) => ({ subject, status })))
    await render(<Note client={client} />)
    await act(() => client.session.refresh())
    expect(seen).toEqual([1, 2].map(() => ({ subject: 'alice', status: 'signed-in' })))
  })

  test('uses the newest inline selector when what it closes over has changed', async () => {
    const { client } = start({ refresh: async () => null })
    await client.session.signIn({ cookie: true, subject: 'alice', claims: { roles: ['editor'] } })
    const seen: unknown[] = []
    const Allowed = ({ needed }: { readonly needed: string }) => {
      seen.push([needed, useSession(client, ({ claims }) => claims?.roles.includes(needed))])
      return null
    }
    const { rerender } = await render(<Allowed needed="admin" />)
    await rerender(<Allowed needed="editor" />)
    expect(seen).toEqual([
      ['admin', false],
      ['editor', true],
    ])
  })

  test('listens once in StrictMode, and no longer after unmounting', async () => {
    const { client } = start()
    const watched = watchSession(client)
    const { Note } = createNote(given => useSession(given))
    const { unmount } = await render(
      <StrictMode>
        <Note client={watched} />
      </StrictMode>,
    )
    expect(watched.listeners()).toBe(1)
    await unmount()
    expect(watched.listeners()).toBe(0)
  })

  test('follows another client that is passed in place of the first', async () => {
    const [one, other] = [start().client, start().client]
    await one.session.signIn(user('alice'))
    await other.session.signIn(user('bob'))
    const { seen, Note } = createNote(given => useSession(given).subject)
    const { rerender } = await render(<Note client={one} />)
    await rerender(<Note client={other} />)
    await act(() => one.session.signOut())
    expect(seen).toEqual(['alice', 'bob'])
  })

  test('takes a client of latchkey/fetch as well', async () => {
    const client = createAuthenticatedFetch<Claims>({ baseUrl: 'https://api.example.com/' })
    onTestFinished(client.dispose)
    const { seen, Note } = createNote(given => useSession(given, ({ status }) => status))
    await render(<Note client={client} />)
    expect(seen).toEqual(['unknown', 'signed-out'])
  })

  test('shows "unknown" on a server, and starts nothing there', async () => {
    const { client } = start()
    await client.session.signIn(user('alice'))
    const watched = watchSession(client)
    const Status = () => <b>{useSession(watched).status}</b>
    expect(renderToString(<Status />)).toBe('<b>unknown</b>')
    expect({ listeners: watched.listeners(), readies: watched.readies() }).toEqual({ listeners: 0, readies: 0 })
  })
})

describe('useSuspenseSession', () => {
  const Status = ({ client }: { readonly client: HasSession<Claims> }) => useSuspenseSession(client).status
  const boundary = (client: HasSession<Claims>) => (
    <Suspense fallback="waiting">
      <Status client={client} />
    </Suspense>
  )
  async function show(client: HasSession<Claims>) {
    const place = document.createElement('div')
    const root = createRoot(place)
    onTestFinished(() => act(async () => root.unmount()))
    await act(async () => root.render(<StrictMode>{boundary(client)}</StrictMode>))
    return place
  }

  test('suspends until the session is known', async () => {
    let answer: (value: string | null) => void = () => {}
    const store = {
      getItem: () => new Promise<string | null>(resolve => (answer = resolve)),
      setItem: () => {},
    }
    const { client } = start({ store })
    const place = await show(client)
    expect(place.textContent).toBe('waiting')
    await act(async () => answer(null))
    expect(place.textContent).toBe('signed-out')
    await act(() => client.session.signIn(user('alice')))
    expect(place.textContent).toBe('signed-in')
  })

  test('shows "unknown" if the server could not be asked, and does not suspend again', async () => {
    let calls = 0
    const refresh = async () => {
      calls += 1
      throw new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    }
    const { client } = start({ refresh: { refresh, ambient: true }, limits: { patienceMs: 0 } })
    const place = await show(client)
    await vi.waitFor(() => act(async () => expect(place.textContent).toBe('unknown')))
    expect(calls).toBe(1)
    await act(() => client.session.signIn(user('alice')))
    expect(place.textContent).toBe('signed-in')
  })

  test('lets a server render the fallback, and says outside of a boundary what to do', () => {
    const { client } = start()
    expect(renderToString(boundary(client))).toContain('waiting')
    expect(() => renderToString(<Status client={client} />)).toThrow('pass `initial` to createClient')
  })
})
