import { concluding } from './conclude.ts'
import type { Model } from './engine.ts'
import { asking, createTurn, type Turn } from './flight.ts'
import { isSettled, judgeLeftovers, judgeRest } from './invariants.ts'
import { keyOf, kindOf } from './keys.ts'
import { person } from './person.ts'
import { noFaults, type Rules } from './rules.ts'
import { follow, isHazy } from './shared.ts'
import { cloneState, newFamily, recordOf, type TabState, tabName, tokenOf, type WorldState } from './state.ts'
import { type AddEdge, lifeCycle, network } from './world.ts'

const flight = { ...asking, ...concluding }

/**
 * The refresh protocol: several tabs over one shared record, a lock, and an authorization server. One step of a tab is what
 * one JavaScript task can do without another tab coming in between. Every tab begins with a request that was refused.
 */
export function createModel(rules: Rules): Model<WorldState> {
  return {
    initial: () => initialState(rules),
    key: keyOf,
    kind: kindOf,
    settled: isSettled,
    next(state) {
      const edges: ReturnType<Model<WorldState>['next']>[number][] = []
      const edge: AddEdge = (label, fault, change) => {
        const to = cloneState(state)
        const broken: string[] = []
        change(to, broken)
        judgeLeftovers(state, to, broken)
        if (isSettled(to)) judgeRest(rules, to, broken)
        edges.push({ label, to, fault, broken })
      }
      for (const [index, tab] of state.tabs.entries()) moveTab(rules, state, index, tab, edge)
      moveStore(state, edge)
      return edges
    },
  }
}

function moveTab(rules: Rules, state: WorldState, index: number, tab: TabState, edge: AddEdge): void {
  const scene = { rules, state, index, tab, edge }
  if (tab.life === 'live') {
    const step: Turn['step'] = (label, change) =>
      edge(`${tabName(index)} ${label}`, false, (to, broken) => {
        const me = to.tabs[index]
        if (me) change(me, to, broken)
      })
    if (tab.lostLock) {
      step('learns that its lock is gone', me => {
        me.lostLock = false
        me.withoutLock = true
      })
    }
    const turn = createTurn(rules, state, index, tab, step)
    look(turn)
    flight[tab.step]?.(turn)
    person(scene)
  }
  network(scene)
  lifeCycle(scene)
}

function look({ rules, state, index, tab, seen, step }: Turn): void {
  const isFree = !tab.wish && !isHazy(rules, state, index)
  if (tab.hint && isFree) {
    step('hears that something changed and reads the store', me => {
      me.hint = false
      follow(me, seen)
    })
  } else if (rules.looks === 'any' && isFree) {
    step('reads the store of itself', me => follow(me, seen))
  }
}

function moveStore(state: WorldState, edge: AddEdge): void {
  state.tabs.forEach((_, index) => {
    if (!(state.blind & (1 << index))) return
    edge(`${tabName(index)} comes to see the latest write`, false, to => {
      to.blind &= ~(1 << index)
    })
  })
  if (state.faults.wipe <= 0) return
  edge('the store is wiped', true, to => {
    to.faults.wipe -= 1
    to.store = recordOf(0, 0, 0)
  })
}

function initialState(rules: Rules): WorldState {
  const token = tokenOf(0, 0)
  const tab: TabState = {
    life: 'live',
    naps: false,
    lostLock: false,
    late: false,
    session: 1,
    generation: 0,
    token,
    request: { session: 1, generation: 0, user: 0 },
    rounds: rules.rounds,
    starts: 0,
    step: 'idle',
    flownSession: 1,
    flownGeneration: 0,
    snapshot: null,
    sent: 0,
    net: 0,
    answer: null,
    withoutLock: false,
    lost: 0,
    rests: 0,
    holders: 0,
    attempt: 0,
    compared: undefined,
    wish: null,
    hint: false,
  }
  return {
    tabs: Array.from({ length: rules.tabs }, () => ({ ...tab })),
    lock: -1,
    queue: [],
    store: recordOf(1, 0, token),
    former: null,
    blind: 0,
    orphan: 0,
    families: [newFamily(0)],
    fresh: 2,
    faults: { ...noFaults, ...rules.faults },
    refreshes: 0,
  }
}
