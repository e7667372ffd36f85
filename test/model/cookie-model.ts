import {
  type CookieTurn,
  cookieFlight,
  followEnd,
  forget,
  releaseCookieLock,
  signOutRecord,
  tellOtherTabs,
} from './cookie-flight.ts'
import { cookieKeyOf, cookieKindOf } from './cookie-keys.ts'
import { callNetwork, isNotUnderWay, isOwnCookie, navigate, signOutWithCall } from './cookie-sign-out.ts'
import {
  type CookieFaults,
  type CookieRules,
  type CookieState,
  type CookieTab,
  cloneCookieState,
  cookieFamily,
  cookieNumber,
  cookieOf,
  initialCookieState,
  isCookieRefreshing,
  isCookieSettled,
  nobody,
  noCookieFaults,
  showCookie,
} from './cookie-state.ts'
import type { Edge, Model } from './engine.ts'
import { tabName } from './state.ts'

export type AddEdge = (label: string, fault: boolean, change: (to: CookieState, broken: string[]) => void) => void

export type MayHappen = (
  kind: keyof CookieFaults,
  label: string,
  change: (me: CookieTab, to: CookieState) => void,
) => void

const faultNames = Object.keys(noCookieFaults) as (keyof CookieFaults)[]

/**
 * Cookie mode: the refresh token is an HttpOnly cookie, so it is shared by the whole browser and never seen by script. The
 * access token lives in each tab's memory. What goes wrong without a shared record, and what one without tokens mends.
 */
export function createCookieModel(rules: CookieRules): Model<CookieState> {
  return {
    initial: () => initialCookieState(rules),
    key: cookieKeyOf,
    kind: cookieKindOf,
    settled: isCookieSettled,
    next(state) {
      const edges: Edge<CookieState>[] = []
      const edge: AddEdge = (label, fault, change) => {
        const to = cloneCookieState(state)
        const broken: string[] = []
        change(to, broken)
        judge(rules, state, to, broken)
        edges.push({ label, to, fault, broken })
      }
      for (const [index, tab] of state.tabs.entries()) {
        if (tab.life === 'live') fly(rules, state, index, tab, edge)
        network(rules, state, index, tab, edge)
        if (tab.life !== 'dead') world(rules, state, index, tab, edge)
      }
      callNetwork(state, edge)
      return edges
    },
  }
}

function judge(rules: CookieRules, from: CookieState, to: CookieState, broken: string[]): void {
  to.tabs.forEach((tab, index) => {
    const before = from.tabs[index]
    const isTaken = tab.family !== nobody && (tab.family !== before?.family || tab.generation !== before.generation)
    if (tab.life !== 'dead' && isTaken && to.families[tab.family]?.signedOut) {
      broken.push('C3 a tab gets an access token of a session that was signed out')
    }
  })
  if (rules.start !== 'never' && isCookieSettled(to) && to.record.signedOut && !to.record.pending) {
    const left = to.jar === 0 ? undefined : to.families[cookieFamily(to.jar)]
    const isAlive = left && !left.revoked && left.current === cookieNumber(to.jar)
    if (isAlive && left.signedOut)
      broken.push('C8 a session that was signed out stays alive in the cookie, and nobody will tell')
  }
  const isUntouched = faultNames.every(name => to.faults[name] === (rules.faults[name] ?? 0))
  if (isCookieSettled(to) && isUntouched && to.refreshes !== 1) {
    broken.push(`C6 ${to.refreshes} refreshes where one was enough`)
  }
}

function fly(rules: CookieRules, state: CookieState, index: number, tab: CookieTab, edge: AddEdge): void {
  const step: CookieTurn['step'] = (label, change) =>
    edge(`${tabName(index)} ${label}`, false, (to, broken) => {
      const me = to.tabs[index]
      if (me) change(me, to, broken)
    })
  const { arrived } = tab
  if (arrived !== null) {
    step('tells the library of the sign-in', (me, to) => {
      const session = to.fresh
      to.fresh += 1
      if (rules.record)
        to.record = {
          session,
          generation: 0,
          signedOut: false,
          deliberate: false,
          family: arrived,
          lease: null,
          pending: null,
        }
      me.session = session
      me.generation = 0
      me.family = arrived
      me.arrived = null
      tellOtherTabs(to, index)
    })
  }
  if (tab.hint) {
    step('hears that something changed', (me, to) => {
      me.hint = false
      if (rules.record) followEnd(me, to)
    })
  }
  cookieFlight[tab.step]({ rules, state, index, tab, step })
}

