import { createClientOn } from '../../../src/client/create-client.ts'
import { followShell } from '../../../src/webview/follow-shell.ts'
import type { ShellMessage } from '../../../src/webview/protocol.ts'
import { shellLogin } from '../../../src/webview/shell-login.ts'
import { shellRefresh } from '../../../src/webview/shell-refresh.ts'
import type { ControlledClock } from '../clock.ts'
import * as rules from '../invariants.ts'
import { createTestWake } from '../refresh-rig.ts'
import type { DaySettings } from './plan.ts'
import { familyOf, secret, userOf } from './tokens.ts'

export interface PagePorts {
  readonly settings: DaySettings
  readonly clock: ControlledClock
  readonly check: (violation: rules.Violation) => void
  readonly say: (what: string) => void
  /** What the page sends to the shell, with how a bridge returns a value to it. */
  readonly receive: (page: Page, message: ShellMessage) => unknown
  readonly isGood: (token: string | null) => boolean
  readonly nextRequest: () => number
}

interface AskedRequest {
  readonly id: number
  readonly began: string | null
  sentAs: string | null
  isSettled: boolean
}

/** What a shell puts into the page: an object that posts to the shell, and is posted to (as Android does it). */
function createChannel(send: (text: string) => unknown) {
  const listeners = new Set<(event: MessageEvent) => void>()
  return {
    postMessage: send,
    addEventListener: (_type: string, listener: (event: MessageEvent) => void) => void listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: MessageEvent) => void) => void listeners.delete(listener),
    post: (data: string) => {
      for (const listener of [...listeners]) listener(new MessageEvent('message', { data }))
    },
    get listening() {
      return listeners.size
    },
  }
}

/** A page as it was loaded once: the client, and what it knows. */
function createLoad(page: Page, ports: PagePorts, stored: Map<string, string>) {
  const { settings, clock, check, say } = ports
  // Each its own, so that a page that is gone does not find the bridge of the next one.
  const name = `${page.name}, load ${ports.nextRequest()}`
  let isGone = false
  const wake = createTestWake()
  const channel = createChannel(text => (isGone ? undefined : ports.receive(page, JSON.parse(text))))
  Object.defineProperty(globalThis, name, { value: channel, configurable: true, writable: true })
  const asked: AskedRequest[] = []
  const left = new Set<number>()
  const accessStore = () =>
    // What a page has begun dies with it.
    new Promise<void>(resolve => {
      if (settings.store === 'at once') resolve()
      else clock.setTimer(() => !isGone && resolve(), 4)
    })
  const store = {
    getItem: (key: string) => accessStore().then(() => stored.get(key) ?? null),
    setItem: (key: string, value: string) => accessStore().then(() => void stored.set(key, value)),
    removeItem: (key: string) => accessStore().then(() => void stored.delete(key)),
  }
  const client = createClientOn(
    { clock, wake: wake.port },
    {
      baseUrl: 'https://api.test/',
      retry: 0,
      limits: { patienceMs: 0 },
      refresh: shellRefresh({ name }),
      onLoginRequired: () => {},
      ...(settings.store !== 'none' && { store }),
      ...(settings.hasLogin && { reauthenticate: shellLogin({ name }) }),
      fetch: async (input, init) => {
        const { url, headers } = new Request(input, init)
        const token = headers.get('authorization')?.slice('Bearer '.length) ?? null
        const request = asked.find(({ id }) => url.endsWith(`/${id}`))
        if (request) noteSent(request, token)
        await new Promise<void>(resolve => clock.setTimer(resolve, 20))
        return ports.isGood(token) ? new Response('fine') : new Response('', { status: 401 })
      },
    },
  )
  function noteSent(request: AskedRequest, token: string | null) {
    say(
      `${page.name} sends request ${request.id} with ${token ? `${userOf(token)}'s token (login ${familyOf(token)})` : 'no token'}`,
    )
    if (token === null) return
    const user = userOf(token)
    check(rules.sentAsItsUser(request.began, user, request.id))
    check(rules.sentAsItsUser(request.sentAs, user, request.id))
    check(rules.nothingAfterSignOut(left.has(familyOf(token)), request.id))
    request.sentAs = user
  }
  const stop = followShell(client, { name })
  const close = () => {
    stop()
    client.dispose()
    Reflect.deleteProperty(globalThis, name)
  }
  client.session.on('ended', ({ reason }) => say(`${page.name}: ended (${reason})`))
  client.session.on('signed-in', ({ subject }) => say(`${page.name}: signed in (${subject})`))
  client.session.ready().catch(() => {})
  return {
    client,
    wake,
    channel,
    asked,
    /** Logins that are over for this page: it was told so, or its user signed out. */
    left,
    request() {
      const request = {
        id: ports.nextRequest(),
        began: client.session.getSnapshot().subject,
        sentAs: null,
        isSettled: false,
      }
      asked.push(request)
      client
        .get(`${request.id}`)
        .catch(error => check(rules.keepsSecrets('an error', String(error), secret)))
        .finally(() => {
          request.isSettled = true
        })
    },
    /** The page is gone, with all that it has begun. */
    kill() {
      isGone = true
      close()
    },
    close,
    /** What it has left behind, once it was disposed of. */
    remains: () => channel.listening + wake.size,
  }
}

/** A webview, whose page may be loaded again. */
export interface Page {
  readonly name: string
  readonly load: ReturnType<typeof createLoad>
  isSuspended: boolean
  /** Why it has to be told what is so, once it can be. */
  isOwed: boolean
  /** The shell has not confirmed a sign-out of its user. */
  isUnconfirmed: boolean
  reload(): void
  /** Whom the page shows. */
  shows(): string | null
}

export function createPage(name: string, ports: PagePorts): Page {
  const stored = new Map<string, string>()
  let load: ReturnType<typeof createLoad> | undefined
  const page: Page = {
    name,
    get load() {
      if (!load) throw new Error('not loaded')
      return load
    },
    isSuspended: false,
    isOwed: false,
    isUnconfirmed: false,
    reload() {
      load?.kill()
      page.isUnconfirmed = false
      load = createLoad(page, ports, stored)
    },
    shows() {
      const { status, subject } = page.load.client.session.getSnapshot()
      return status === 'signed-in' && ports.settings.names === 'none' ? 'alice' : subject
    },
  }
  return page
}
