import {
  askedAgain,
  callSignOut,
  closeOwnLease,
  isLateAnswer,
  mustWaitForCall,
  startOnSignOut,
} from './cookie-sign-out.ts'
import {
  type CookieRules,
  type CookieState,
  type CookieTab,
  cookieFamily,
  cookieNumber,
  cookieOf,
  isCookieRefreshing,
  nobody,
  showCookie,
} from './cookie-state.ts'

export interface CookieTurn {
  readonly rules: CookieRules
  readonly state: CookieState
  readonly index: number
  readonly tab: CookieTab
  readonly step: (label: string, change: (me: CookieTab, to: CookieState, broken: string[]) => void) => void
}

export const land = (me: CookieTab): void => {
  me.step = 'free'
}

/** The refresh of one tab. */
export const cookieFlight: Readonly<Record<CookieTab['step'], (turn: CookieTurn) => void>> = {
  fresh({ rules, state, index, step }) {
    if (rules.record && state.record.signedOut && rules.start !== 'asks') {
      return startOnSignOut({ rules, state, index, step })
    }
    step('starts and asks for a session', (me, to) => {
      me.session = rules.record ? to.record.session : 1
      me.generation = rules.record ? to.record.generation : 0
      begin(rules, me, to, index)
      me.flownStart = true
    })
  },

  idle({ rules, index, tab, step }) {
    const { request } = tab
    if (!request) return
    if (tab.session !== request.session) {
      return step('rejects its request: the session it began in is over', me => {
        me.request = null
      })
    }
    if (tab.family !== nobody && tab.generation > request.generation) {
      return step('replays its request', (me, to, broken) => {
        if (to.families[me.family]?.user !== request.user) broken.push('C2 a request is replayed as another user')
        me.request = null
      })
    }
    step('begins a refresh', (me, to) => begin(rules, me, to, index))
  },

  wait({ state, index, step }) {
    if (state.lock === index) {
      return step('gets the lock', me => {
        me.step = 'read'
      })
    }
    if (state.tabs[state.lock]?.life !== 'frozen') return
    step('has waited long enough and goes on without the lock', (me, to) => {
      releaseCookieLock(to, index)
      me.step = 'read'
    })
  },

  read(turn) {
    const { rules, state, index, tab, step } = turn
    if (hasMoved(turn)) {
      return step('re-reads: the session is over', (me, to) => {
        if (rules.record) followEnd(me, to)
        land(me)
      })
    }
    if (rules.access && state.record.generation > tab.flownGeneration) {
      return step('re-reads: a newer access token is there', (me, to) => {
        me.generation = to.record.generation
        me.family = to.record.family
        land(me)
      })
    }
    if (mustWaitForCall(turn) || (rules.lease && isOpen(state, index))) return
    step(rules.lease ? 'takes the lease' : 'goes on', (me, to) => {
      me.attempt += 1
      me.late = false
      me.step = 'send'
      if (rules.lease) to.record = { ...to.record, lease: { by: index, attempt: me.attempt } }
    })
  },

  send({ rules, state, index, tab, step }) {
    if (rules.lateCheck && tab.late) {
      return step('finds that it slept since it leased, and reads again', me => {
        me.late = false
        me.step = 'read'
      })
    }
    if (tab.session !== tab.flownSession) {
      return step('finds its session over', (me, to) => {
        closeOwnLease(me, to, index)
        land(me)
      })
    }
    step(`calls the refresh endpoint; the browser adds cookie ${showCookie(state.jar)}`, (me, to, broken) => {
      me.sent = to.jar
      me.net = 1
      me.step = 'await'
      to.refreshes += 1
      judgePresentation(to, index, broken)
    })
  },

  await({ tab, step }) {
    if (tab.net !== 3) return
    step('reads the answer', me => {
      me.net = 0
      me.step = me.answer?.granted ? 'apply' : 'refused'
    })
  },

  apply(turn) {
    const { rules, state, index, tab, step } = turn
    const { answer } = tab
    if (hasMoved(turn)) {
      return step('drops the answer: the session has moved', (me, to) => {
        closeOwnLease(me, to, index)
        if (isLateAnswer(rules, state, tab)) callSignOut(to, index)
        if (rules.record) followEnd(me, to)
        land(me)
      })
    }
    if (tab.flownStart && state.record.signedOut) return askedAgain(turn)
    const expected = tab.family === nobody ? state.record.family : tab.family
    if (rules.subject && state.families[answer?.family ?? -1]?.user !== state.families[expected]?.user) {
      return step("drops the answer: it is another person's", (me, to) => {
        closeOwnLease(me, to, index)
        forget(me, to.fresh)
        to.fresh += 1
        land(me)
      })
    }
    step('takes up the access token', (me, to) => {
      me.family = answer?.family ?? nobody
      me.generation = me.flownGeneration + 1
      if (rules.record) {
        const generation = Math.max(to.record.generation, me.generation)
        to.record = { ...to.record, generation, family: me.family, lease: null }
      }
      tellOtherTabs(to, index)
      land(me)
    })
  },

  refused({ rules, index, step }) {
    step('ends the session', (me, to, broken) => {
      judgeEnd(me, to, index, broken)
      closeOwnLease(me, to, index)
      if (rules.record && to.record.session === me.flownSession) signOutRecord(to)
      if (rules.record) followEnd(me, to)
      else {
        forget(me, to.fresh)
        to.fresh += 1
      }
      tellOtherTabs(to, index)
      land(me)
    })
  },

  free({ index, step }) {
    step('is done', (me, to) => {
      releaseCookieLock(to, index)
      me.step = 'idle'
      me.sent = 0
      me.answer = null
      me.late = false
      if (me.family === nobody) me.request = null
    })
  },
}