function network(rules: CookieRules, _: CookieState, index: number, tab: CookieTab, edge: AddEdge): void {
  const who = tabName(index)
  if (tab.net === 1) {
    edge(`the server handles ${who}'s cookie ${showCookie(tab.sent)}`, false, to => {
      const me = to.tabs[index]
      if (me) handle(rules, me, to)
    })
  }
  if (tab.net !== 2) return
  const { cookie = 0 } = tab.answer ?? {}
  const kept = cookie ? ` and keeps cookie ${showCookie(cookie)}` : ''
  edge(`the browser receives the answer to ${who}${kept}`, false, to => {
    const me = to.tabs[index]
    if (me) me.net = 3
    if (cookie) to.jar = cookie
  })
}

function handle(rules: CookieRules, me: CookieTab, to: CookieState): void {
  const of = cookieFamily(me.sent)
  const family = me.sent === 0 ? undefined : to.families[of]
  const isGood = family !== undefined && !family.revoked && cookieNumber(me.sent) === family.current
  if (isGood) family.current += 1
  else if (family && rules.server === 'strict') family.revoked = true
  me.answer = isGood
    ? { granted: true, family: of, cookie: cookieOf(of, family.current) }
    : { granted: false, family: nobody, cookie: 0 }
  me.net = me.life === 'dead' ? 0 : 2
}

function world(rules: CookieRules, state: CookieState, index: number, tab: CookieTab, edge: AddEdge): void {
  const who = tabName(index)
  const may: MayHappen = (kind, label, change) => {
    if (state.faults[kind] <= 0) return
    edge(`${who} ${label}`, true, to => {
      const me = to.tabs[index]
      to.faults[kind] -= 1
      if (me) change(me, to)
    })
  }
  may('kill', 'is killed', (me, to) => {
    releaseCookieLock(to, index)
    me.life = 'dead'
    me.net = me.net === 1 ? 1 : 0
    me.request = null
    me.family = nobody
    me.hint = false
    me.arrived = null
  })
  if (tab.life === 'frozen') {
    edge(`${who} wakes`, true, to => {
      const me = to.tabs[index]
      if (!me) return
      me.life = 'live'
      me.late = isCookieRefreshing(tab.step)
    })
    return
  }
  may('freeze', 'is frozen', me => {
    me.life = 'frozen'
  })
  if (tab.family !== nobody && (!rules.record || isOwnCookie(state, tab))) {
    may('out', 'signs out (offline: the server is not told)', (me, to) => {
      const family = to.families[me.family]
      if (family) family.signedOut = true
      const session = to.fresh
      if (rules.record) {
        signOutRecord(to)
        to.record = {
          ...to.record,
          deliberate: true,
          pending: { id: session, user: family?.user ?? 0, failed: true, refresh: to.record.lease !== null },
        }
      } else to.fresh += 1
      forget(me, session)
      tellOtherTabs(to, index)
    })
  }
  if (tab.life === 'live' && isOwnCookie(state, tab)) signOutWithCall(index, may)
  if (tab.step === 'idle' && tab.life === 'live') navigate(rules, state, may)
  if (tab.arrived !== null || (rules.loginWaits && !isNotUnderWay(state))) return
  may('inOther', 'signs another user in at the server: the browser has a new cookie', (me, to) => {
    me.arrived = to.families.length
    to.families.push({ current: 0, revoked: false, user: 1, signedOut: false })
    to.jar = cookieOf(me.arrived, 0)
  })
  if (tab.step !== 'idle') return
  may('reload', 'is reloaded', me => {
    me.step = 'fresh'
    me.family = nobody
    me.request = null
    me.session = 0
    me.generation = 0
    me.hint = false
  })
}
