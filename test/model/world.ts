import { judgeRevocation } from './invariants.ts'
import type { FaultBudget, Rules } from './rules.ts'
import { release } from './shared.ts'
import {
  familyOf,
  holdsAnswer,
  isRefreshing,
  numberOf,
  showToken,
  type TabState,
  tabName,
  tokenOf,
  type WorldState,
} from './state.ts'

export type AddEdge = (label: string, fault: boolean, change: (to: WorldState, broken: string[]) => void) => void

/** One tab, as the world sees it. */
export interface Scene {
  readonly rules: Rules
  readonly state: WorldState
  readonly index: number
  readonly tab: TabState
  readonly edge: AddEdge
}

type ChangeTab = (me: TabState, to: WorldState, broken: string[]) => void

/** An edge that changes this tab; `budget`: the fault it uses up. */
export const act =
  ({ index, edge }: Scene, budget: keyof FaultBudget | null, fault = budget !== null) =>
  (label: string, change: ChangeTab): void =>
    edge(label, fault, (to, broken) => {
      const me = to.tabs[index]
      if (budget) to.faults[budget] -= 1
      if (me) change(me, to, broken)
    })

/** What becomes of the tab's request on its way to the server and back. */
export function network(scene: Scene): void {
  const { rules, state, index, tab } = scene
  const who = tabName(index)
  if (tab.net === 1) {
    act(scene, null)(`the server handles ${who}'s ${showToken(tab.sent)}`, (me, to, broken) =>
      handle(rules, me, to, broken),
    )
    if (state.faults.busy > 0 && tab.life !== 'dead') {
      act(scene, 'busy')(`the server answers ${who} with 503`, (me, to) => {
        me.net = 2
        me.answer = { kind: 'busy', token: 0 }
        const family = to.families[familyOf(me.sent)]
        if (family) family.shown[numberOf(me.sent)] = (family.shown[numberOf(me.sent)] ?? 0) - 1
      })
    }
  }
  const canBeLost = tab.net > 0 && tab.step === 'await' && tab.answer?.kind !== 'lost' && tab.life !== 'dead'
  if (!canBeLost || state.faults.lose <= 0) return
  const label = tab.net === 1 ? `${who}'s request is lost on the way` : `the answer to ${who} is lost`
  act(scene, 'lose')(label, me => {
    me.net = 0
    me.answer = { kind: 'lost', token: 0 }
  })
}

/** Rotation with reuse detection (RFC 9700 §4.14.2). */
function handle(rules: Rules, me: TabState, to: WorldState, broken: string[]): void {
  const of = familyOf(me.sent)
  const family = to.families[of]
  if (!family) return
  const number = numberOf(me.sent)
  const isCurrent = !family.revoked && number === family.current
  const isForgiven = !family.revoked && rules.server === 'grace' && number === family.current - 1
  if (isCurrent) family.current += 1
  else if (!family.revoked && !isForgiven && rules.server !== 'lenient') {
    family.revoked = true
    judgeRevocation(rules, to, broken)
  }
  const isDead = me.life === 'dead'
  me.net = isDead ? 0 : 2
  if (isDead) me.answer = null
  else if (isCurrent || isForgiven) me.answer = { kind: 'granted', token: tokenOf(of, family.current) }
  else me.answer = { kind: 'refused', token: 0 }
}

/** Death, sleep and waking. */
export function lifeCycle(scene: Scene): void {
  const { rules, state, index, tab } = scene
  const who = tabName(index)
  // A torn write is one task: nobody dies or sleeps inside it.
  if (tab.life === 'dead' || tab.compared !== undefined) return
  if (state.faults.kill > 0) act(scene, 'kill')(`${who} is killed`, (me, to) => die(me, to, index))
  if (tab.life === 'live' && state.faults.freeze > 0) {
    act(scene, 'freeze')(`${who} is frozen`, (me, to) => {
      me.life = 'frozen'
      if (rules.dropLock && to.lock === index) {
        release(to, index)
        me.withoutLock = true
        if (tab.step === 'wait') me.step = 'read'
      }
      const family = to.families[familyOf(tab.sent)]
      if (holdsAnswer(tab.step) && family) family.slept[numberOf(tab.sent)] = 1
    })
  }
  if (tab.life === 'live' && state.faults.nap > 0) {
    act(scene, 'nap')(`${who} naps`, (me, to) => {
      me.life = 'frozen'
      me.naps = true
      const family = to.families[familyOf(tab.sent)]
      if (holdsAnswer(tab.step) && family) family.slept[numberOf(tab.sent)] = 1
      if (!rules.dropLock || to.lock !== index) return
      release(to, index)
      const isKnown = rules.naps === 'told' || tab.step === 'wait'
      if (isKnown) me.withoutLock = true
      else me.lostLock = true
      if (tab.step === 'wait') me.step = 'read'
    })
  }
  if (tab.life !== 'frozen') return
  act(
    scene,
    null,
    true,
  )(`${who} wakes`, me => {
    me.life = 'live'
    me.late = isRefreshing(tab.step) && !(tab.naps && rules.naps === 'untold')
    me.naps = false
  })
}

function die(me: TabState, to: WorldState, index: number): void {
  release(to, index)
  me.life = 'dead'
  me.request = null
  me.wish = null
  me.hint = false
  me.answer = null
  me.net = me.net === 1 ? 1 : 0
  me.token = 0
  me.snapshot = null
  me.late = false
  me.naps = false
  me.lostLock = false
  if (me.net === 0) {
    me.step = 'idle'
    me.sent = 0
  }
  to.blind &= ~(1 << index)
}
