import { type CookieTurn, followEnd, forget, land, signOutRecord, tellOtherTabs } from './cookie-flight.ts'
import type { AddEdge, MayHappen } from './cookie-model.ts'
import {
  type CookieRules,
  type CookieState,
  type CookieTab,
  cookieFamily,
  cookieNumber,
  cookieOf,
  isCookieRefreshing,
  showCookie,
} from './cookie-state.ts'
import { tabName } from './state.ts'

/** Sign-outs of which the server is told by a call, and what a later start makes of one that it was not told of. */

const refreshesUnderWay = (state: CookieState): boolean =>
  state.tabs.some(tab => tab.net === 1 || tab.net === 2 || isCookieRefreshing(tab.step))

export const isNotUnderWay = (state: CookieState): boolean => state.calls.length === 0 && !refreshesUnderWay(state)

/** The call leaves with whatever cookie the browser has now. */
function call(to: CookieState, by: number, id: number): void {
  to.calls.push({ id, by, cookie: to.jar, net: 1 })
}

/** Whoever signs out means the session that the page shows. A cookie that became another's elsewhere no page can see. */
export const isOwnCookie = (state: CookieState, tab: CookieTab): boolean =>
  state.jar !== 0 && cookieFamily(state.jar) === tab.family

export function signOutWithCall(index: number, may: MayHappen): void {
  may('outCall', 'signs out and tells the server', (me, to) => {
    const family = to.families[me.family]
    const id = to.fresh
    if (family) family.signedOut = true
    signOutRecord(to)
    to.record = {
      ...to.record,
      deliberate: true,
      pending: { id, user: family?.user ?? 0, failed: false, refresh: to.record.lease !== null },
    }
    forget(me, id)
    tellOtherTabs(to, index)
    call(to, index, id)
  })
}

/** The page is left: what it still had to write about its call, nobody writes. */
export function navigate(rules: CookieRules, state: CookieState, may: MayHappen): void {
  const led = (user: number) => (me: CookieTab, to: CookieState) => {
    to.families.push({ current: 0, revoked: false, user, signedOut: false })
    to.jar = cookieOf(to.families.length - 1, 0)
    Object.assign(me, {
      step: 'fresh',
      family: -1,
      request: null,
      session: 0,
      generation: 0,
      hint: false,
      arrived: null,
    })
  }
  // A navigation takes several ways to the server and back; the slow call that outlasts it is a scenario of its own.
  if (rules.loginWaits && !isNotUnderWay(state)) return
  may('navigateOther', 'is led through a login by navigation, as another person', led(1))
  may('navigateSame', 'is led through a login by navigation, as the same person', led(0))
}

export function callNetwork(state: CookieState, edge: AddEdge): void {
  state.calls.forEach((sent, place) => {
    const who = `${tabName(sent.by)}'s sign-out call`
    const over = (to: CookieState, failed: boolean) => {
      to.calls.splice(place, 1)
      // Told by whoever made it, if that page is still there.
      if (to.tabs[sent.by]?.life !== 'live' || to.record.pending?.id !== sent.id) return
      const isOver = !failed && !to.record.pending.refresh
      to.record = { ...to.record, pending: isOver ? null : { ...to.record.pending, failed } }
    }
    if (sent.net === 1) {
      edge(`the server handles ${who} with cookie ${showCookie(sent.cookie)}`, false, (to, broken) => {
        const family = sent.cookie === 0 ? undefined : to.families[cookieFamily(sent.cookie)]
        // A plain server ends the token that it is shown, and knows nothing of one just rotated.
        if (family && !family.revoked && family.current === cookieNumber(sent.cookie)) {
          if (!family.signedOut) broken.push('C7 a sign-out ends a login that was made since')
          family.revoked = true
        }
        to.calls[place] = { ...sent, net: 2 }
      })
      if (state.faults.lost > 0) {
        edge(`${who} fails`, true, to => {
          to.faults.lost -= 1
          over(to, true)
        })
      }
      return
    }
    edge(`the browser receives the answer to ${who} and drops its cookie`, false, (to, broken) => {
      if (to.jar !== 0 && to.families[cookieFamily(to.jar)]?.signedOut === false) {
        broken.push('C7 a sign-out ends a login that was made since')
      }
      to.jar = 0
      over(to, false)
    })
  })
}

/** A start that finds a sign-out on record, where it does not ask who is signed in. */
export function startOnSignOut({ rules, state, index, step }: Omit<CookieTurn, 'tab'>): void {
  const { pending } = state.record
  const repeats = rules.start === 'repeats' && pending !== null
  step(`starts, finds a sign-out on record and ${repeats ? 'repeats the call' : 'asks for nothing'}`, (me, to) => {
    me.session = to.record.session
    me.step = 'idle'
    if (repeats) call(to, index, pending.id)
  })
}

export const isLateAnswer = (rules: CookieRules, state: CookieState, tab: CookieTab): boolean =>
  rules.lateCall && state.record.deliberate && state.record.session !== tab.flownSession

/** One more call: the answer of a refresh may have brought a new cookie of the session that was signed out. */
export function callSignOut(to: CookieState, index: number): void {
  const { pending, session } = to.record
  const { id, user } = pending ?? { id: session, user: 0 }
  to.record = { ...to.record, pending: { id, user, failed: false, refresh: false } }
  call(to, index, id)
}

/** A lease outlives the sign-out, so that a start waits for the refresh and knows whether its end was seen. */
export function closeOwnLease(me: CookieTab, to: CookieState, index: number): void {
  const { lease, pending } = to.record
  if (lease?.by !== index || lease.attempt !== me.attempt) return
  to.record = { ...to.record, lease: null, pending: pending && { ...pending, refresh: false } }
}

/** A start that would ask while the call may be under way: its answer would be a refresh that undoes the sign-out. */
export const mustWaitForCall = ({ state, tab }: CookieTurn): boolean =>
  tab.flownStart && state.record.signedOut && state.calls.length > 0

/** A start has asked who is signed in, though somebody had signed out: the same session still, or a login made since? */
export function askedAgain({ state, index, tab, step }: CookieTurn): void {
  const { pending } = state.record
  const family = tab.answer?.family ?? -1
  const isRecognised = pending !== null && state.families[family]?.user === pending.user
  if (isRecognised && (pending.failed || pending.refresh)) {
    step('recognises the session that was signed out, and tells the server once more', (me, to) => {
      to.record = { ...to.record, lease: null }
      callSignOut(to, index)
      followEnd(me, to)
      land(me)
    })
    return
  }
  step('takes it for a login made since', (me, to) => {
    to.record = {
      session: to.fresh,
      generation: 0,
      signedOut: false,
      deliberate: false,
      family,
      lease: null,
      pending: null,
    }
    forget(me, to.fresh)
    to.fresh += 1
    me.family = family
    tellOtherTabs(to, index)
    land(me)
  })
}
