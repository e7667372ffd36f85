import { tellOthers, view, write } from './shared.ts'
import {
  familyOf,
  type ModelRecord,
  newFamily,
  type PersonsWish,
  recordOf,
  type TabState,
  tabName,
  tokenOf,
  type WorldState,
} from './state.ts'
import { act, type Scene } from './world.ts'

/** The person in front of the tab: signs out, or in anew. */
export function person(scene: Scene): void {
  const { rules, state, index, tab } = scene
  const who = tabName(index)
  if (tab.wish) {
    fulfil(scene, tab.wish)
    return
  }
  if (state.faults.out > 0 && tab.token !== 0) {
    act(scene, 'out')(`${who} signs out: its memory is cleared at once`, (me, to) => {
      const id = to.fresh
      to.fresh += 1
      me.wish = { kind: 'out', family: familyOf(me.token), read: undefined, id }
      me.session = rules.identity === 'random' ? id : me.session + 1
      me.token = 0
      me.generation = 0
    })
  }
  if (state.faults.up > 0 && tab.token !== 0) {
    act(scene, 'up')(`${who} gets a better access token, and no refresh token`, (me, to) => {
      me.wish = { kind: 'up', family: familyOf(me.token), read: undefined, id: to.fresh }
      to.fresh += 1
      if (rules.signIn === 'at-once') me.generation += 1
    })
  }
  for (const [budget, user] of [['inSame', 0] as const, ['inOther', 1] as const]) {
    if (state.faults[budget] <= 0) continue
    const label = `${who} gets tokens of a new sign-in (${user === 0 ? 'same' : 'another'} user)`
    act(scene, budget)(label, (me, to) => {
      me.wish = { kind: 'in', family: to.families.length, read: undefined, id: to.fresh }
      if (rules.signIn === 'at-once') {
        me.session = to.fresh
        me.generation = 0
        me.token = tokenOf(to.families.length, 0)
      }
      to.fresh += 1
      to.families.push(newFamily(user))
    })
  }
}

function fulfil(scene: Scene, wish: PersonsWish): void {
  const { rules, state, index } = scene
  const step = act(scene, null)
  const what = `${tabName(index)} sign-${wish.kind}`
  if (rules.store === 'torn' && rules.identity === 'counter' && wish.read === undefined) {
    step(`${what} reads the stored epoch`, me => {
      me.wish = { ...wish, read: view(state, index).session }
    })
    return
  }
  if (wish.kind === 'up') {
    stepUp(scene, wish)
    return
  }
  const session = rules.identity === 'random' ? wish.id : (wish.read ?? state.store.session) + 1
  step(`${what} reaches the store`, (me, to) => {
    if (wish.kind === 'out') {
      for (const family of [to.store.token ? familyOf(to.store.token) : wish.family, wish.family]) {
        const left = to.families[family]
        if (left) left.signedOut = true
      }
    }
    const token = wish.kind === 'in' ? tokenOf(wish.family, 0) : 0
    write(rules, to, index, recordOf(session, 0, token), true)
    me.session = session
    me.generation = 0
    me.token = token
    me.wish = null
    tellOthers(to, index)
  })
}

/** A sign-in that counts already is written over its own session; if that is over in the store it begins another, with nothing of it. */
function stepUp(scene: Scene, wish: PersonsWish): void {
  const { rules, state, index, tab } = scene
  const { store } = state
  const isItsOwn = store.session === tab.session && store.token !== 0
  const step = act(scene, null)
  const end = (me: TabState, to: WorldState, record: ModelRecord, moves: boolean) => {
    write(rules, to, index, record, moves)
    me.session = record.session
    me.generation = record.generation
    me.token = record.token
    me.wish = null
    tellOthers(to, index)
  }
  if (!isItsOwn && rules.stepUp === 'compare-and-set') {
    step(`${tabName(index)} sign-in finds its session over, and begins another`, (me, to) => {
      to.families.push(newFamily(to.families[wish.family]?.user ?? 0))
      end(me, to, recordOf(wish.id, 0, tokenOf(to.families.length - 1, 0)), true)
    })
    return
  }
  step(`${tabName(index)} sign-in goes on with its session in the store`, (me, to) => {
    if (isItsOwn) end(me, to, { ...store, generation: store.generation + 1 }, false)
    else end(me, to, recordOf(me.session, me.generation + 1, me.token), true)
  })
}
