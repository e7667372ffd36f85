import { cookieRefresh, cookieSession } from 'latchkey'
import { onTestFinished } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import type { CookieEndpoint } from '../../src/refresh/strategies/cookie-strategies.ts'
import { withoutTokens } from '../../src/stores/without-tokens.ts'
import { type ControlledClock, createControlledClock } from './clock.ts'
import { createDeferred } from './deferred.ts'
import { createTestWake, noLock } from './refresh-rig.ts'
import { createScriptedStore, type ScriptedStore } from './scripted-store.ts'

type PathName = '/session' | '/logout' | '/login' | '/api'

export interface CookiePage {
  readonly client: RootClient
  readonly wake: () => void
  readonly logins: readonly string[]
  /** Who a page that has just started finds, by what `ready()` answers. */
  ready(): Promise<string>
  /** As whom the API was asked, or the code of the error. */
  ask(): Promise<string>
}

export interface CookieWorld {
  readonly clock: ControlledClock
  readonly store: ScriptedStore
  /** Everything the server was asked, with the cookie that came along. */
  readonly log: readonly string[]
  /** The bodies of the sign-out calls. */
  readonly told: readonly unknown[]
  /** The cookie in the browser's jar. */
  readonly cookie: () => string
  /** Whose session the server holds, by cookie. */
  readonly sessions: ReadonlyMap<string, string>
  /** A login by navigation, or by a form of another library. */
  logIn(subject: string): void
  /** What an endpoint answers from now on, in place of doing anything; `undefined`: as usual. An error: no network. */
  answer(path: PathName, answer: (() => Response) | undefined): void
  /** The next call there waits: before the server sees it, or with its answer on its way. */
  hold(path: PathName, where: 'request' | 'answer'): { readonly reached: Promise<void>; readonly open: () => void }
  open(options?: Partial<ClientOptions>, endpoint?: Partial<CookieEndpoint>): CookiePage
}

/**
 * One browser with a cookie, and one server that keeps sessions by it: all of them in this program, by the test's clock. In
 * mode `token` the cookie rotates at every refresh, and a sign-out ends just the cookie that it is shown.
 */
export function createCookieWorld(mode: 'session' | 'token' = 'session'): CookieWorld {
  const clock = createControlledClock()
  const store = createScriptedStore()
  const sessions = new Map<string, string>()
  const answers = new Map<PathName, () => Response>()
  const gates = new Map<PathName, { where: 'request' | 'answer'; arrive: () => void; opened: Promise<void> }>()
  const log: string[] = []
  const told: unknown[] = []
  let jar = ''
  let issued = 0

  const issue = (subject: string): string => {
    issued += 1
    const cookie = `${subject}-${issued}`
    sessions.set(cookie, subject)
    return cookie
  }
  /** What the server does, and the cookie that its answer brings; `null`: leaves it alone. */
  function serve(path: PathName, cookie: string, body: string): [Response, string | null] {
    const subject = sessions.get(cookie)
    if (path === '/login') return [Response.json({ accessToken: `token-${body}`, subject: body }), issue(body)]
    if (path === '/logout') {
      sessions.delete(cookie)
      return [new Response(null, { status: 204 }), '']
    }
    if (!subject) return [new Response('{}', { status: 401 }), null]
    if (path === '/api') return [Response.json({ subject }), null]
    if (mode === 'session') return [Response.json({ sub: subject }), null]
    sessions.delete(cookie)
    const renewed = issue(subject)
    return [Response.json({ accessToken: `token-${renewed}`, subject, expiresInSeconds: 300 }), renewed]
  }

  const network: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const path = new URL(request.url).pathname as PathName
    const gate = gates.get(path)
    gates.delete(path)
    const cookie = jar
    const body = await request.text()
    log.push(`${path} ${cookie || '-'}`)
    if (path === '/logout') told.push(body && JSON.parse(body))
    if (gate?.where === 'request') {
      gate.arrive()
      await gate.opened
    }
    const scripted = answers.get(path)
    const [response, brought] = scripted ? [scripted(), null] : serve(path, cookie, body)
    if (gate?.where === 'answer') {
      gate.arrive()
      await gate.opened
    }
    if (brought !== null) jar = brought
    return response
  }

  return {
    clock,
    store,
    log,
    told,
    sessions,
    cookie: () => jar,
    logIn(subject) {
      jar = issue(subject)
    },
    answer(path, answer) {
      if (answer) answers.set(path, answer)
      else answers.delete(path)
    },
    hold(path, where) {
      const arrived = createDeferred()
      const opened = createDeferred()
      gates.set(path, { where, arrive: arrived.resolve, opened: opened.promise })
      return { reached: arrived.promise, open: opened.resolve }
    },
    open(options = {}, endpoint = {}) {
      const logins: string[] = []
      const wake = createTestWake()
      const where = { url: '/session', signOutUrl: '/logout', ...endpoint } as const
      const client = createClientOn(
        { clock, wake: wake.port, lock: noLock },
        {
          baseUrl: 'https://api.test',
          retry: 0,
          sessionName: 'cookie-world',
          store: withoutTokens(store),
          refresh: mode === 'session' ? cookieSession({ ...where, method: 'GET' }) : cookieRefresh(where),
          onLoginRequired: ({ reason }) => void logins.push(reason),
          ...options,
          // One that is waited out is another test's.
          limits: { patienceMs: 0, ...options.limits },
          fetch: network,
        },
      )
      onTestFinished(() => client.dispose())
      const ready = async () => {
        const asked = client.session.ready()
        await clock.advance(0)
        const { status, subject } = await asked
        return `${status} ${subject}`
      }
      return {
        client,
        wake: wake.wake,
        logins,
        ready,
        ask: () =>
          client
            .get('api')
            .json<{ readonly subject: string }>()
            .then(
              ({ subject }) => subject,
              error => error.code ?? error.name,
            ),
      }
    },
  }
}
