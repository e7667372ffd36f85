import { createRandom, type Random } from '../../support/random.ts'
import { createModel } from '../model.ts'
import { type FaultBudget, noFaults, type Rules, timeless } from '../rules.ts'
import { tabName } from '../state.ts'
import { createObserver, type Deed } from './observer.ts'
import { createRealTabs, type RealTab, type RealTabs, settle, sleepMs } from './real-tabs.ts'

/** Something that may be done to the real tabs now. */
interface Choice {
  readonly deed: Deed
  readonly run: () => void
  readonly kind: (typeof kinds)[number]
  readonly fault?: keyof FaultBudget
}
/** What a walk may have much or little of: so a slow network meets a quick clock in some. */
const kinds = ['store', 'lock', 'message', 'request', 'network', 'wake', 'time', 'fault'] as const
const weights = [1, 1, 0.3, 0.05, 0.01]

export interface WalkOptions {
  readonly tabs: number
  readonly faults: Partial<FaultBudget>
  /** @default 'web' */
  readonly lock?: Rules['lock']
  readonly seed: number
}

export interface Walk {
  readonly deeds: number
  readonly refreshes: number
  readonly taken: ReadonlySet<string>
}

/** Under the deadline of the refresh: a running tab has its answer by then, or it is lost, which is a fault of its own. */
const patienceMs = 9000
const mostDeeds = 2000

/**
 * Drives real clients by a random schedule until everybody has come to rest, and follows each step in the model.
 * @throws Error if a step is not the model's, or somebody waits for ever
 */
export async function walk({ tabs: count, faults, seed, lock = 'web' }: WalkOptions): Promise<Walk> {
  const random = createRandom(seed)
  const real = createRealTabs(count, lock === 'web')
  const own = globalThis.BroadcastChannel
  globalThis.BroadcastChannel = real.channels.Channel
  try {
    await real.start()
  } finally {
    globalThis.BroadcastChannel = own
  }
  const budget = { ...noFaults, ...faults }
  const observer = createObserver(createModel({ ...timeless, tabs: count, faults, lock }), real.observe())
  const weightOf = Object.fromEntries(kinds.map(kind => [kind, random.pick(weights)])) as Record<Choice['kind'], number>
  for (let deeds = 0; ; deeds += 1) {
    const choices = choicesOf(real, budget)
    const choice = pick(choices, weightOf, random)
    if (!choice) return { deeds, refreshes: real.observe().refreshes, taken: observer.taken }
    if (deeds > mostDeeds) throw new Error(`Somebody waits for ever: ${JSON.stringify(real.observe())}`)
    if (choice.fault) budget[choice.fault] -= 1
    choice.run()
    await settle()
    observer.follow(choice.deed, real.observe())
  }
}

function pick(
  choices: readonly Choice[],
  weightOf: Record<Choice['kind'], number>,
  random: Random,
): Choice | undefined {
  // Faults alone bring nobody to rest.
  if (choices.every(({ fault }) => fault !== undefined)) return undefined
  let left = random.next() * choices.reduce((sum, { kind }) => sum + weightOf[kind], 0)
  return choices.find(({ kind }) => {
    left -= weightOf[kind]
    return left < 0
  })
}

function choicesOf(real: RealTabs, budget: Record<keyof FaultBudget, number>): Choice[] {
  const choices: Choice[] = []
  real.tabs.forEach((tab, index) => {
    // A read is one step of the model: between its two ends others may act, the tab itself does not.
    const isReading = tab.storeCalls.some(({ kind, isDone }) => kind === 'read' && isDone)
    if (tab.life === 'live') choices.push(...storeOf(tab, index))
    // In the model, the tab knows that a removal is done, and has nobody left to sign out. In the code the user may sign out in
    // between: `two actions of this page at once` in `unit/session/sign-in` does so.
    const isEnding = tab.storeCalls.some(({ kind, isDone }) => kind === 'remove' && isDone)
    if (tab.life === 'live' && !isReading) choices.push(...stepsOf(real, tab, index))
    if (tab.life === 'live' && !isReading && !isEnding) choices.push(...wishesOf(real, tab, index))
    choices.push(...networkOf(real, tab, index), ...livesOf(real, tab, index))
  })
  if (real.store.record) {
    const deed = { tab: null, edge: 'the store is wiped', description: 'the store is wiped' }
    choices.push({ deed, kind: 'fault', fault: 'wipe', run: () => real.store.put(null) })
  }
  choices.push(...timeOf(real))
  return choices.filter(({ fault }) => fault === undefined || budget[fault] > 0)
}

/** The oldest question of the tab to the store: it may be done and answered at once, or one after the other. */
function storeOf({ storeCalls }: RealTab, index: number): Choice[] {
  const [call] = storeCalls
  if (!call) return []
  const who = tabName(index)
  const edge = call.kind === 'sign' && !call.isDone ? `${who} sign-` : null
  const writes = call.kind !== 'sign' && call.kind !== 'read' && !call.isDone
  const may = (what: string, run: () => void): Choice => {
    const description = `${who}: ${what} "${call.kind}"`
    return { deed: { tab: index, edge, writes, description }, kind: 'store', run }
  }
  const answer = () => {
    storeCalls.shift()
    call.answer()
  }
  if (call.isDone) return [may('learns of', answer)]
  const actAndAnswer = () => {
    call.act()
    answer()
  }
  return [may('the store does', call.act), may('the store does and answers', actAndAnswer)]
}

