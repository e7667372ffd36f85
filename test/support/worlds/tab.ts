import { inspect } from 'node:util'
import type { GivenOptions } from '../../../src/client/check-options.ts'
import { createClientOn } from '../../../src/client/create-client.ts'
import type { ClientOptions, RequestOptions } from '../../../src/client/options.ts'
import { resolveOptions } from '../../../src/client/resolve-options.ts'
import { createSessionApi } from '../../../src/client/session-api.ts'
import { createClientParts } from '../../../src/client/wiring.ts'
import type { ReauthenticateContext } from '../../../src/login/reauthenticator.ts'
import { cookieRefresh, cookieSession } from '../../../src/refresh/strategies/cookie-strategies.ts'
import { oauthRefresh } from '../../../src/refresh/strategies/oauth-refresh.ts'
import { dpop } from '../../../src/schemes/dpop/dpop.ts'
import { loginProof } from '../../../src/schemes/dpop/login-proof.ts'
import type { Scheme } from '../../../src/schemes/scheme.ts'
import { eventTypes } from '../../../src/session/events.ts'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import type { SessionStore } from '../../../src/session/session-store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import type { TabLock } from '../../../src/tabs/tab-lock.ts'
import { type Browser, foreignOrigin, origins } from './browser.ts'
import type { PageLife } from './computer.ts'
import type { Person, WorldSettings } from './plan.ts'
import type { Family, Server } from './server.ts'
import type { TabFacts } from './session-facts.ts'
import type { Ask, AskedRequest, Watcher } from './watcher.ts'

export interface TabPorts {
  readonly settings: WorldSettings
  readonly life: PageLife
  readonly store: SessionStore
  readonly lock: TabLock
  readonly server: Server
  readonly browser: Browser
  readonly watcher: Watcher
  readonly nowMs: () => number
  readonly say: (what: string) => void
  readonly count: (what: string) => void
  /** What the user does who is asked next. */
  readonly nextAnswer: () => { readonly who: 'same' | 'other' | 'declined' | 'throws'; readonly afterMs: number }
  /** The last thing that a user did on purpose. */
  readonly noteIntent: (family: Family | null | undefined) => void
}

export type Tab = ReturnType<typeof openTab>

function strategyOf({ mode, hasAudiences }: WorldSettings): ClientOptions['refresh'] {
  if (mode === 'bearer') return ({ refreshToken, post }) => post('refresh', { refreshToken })
  if (mode === 'cookie') return cookieRefresh({ url: 'refresh', signOutUrl: 'logout' })
  if (mode === 'bff') return cookieSession({ url: 'me', method: 'GET', signOutUrl: 'logout' })
  const resource = hasAudiences && { resource: { [origins.files]: 'files' } }
  return oauthRefresh({ tokenEndpoint: `${origins.id}/token`, clientId: 'spa', ...resource })
}

/** A client as an app makes it, on a page of this world. */
function createClientFor({ settings, life, lock }: TabPorts, options: ClientOptions) {
  const platform = { clock: life.clock, wake: life.wake, lock }
  if (settings.hasKy) return createClientOn(platform, { retry: 0, timeout: false, ...options })
  // As createAuthenticatedFetch does, on another platform.
  const resolved = resolveOptions(options as GivenOptions)
  const transport = options.fetch as typeof fetch
  const core = createClientParts(resolved, transport, platform)
  const call = { transport }
  return {
    fetch: (input: RequestInfo | URL, init?: RequestInit) => core.pipeline(input, init, call),
    session: createSessionApi(core, resolved),
    dispose: core.dispose,
  }
}

