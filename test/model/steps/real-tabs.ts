import { resolveOptions } from '../../../src/client/resolve-options.ts'
import { type ClientParts, createClientParts } from '../../../src/client/wiring.ts'
import type { FaultBudget } from '../rules.ts'
import { type Life, type ModelAnswer, type Token, tokenOf } from '../state.ts'
import type { Doing, Observed, ObservedTab } from './observed.ts'
import { createRealChannels } from './real-channel.ts'
import { createRealLock, ownQueue } from './real-lock.ts'
import { createRealServer, tokenIn, tokensOf } from './real-server.ts'
import { createRealStore, type StoreCall } from './real-store.ts'
import { createRealTime } from './real-time.ts'

const sessionName = 'main'
const url = 'https://api.test/todos'
/** A sleep is long: everybody who watches has given up the sleeper's lease by then. */
export const sleepMs = 20_000

/** The refresh that a tab has under way. */
interface Refresh {
  readonly sent: Token
  readonly begunMs: number
  net: 0 | 1 | 2
  answer: ModelAnswer | null
  readonly settle: (answer: ModelAnswer) => void
}

export interface RealTab {
  readonly core: ClientParts
  readonly storeCalls: StoreCall[]
  life: Life
  asleepSinceMs: number
  refresh: Refresh | null
  /** Hands the tab the 401 of its request. */
  refuse: (() => void) | null
  request: ObservedTab['request']
}

/** Several real clients over one store, one lock, one server and one time, which do nothing but what they are told. */
export type RealTabs = ReturnType<typeof createRealTabs>

export function createRealTabs(count: number, hasLocks: boolean) {
  const store = createRealStore()
  const lock = createRealLock()
  const server = createRealServer()
  const time = createRealTime()
  const channels = createRealChannels()
  const tabs: RealTab[] = []
  let refreshes = 0
  let strangers = 0

  const send =
    (tab: RealTab): typeof fetch =>
    async (_input, init) => {
      const accessToken = new Headers(init?.headers).get('authorization')
      if (server.accepts(accessToken)) {
        tab.request = 'replayed'
        if (server.userOf(accessToken) !== 0) strangers += 1
        return new Response('', { status: 200 })
      }
      await new Promise<void>(resolve => {
        tab.refuse = resolve
      })
      return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    }

  const refreshOf = (tab: RealTab) => (refreshToken: string | undefined) =>
    new Promise<ReturnType<typeof tokensOf>>((resolve, reject) => {
      refreshes += 1
      tab.refresh = {
        sent: tokenIn(refreshToken),
        begunMs: time.nowMs,
        net: 1,
        answer: null,
        settle({ kind, token }) {
          tab.refresh = null
          if (kind === 'granted') resolve(tokensOf(token))
          else if (kind === 'refused') reject({ status: 400, error: 'invalid_grant' })
          else if (kind === 'busy') reject({ status: 503 })
          else reject(new TypeError('network error'))
        },
      }
    })

  function open(index: number): RealTab {
    channels.openAs(index)
    const storeCalls: StoreCall[] = []
    const options = resolveOptions({
      baseUrl: new URL(url).origin,
      sessionName,
      store: store.open(storeCalls, index),
      refresh: ({ refreshToken }) => refreshOf(tab)(refreshToken),
    })
    const asleep = { onWake: () => () => {}, onSleep: () => () => {} }
    const platform = { clock: time.open(index), wake: asleep, lock: hasLocks ? lock.open(index) : ownQueue }
    const core = createClientParts(options, fetch, platform)
    const tab: RealTab = {
      core,
      storeCalls,
      life: 'live',
      asleepSinceMs: 0,
      refresh: null,
      refuse: null,
      request: 'waiting',
    }
    tabs.push(tab)
    return tab
  }

  /** Every tab is signed in as the same person, and has sent a request. */
  async function start(): Promise<void> {
    const signedIn = server.signIn(0)
    const first = open(0)
    first.core.storeSync.syncIfStale()
    await drain(first)
    first.core.session.signIn(signedIn)
    await drain(first)
    for (let index = 1; index < count; index += 1) {
      const tab = open(index)
      tab.core.storeSync.syncIfStale()
      await drain(tab)
    }
    for (const tab of tabs) {
      const letGo = () => {
        if (tab.request === 'waiting') tab.request = 'let-go'
      }
      tab.core.pipeline(url, undefined, { transport: send(tab) }).then(letGo, letGo)
    }
    await settle()
  }
  async function drain({ storeCalls }: RealTab): Promise<void> {
    await settle()
    for (let call = storeCalls.shift(); call; call = storeCalls.shift()) {
      call.act()
      call.answer()
      await settle()
    }
  }

  function doingOf(tab: RealTab, index: number): Doing {
    if (tab.refresh) return 'await'
    if (lock.queue.includes(index) || (lock.holder === index && !lock.isTold)) return 'wait'
    const call = tab.storeCalls.find(({ kind }) => kind !== 'read' && kind !== 'sign')
    return call ? (call.kind as Doing) : 'other'
  }

  function observe(): Observed {
    return {
      refreshes,
      strangers,
      lock: lock.holder,
      queue: [...lock.queue],
      store: {
        session: store.record?.sessionId ?? null,
        generation: store.record?.generation ?? 0,
        token: tokenIn(store.record?.credentials?.refreshToken),
        leasedBy: store.leasedBy,
      },
      families: server.families.map(({ current, revoked }) => ({ current, revoked })),
      tabs: tabs.map((tab, index) => {
        const { sessionId, generation, credentials } = tab.core.session.state
        return {
          life: tab.life,
          session: sessionId,
          generation,
          token: tokenIn(credentials?.refreshToken),
          request: tab.request,
          doing: doingOf(tab, index),
          net: tab.refresh?.net ?? 0,
          answer: tab.refresh?.answer ?? null,
          hasWish: tab.storeCalls.some(({ kind, isDone }) => kind === 'sign' && !isDone),
          isBehind: tab.storeCalls.some(({ isDone }) => isDone),
        }
      }),
    }
  }

  function kill(index: number): void {
    const tab = tabs[index]
    if (!tab) return
    tab.life = 'dead'
    tab.storeCalls.length = 0
    tab.refuse = null
    lock.forget(index)
    time.forget(index)
    channels.forget(index)
  }

  return { start, observe, kill, tabs, store, lock, server, time, channels, first: tokenOf(0, 0) }
}

/** Lets everything run that waits for nothing but promises. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export type Budget = Record<keyof FaultBudget, number>