/** What else the tab waits for, and may be given. */
function stepsOf({ lock, channels }: RealTabs, tab: RealTab, index: number): Choice[] {
  const who = tabName(index)
  const choices: Choice[] = []
  const may = (kind: Choice['kind'], description: string, run: () => void) =>
    void choices.push({ deed: { tab: index, edge: null, description: `${who}: ${description}` }, kind, run })
  if (lock.holder === index && !lock.isTold) may('lock', 'is told that it has the lock', lock.tell)
  if (channels.waiting(index) > 0) may('message', 'hears a message', () => channels.deliver(index))
  const { refuse, refresh } = tab
  if (refuse) {
    may('request', 'gets its 401', () => {
      tab.refuse = null
      refuse()
    })
  }
  const answer = refresh?.answer
  if (refresh && answer) may('network', `gets its answer: ${answer.kind}`, () => refresh.settle(answer))
  return choices
}

function wishesOf({ server }: RealTabs, tab: RealTab, index: number): Choice[] {
  const { session } = tab.core
  if (tab.storeCalls.some(({ kind, isDone }) => kind === 'sign' && !isDone)) return []
  const wish = (fault: keyof FaultBudget, edge: string, run: () => void): Choice => {
    const label = `${tabName(index)} ${edge}`
    return { deed: { tab: index, edge: label, description: label }, kind: 'fault', fault, run }
  }
  return [
    ...(session.state.credentials ? [wish('out', 'signs out', () => void session.signOut())] : []),
    wish('inSame', 'gets tokens of a new sign-in (same', () => void session.signIn(server.signIn(0))),
    wish('inOther', 'gets tokens of a new sign-in (another', () => void session.signIn(server.signIn(1))),
  ]
}

function networkOf({ server }: RealTabs, tab: RealTab, index: number): Choice[] {
  const { refresh, life } = tab
  const who = tabName(index)
  const choices: Choice[] = []
  if (!refresh) return choices
  const may = (edge: string, run: () => void, fault?: keyof FaultBudget) =>
    void choices.push({
      deed: { tab: null, edge, description: edge },
      kind: fault ? 'fault' : 'network',
      run,
      ...(fault && { fault }),
    })
  if (refresh.net === 1) {
    may(`the server handles ${who}'s`, () => {
      refresh.net = 2
      refresh.answer = server.refresh(refresh.sent)
      if (life === 'dead') tab.refresh = null
    })
  }
  if (life === 'dead') return choices
  const lose = () => {
    refresh.net = 0
    refresh.answer = { kind: 'lost', token: 0 }
  }
  if (refresh.net === 1) {
    const busy = () => {
      refresh.net = 2
      refresh.answer = { kind: 'busy', token: 0 }
    }
    may(`the server answers ${who} with 503`, busy, 'busy')
    may(`${who}'s request is lost`, lose, 'lose')
  }
  if (refresh.net === 2) may(`the answer to ${who} is lost`, lose, 'lose')
  return choices
}

function livesOf(real: RealTabs, tab: RealTab, index: number): Choice[] {
  const who = tabName(index)
  if (tab.life === 'dead') return []
  const may = (edge: string, run: () => void, fault?: keyof FaultBudget): Choice => ({
    deed: { tab: null, edge, description: edge },
    kind: fault ? 'fault' : 'wake',
    run,
    ...(fault && { fault }),
  })
  const choices = [may(`${who} is killed`, () => real.kill(index), 'kill')]
  if (tab.life === 'live') {
    const freeze = () => {
      tab.life = 'frozen'
      tab.asleepSinceMs = real.time.nowMs
    }
    return [...choices, may(`${who} is frozen`, freeze, 'freeze')]
  }
  if (real.time.nowMs - tab.asleepSinceMs < sleepMs) return choices
  const wake = () => {
    tab.life = 'live'
  }
  return [...choices, may(`${who} wakes`, wake)]
}

/** The next timer of a running tab, or a second for the sleepers; not while the store is asked, whose own deadlines these are not. */
function timeOf({ tabs, time }: RealTabs): Choice[] {
  const live = tabs.filter(({ life }) => life === 'live')
  if (live.some(({ storeCalls }) => storeCalls.length > 0)) return []
  const limitMs = Math.min(...live.map(({ refresh }) => (refresh ? refresh.begunMs + patienceMs : Infinity)))
  const timer = time.next(tab => tabs[tab]?.life === 'live')
  const isSomebodyAsleep = tabs.some(({ life }) => life === 'frozen')
  if (timer && (timer.dueMs <= limitMs || timer.dueMs <= time.nowMs)) {
    const description = `${tabName(timer.tab)}: a timer fires at ${timer.dueMs} ms`
    return [{ deed: { tab: timer.tab, edge: null, description }, kind: 'time', run: () => time.fire(timer) }]
  }
  const nextMs = time.nowMs + 1000
  if (timer || !isSomebodyAsleep || nextMs > limitMs) return []
  const deed = { tab: null, edge: null, description: 'a second passes' }
  return [{ deed, kind: 'time', run: () => time.moveTo(nextMs) }]
}