/** A tab with a client in it, and a user in front. */
export function openTab(ports: TabPorts) {
  const { settings, life, server, browser, watcher, nowMs, say, count } = ports
  const { mode } = settings
  const scheme: Scheme | undefined = mode === 'dpop' ? dpop() : undefined
  const shared = settings.isShared ? ports.store : memoryStore()

  /** The key to which a login binds its tokens. */
  const proved = async () => scheme && { jkt: (await loginProof(scheme, { url: `${origins.id}/login` })).thumbprint }

  /** What a login brings: over the network where only the server can set a cookie. */
  async function logIn(who: Person, level: number): Promise<{ input: SessionInput; family: Family } | null> {
    if (browser.isCookie) {
      const init = { method: 'POST', body: who, auth: false } as RequestInit
      const response = await client.fetch(`${origins.api}/login?askedAtMs=${nowMs()}`, init)
      const input = (await response.json()) as SessionInput & { scope?: string; claims?: { family: number } }
      const number = mode === 'bff' ? input.claims?.family : input.scope?.split('-')[1]
      const family = server.families[Number(number)]
      return response.ok && family ? { input, family } : null
    }
    const issued = server.issue(who, { level, ...(await proved()) })
    return { input: browser.inputOf(issued) as unknown as SessionInput, family: issued.family }
  }

  async function reauthenticate({ kind, subject, signal }: ReauthenticateContext): Promise<SessionInput | null> {
    const { who, afterMs } = ports.nextAnswer()
    const former = facts.family()?.person ?? 'alice'
    const openedAtMs = life.awakeMs()
    say(`tab ${life.number} asks for a ${kind} of ${subject}`)
    await new Promise<void>(resolve => life.task(afterMs, resolve))
    facts.dialogMs += life.awakeMs() - openedAtMs
    say(`tab ${life.number}: the dialog is answered: ${who}${signal.aborted ? ', too late' : ''}`)
    count(`dialog for a ${kind}: ${who}${signal.aborted ? ', too late' : ''}`)
    ports.noteIntent(undefined)
    if (who === 'throws') throw new Error('The user closed the window')
    if (who === 'declined' || signal.aborted) return null
    const other: Person = former === 'alice' ? 'bob' : 'alice'
    return (await logIn(who === 'same' ? former : other, 2))?.input ?? null
  }

  const client = createClientFor(ports, {
    baseUrl: `${origins.api}/`,
    sessionName: 'main',
    trustedOrigins: [origins.files],
    store: browser.isCookie ? withoutTokens(shared) : shared,
    refresh: strategyOf(settings),
    whenOffline: settings.waitsOffline ? 'wait' : 'fail',
    fetch: (input, init) => browser.send(life, input, init),
    onLoginRequired: ({ reason }) => say(`tab ${life.number} needs a login: ${reason}`),
    ...(settings.dialog && { reauthenticate }),
    ...(scheme && { scheme }),
  })
  const { session } = client

  const familyNow = (): Family | undefined => {
    const { scope, claims, status } = session.getSnapshot()
    if (status === 'signed-out' || status === 'unknown') return undefined
    const number = mode === 'bff' ? (claims as { family?: number } | null)?.family : scope[0]?.split('-')[1]
    return number === undefined ? undefined : server.families[Number(number)]
  }
  const facts: TabFacts = {
    number: life.number,
    life,
    family: familyNow,
    left: new Map(),
    chain: new Set(),
    changedAtMs: nowMs(),
    dialogMs: 0,
  }
  let [before, now]: (Family | undefined)[] = []
  session.subscribe(() => {
    facts.changedAtMs = nowMs()
    before = now
    now = familyNow()
    if (now) facts.chain.add(now)
    if (before !== now)
      say(`tab ${life.number} is now ${session.status} ${now ? `${now.person} (login ${now.number})` : ''}`)
  })
  for (const type of eventTypes)
    session.on(type, event => watcher.secretIn(`event ${type}`, inspect(event, { depth: 6 })))
  session.on('refresh-started', ({ cause }) => watcher.begins(life, cause))
  session.on('ended', ({ reason }) => {
    count(`a session ends: ${reason}`)
    watcher.sessions.ended(facts, reason, before)
  })
  // Takes up its channel, and looks who is signed in.
  void session.ready()

  function call({ form, to }: Ask, id: number, signal: AbortSignal): Promise<Response> {
    const origin = to === 'foreign' ? foreignOrigin : to === 'files' ? origins.files : origins.api
    const url = `${origin}/${to === 'vault' ? 'vault' : 'thing'}?id=${id}`
    const stream = () => new Blob(['all of it']).stream()
    const init: RequestOptions = {
      signal,
      ...(form === 'post' && { method: 'POST', body: 'all of it' }),
      ...(form === 'stream' && { method: 'POST', body: stream(), duplex: 'half' }),
      ...(form === 'keepalive' && { keepalive: true }),
      ...(form === 'once' && { replay: false }),
      ...(form === 'optional' && { auth: 'optional' as const }),
      ...(form === 'bare' && { auth: false as const }),
    }
    if ('get' in client && form === 'get')
      return client.get(url, { ...init, throwHttpErrors: false }) as Promise<Response>
    return client.fetch(url, init as RequestInit)
  }
  function abortLater(request: AskedRequest, controller: AbortController, afterMs: number): void {
    life.task(afterMs, () => {
      if (request.isSettled) return
      const reason = new Error(`request ${request.id} is not needed any more`)
      request.abort = { reason, atMs: nowMs() }
      controller.abort(reason)
    })
  }
  async function askOnce(ask: Ask): Promise<void> {
    const controller = new AbortController()
    const { status } = session
    const began = status === 'signed-in' ? (familyNow()?.person ?? null) : null
    const [awakeMs, dialogMs, id] = [life.awakeMs(), facts.dialogMs, watcher.asked.length]
    const request: AskedRequest = {
      ...{ id, ask, tab: facts, began, atMs: nowMs(), awakeMs, dialogMs },
      ...{ abort: null, sentAs: null, sends: 0, isSettled: false },
    }
    watcher.asked.push(request)
    if (ask.abortAfterMs !== null) abortLater(request, controller, ask.abortAfterMs)
    try {
      const response = await call(ask, id, controller.signal)
      say(`tab ${life.number}: request ${id} ends with ${response.status}`)
      count(`request: ${ask.form}`)
      if (request.sends > 1) count('request: replayed')
      watcher.settled(request, response.status)
      await response.body?.cancel()
    } catch (error) {
      say(`tab ${life.number}: request ${id} ends with ${error}`)
      watcher.secretIn('an error', inspect(error, { depth: 6 }))
      count(`request: ${ask.form}`)
      count(request.abort ? 'request: aborted' : `request: ${(error as Partial<Error>).name}`)
      watcher.settled(request, error)
    }
  }
  const errorOf = (promise: Promise<unknown>) =>
    promise.then(
      () => {},
      error => watcher.secretIn('an error', inspect(error, { depth: 6 })),
    )

  return {
    facts,
    life,
    session,
    familyNow,
    askAll(ask: Ask): void {
      for (let left = ask.count; left > 0; left -= 1) void askOnce(ask)
    },
    refresh: () => void errorOf(session.refresh()),
    token: () => void errorOf(session.getAccessToken()),
    dispose: () => client.dispose(),
    signOut(): void {
      const family = familyNow()
      if (family) facts.left.set(family, nowMs())
      watcher.sessions.noteSignOut(life, family)
      ports.noteIntent(null)
      void errorOf(session.signOut())
    },
    async signIn(who: Person): Promise<void> {
      try {
        const login = await logIn(who, 1)
        if (!login) return
        facts.left.delete(login.family)
        const former = familyNow()?.person
        count(former === who ? 'sign-in: again' : former ? 'sign-in: another user' : 'sign-in: of nobody')
        ports.noteIntent(login.family)
        await session.signIn(login.input)
      } catch (error) {
        say(`tab ${life.number}: the login failed: ${error}`)
        watcher.secretIn('an error', inspect(error, { depth: 6 }))
      }
    },
    /** A newer access token of a login of the same or another user, without a refresh token. */
    async stepUp(who: Person): Promise<void> {
      const issued = server.issue(who, { level: 2, isBare: true, ...(await proved()) })
      ports.noteIntent(undefined)
      count(familyNow()?.person === who ? 'step-up: of the same user' : 'step-up: of another, or of nobody')
      await errorOf(session.signIn(browser.inputOf(issued) as unknown as SessionInput))
    },
  }
}
