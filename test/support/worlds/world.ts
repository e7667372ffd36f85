import { createRandom } from '../random.ts'
import { createBrokenStore } from './broken-store.ts'
import { createBrowser, origins, type ServerMood } from './browser.ts'
import { createComputer, type PageLife } from './computer.ts'
import { settleAll } from './globals.ts'
import { createLaggingStorages } from './lagging-storages.ts'
import { createNetwork } from './network.ts'
import { type DialogAnswer, type NetworkFault, tabCount, type WorldPlan } from './plan.ts'
import { createServer, type Family } from './server.ts'
import { createSharedChannel } from './shared-channel.ts'
import { createSharedLock } from './shared-lock.ts'
import { openTab, type Tab } from './tab.ts'
import { createTally } from './tally.ts'
import { createTimeline, takeTurn } from './timeline.ts'
import { createWatcher } from './watcher.ts'

export type World = ReturnType<typeof createWorld>

/** What lasts for a while. */
interface Mood extends ServerMood {
  isCalm: boolean
}

const declined: DialogAnswer = { who: 'declined', afterMs: 10 }

/** One browser with three tabs, the network and the servers behind it, and somebody who watches over it all. */
export function createWorld({ settings }: WorldPlan) {
  const random = createRandom(settings.seed)
  /** Everything that happened, a line each. */
  const story: string[] = []
  // Signatures and IndexedDB take turns of their own.
  const settle = settings.mode === 'dpop' ? () => settleAll(8) : takeTurn
  const timeline = createTimeline(settle)
  const nowMs = () => timeline.nowMs
  const say = (what: string) => void story.push(`${Math.round(nowMs())} ms: ${what}`)
  const computer = createComputer(timeline, settings, random)
  const server = createServer(settings, nowMs)
  const watcher = createWatcher({ settings, server, nowMs, trusted: Object.values(origins), say })
  const network = createNetwork(timeline, computer, random)
  const { count, counts } = createTally()
  const createStore = settings.storage === 'web' ? createLaggingStorages : createBrokenStore
  const store = createStore({ timeline, random, count, onWrite: watcher.sessions.written })
  const lock = createSharedLock(settings)
  const channel = createSharedChannel(computer, random, message =>
    watcher.secretIn('a message', JSON.stringify(message)),
  )
  const faults: Record<'token' | 'api' | 'login', NetworkFault[]> = { token: [], api: [], login: [] }
  /** What happens to the pages that send the next token requests. */
  const strikes: ((page: PageLife) => void)[] = []
  const refreshes = (page: PageLife) => strikes.shift()?.(page)
  const mood: Mood = { overload: null, isRefusing: false, isCalm: false }
  const browser = createBrowser({
    settings,
    server,
    network,
    watcher,
    nowMs,
    faults,
    say,
    mood,
    count,
    refreshes,
  })
  const answers = [...(settings.dialog ?? [])]
  /** What the last user wanted: this login, nobody, or (`undefined`) it is not certain. */
  const intent: { family: Family | null | undefined; atMs: number } = {
    family: undefined,
    atMs: Number.NEGATIVE_INFINITY,
  }
  /** The pages that stand in the three places; others were closed. */
  const places: Tab[] = []
  let opened = 0

  function noteIntent(family: Family | null | undefined): void {
    // Of two that come together either may be the last one.
    intent.family = nowMs() - intent.atMs < 3000 ? undefined : family
    intent.atMs = nowMs()
  }
  /** A page that dies may not have stored what its user has just done. */
  function close({ life }: Tab): void {
    if (nowMs() - intent.atMs < 3000) intent.family = undefined
    life.die()
  }
  function open(place: number): void {
    const life = computer.openPage(opened)
    opened += 1
    places[place] = computer.enter(life, () =>
      openTab({
        ...{ settings, life, server, browser, watcher, nowMs, say, noteIntent, count },
        store: store.openFor(life),
        lock: lock.openFor(life),
        nextAnswer: () => (mood.isCalm ? declined : (answers.shift() ?? declined)),
      }),
    )
  }

  return {
    ...{ settings, timeline, computer, server, watcher, store, channel, browser, network, story, intent },
    ...{ faults, strikes, mood, places, say, settle, noteIntent, open, close, count, counts },
    start(): void {
      for (let place = 0; place < tabCount; place += 1) open(place)
    },
    /** Nothing goes wrong from now on. */
    calm(): void {
      say('all is calm')
      mood.isCalm = true
      mood.isRefusing = network.isDown = false
      mood.overload = null
      network.isCalm = true
      for (const queue of [strikes, ...Object.values(faults)]) queue.length = 0
      store.heal()
      computer.wake()
      for (const { life } of places) life.thaw()
    },
    live: () => places.filter(({ life }) => !life.isDead),
  }
}
