import { createClient, memoryStore } from 'latchkey'
import { act, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { warnWhenIdle } from '../../demo/recipes/idle-warning.ts'
import { LoginPage } from '../../demo/recipes/react/LoginPage.tsx'
import { StaySignedIn } from '../../demo/recipes/react/session-time.tsx'
import { showNotices } from '../../demo/recipes/session-notices.ts'
import { createLoginPage } from '../../demo/recipes/vue/LoginPage.ts'
import type { ClientOptions } from '../../src/client/options.ts'

const user = (subject: string, more: object = {}) => ({ accessToken: `access-of-${subject}`, subject, ...more })

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)
  localStorage.clear()
})
afterEach(() => {
  vi.useRealTimers()
})

function start(options: ClientOptions = {}) {
  const api = createClient({ baseUrl: 'https://api.example.com/', ...options })
  onTestFinished(api.dispose)
  return api
}

async function show(element: React.ReactNode) {
  const place = document.createElement('div')
  const root = createRoot(place)
  onTestFinished(() => act(async () => root.unmount()))
  await act(async () => root.render(<StrictMode>{element}</StrictMode>))
  return place
}

/** Node's `FormData`, which these tests have, knows no forms of happy-dom. */
class FormOfPage extends Map<string, string> {
  constructor(form: HTMLFormElement) {
    super([...form.querySelectorAll('input')].map(({ name, value }) => [name, value]))
  }
}

async function showVue(api: ReturnType<typeof start>) {
  const routes = [{ path: '/:any(.*)*', component: createLoginPage(api) }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  const app = createApp(RouterView).use(router)
  onTestFinished(() => app.unmount())
  await router.push('/login')
  const place = document.createElement('div')
  app.mount(place)
  return place
}

describe('the countdown recipe', () => {
  const tick = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000))

  test('appears in the last two minutes of the session, counts, and is gone when the session was extended', async () => {
    vi.useFakeTimers()
    const api = start({ refresh: async () => user('alice', { sessionExpiresInSeconds: 600 }) })
    await api.session.signIn(user('alice', { refreshToken: 'r', sessionExpiresInSeconds: 300 }))
    const place = await show(<StaySignedIn api={api} />)
    await tick(170)
    expect(place.textContent).toBe('')
    await tick(15)
    expect(place.textContent).toContain('signed out in 115 s')
    place.querySelector('button')?.click()
    await tick(1)
    expect(place.textContent).toBe('')
  })

  test('shows nothing where the server does not say when the session ends', async () => {
    const api = start()
    await api.session.signIn(user('alice'))
    expect((await show(<StaySignedIn api={api} />)).textContent).toBe('')
  })
})

describe('the idle-warning recipe', () => {
  async function startIdle() {
    vi.useFakeTimers()
    const api = start()
    await api.session.signIn(user('alice'))
    const warnings: (number | null)[] = []
    const onWarning = (secondsLeft: number | null) => void warnings.push(secondsLeft)
    const stop = warnWhenIdle(api, { idleMs: 60_000, warnMs: 3000, onWarning })
    onTestFinished(stop)
    await api.session.ready()
    dispatchEvent(new Event('keydown'))
    return { api, warnings, stop }
  }

  test('warns each second before the sign-out, and says when it is over', async () => {
    const { api, warnings } = await startIdle()
    await vi.advanceTimersByTimeAsync(56_000)
    expect(warnings).toEqual([])
    await vi.advanceTimersByTimeAsync(4000)
    expect({ warnings, status: api.session.status }).toEqual({ warnings: [3, 2, 1, null], status: 'signed-out' })
  })

  test('takes the warning back after an input, and does not sign out', async () => {
    const { api, warnings } = await startIdle()
    await vi.advanceTimersByTimeAsync(58_000)
    dispatchEvent(new Event('pointerdown'))
    await vi.advanceTimersByTimeAsync(10_000)
    expect({ warnings, status: api.session.status }).toEqual({ warnings: [3, 2, null], status: 'signed-in' })
  })

  test('does nothing once it was stopped', async () => {
    const { api, warnings, stop } = await startIdle()
    stop()
    await vi.advanceTimersByTimeAsync(120_000)
    expect({ warnings, status: api.session.status }).toEqual({ warnings: [], status: 'signed-in' })
  })
})