const hasMoved = ({ rules, state, tab }: CookieTurn): boolean =>
  tab.session !== tab.flownSession ||
  (rules.record && (state.record.session !== tab.flownSession || (state.record.signedOut && !tab.flownStart)))

function begin(rules: CookieRules, me: CookieTab, to: CookieState, index: number): void {
  me.flownSession = me.session
  me.flownGeneration = me.generation
  me.flownStart = false
  me.step = rules.lock === 'web' ? 'wait' : 'read'
  if (rules.lock !== 'web') return
  to.queue.push(index)
  grant(to)
}

function grant(to: CookieState): void {
  if (to.lock === -1) to.lock = to.queue.shift() ?? -1
}

export function releaseCookieLock(to: CookieState, index: number): void {
  to.queue = to.queue.filter(waiting => waiting !== index)
  if (to.lock === index) to.lock = -1
  grant(to)
}

export function tellOtherTabs(to: CookieState, index: number): void {
  to.tabs.forEach((tab, other) => {
    if (other !== index && tab.life !== 'dead') tab.hint = true
  })
}

export function forget(me: CookieTab, session: number): void {
  me.session = session
  me.generation = 0
  me.family = nobody
}

/** Memory follows a record of another session. */
export function followEnd(me: CookieTab, to: CookieState): void {
  if (to.record.session !== me.session) forget(me, to.record.session)
}

export function signOutRecord(to: CookieState): void {
  to.record = {
    session: to.fresh,
    generation: 0,
    signedOut: true,
    deliberate: false,
    family: nobody,
    lease: to.record.lease,
    pending: null,
  }
  to.fresh += 1
}

function isOpen(state: CookieState, index: number): boolean {
  const { lease } = state.record
  const owner = lease && lease.by !== index ? state.tabs[lease.by] : undefined
  return owner?.life === 'live' && !owner.late && owner.attempt === lease?.attempt && isCookieRefreshing(owner.step)
}

function judgePresentation(to: CookieState, index: number, broken: string[]): void {
  const sent = to.tabs[index]?.sent ?? 0
  const others = to.tabs.filter(
    (tab, other) =>
      other !== index && tab.life !== 'dead' && (tab.net === 1 || tab.net === 2) && tab.sent === sent && sent !== 0,
  )
  if (others.some(tab => tab.life === 'live' && !tab.late)) broken.push('C1 one cookie is presented twice at once')
  else if (others.length > 0) {
    broken.push('C1f a cookie is presented that a sleeping (or just woken) tab has in refresh')
  }
}

function judgeEnd(me: CookieTab, to: CookieState, index: number, broken: string[]): void {
  const of = cookieFamily(me.sent)
  const family = me.sent === 0 ? undefined : to.families[of]
  if (!family || family.revoked || family.signedOut || family.current <= cookieNumber(me.sent)) return
  const current = cookieOf(of, family.current)
  const isOnItsWay = to.tabs.some((tab, other) => other !== index && tab.net === 2 && tab.answer?.cookie === current)
  if (to.jar === current || isOnItsWay) broken.push('C4 a live session is ended by a refusal of an older cookie')
}