describe('the notices recipe', () => {
  /** Two tabs of one session. */
  async function startTabs() {
    const options = { store: { ...memoryStore(), shared: true }, sessionName: crypto.randomUUID() }
    const [here, there] = [start(options), start(options)]
    await here.session.signIn(user('alice'))
    await there.session.ready()
    const notices: string[] = []
    onTestFinished(showNotices(here, notice => notices.push(notice)))
    return { here, there, notices }
  }

  test('says that the user was signed out in another tab', async () => {
    const { there, notices } = await startTabs()
    await there.session.signOut()
    await vi.waitFor(() => expect(notices).toEqual(['You were signed out in another tab.']))
  })

  test('says that another user signed in in another tab', async () => {
    const { there, notices } = await startTabs()
    await there.session.signIn(user('bob'))
    await vi.waitFor(() =>
      expect(notices).toEqual(['Another user signed in in another tab. This page shows their data now.']),
    )
  })

  test('says nothing of what the user did in this tab', async () => {
    const { here, notices } = await startTabs()
    await here.session.signIn(user('bob'))
    await here.session.signOut()
    expect(notices).toEqual([])
  })
})

describe('the login page recipe', () => {
  test('goes on by itself when the user signs in in another tab, and to no other origin', async () => {
    const options = { store: { ...memoryStore(), shared: true }, sessionName: crypto.randomUUID() }
    const [here, there] = [start(options), start(options)]
    const visited: string[] = []
    await show(<LoginPage api={here} returnTo="//evil.test/" navigate={path => visited.push(path)} />)
    expect(visited).toEqual([])
    await act(() => there.session.signIn(user('alice')))
    await vi.waitFor(() => expect(new Set(visited)).toEqual(new Set(['/'])))
  })

  test('says that the session has expired, and not after a sign-out', async () => {
    const api = start({ refresh: async () => null })
    const place = await show(<LoginPage api={api} returnTo={null} navigate={() => {}} />)
    await act(() => api.session.signIn(user('alice', { refreshToken: 'r' })))
    await act(() => api.session.refresh().catch(() => {}))
    expect(place.textContent).toContain('Your session has expired.')
    await act(() => api.session.signIn(user('alice')))
    await act(() => api.session.signOut())
    expect(place.textContent).not.toContain('expired')
  })

  /** Signs in by the form, at a login endpoint that returns this. */
  async function submitTo(answer: () => Response, open: (api: ReturnType<typeof start>) => Promise<HTMLElement>) {
    vi.stubGlobal('FormData', FormOfPage)
    const sends: unknown[] = []
    const fetch = async (input: RequestInfo | URL) => {
      sends.push(await (input as Request).json())
      return answer()
    }
    const api = start({ fetch, retry: 0 })
    const place = await open(api)
    for (const input of place.querySelectorAll('input')) input.value = `the ${input.name}`
    await act(
      async () =>
        void place.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })),
    )
    await vi.waitFor(() => expect(sends).toEqual([{ name: 'the name', password: 'the password' }]))
    return { api, alert: () => place.querySelector('[role=alert]')?.textContent }
  }
  const pages = {
    React: (api: ReturnType<typeof start>) => show(<LoginPage api={api} returnTo={null} navigate={() => {}} />),
    Vue: showVue,
  }

  test.each(Object.entries(pages))(
    'in %s says that name or password is wrong, and signs in with the right one',
    async (_, open) => {
      const wrong = await submitTo(() => new Response(null, { status: 401 }), open)
      await vi.waitFor(() => expect(wrong.alert()).toBe('Wrong name or password.'))
      const right = await submitTo(() => Response.json(user('alice')), open)
      await vi.waitFor(() => expect(right.api.session.status).toBe('signed-in'))
      expect(right.alert()).toBeUndefined()
    },
  )

  test.each(Object.entries(pages))(
    'in %s says that the login failed where the server cannot be asked',
    async (_, open) => {
      const { alert } = await submitTo(() => new Response(null, { status: 503 }), open)
      await vi.waitFor(() => expect(alert()).toBe('Signing in failed. Please try again.'))
    },
  )
})
