import { compareAndSet, type Write, writeBlindly } from './compare-and-set.ts'
import { failuresSoFar, judgePatience, judgePresentation } from './invariants.ts'
import type { Rules } from './rules.ts'
import {
  follow,
  giveUp,
  grant,
  isHazy,
  isMine,
  isNewer,
  isOpen,
  isSameRecord,
  land,
  release,
  rest,
  view,
} from './shared.ts'
import { familyOf, type ModelRecord, type Step, showToken, type TabState, type WorldState } from './state.ts'

/** What one tab's step changes; `broken` collects the invariants it breaks. */
export type Change = (me: TabState, to: WorldState, broken: string[]) => void

/** One tab about to move, in one state. */
export interface Turn {
  readonly rules: Rules
  readonly state: WorldState
  readonly index: number
  readonly tab: TabState
  /** What it would read now. */
  readonly seen: ModelRecord
  readonly step: (label: string, change: Change) => void
}

export const createTurn = (
  rules: Rules,
  state: WorldState,
  index: number,
  tab: TabState,
  step: Turn['step'],
): Turn => ({
  rules,
  state,
  index,
  tab,
  seen: view(state, index),
  step,
})

/** Steps a to d of one tab's refresh; what follows the answer is in conclude.ts. */
export const asking: Readonly<Partial<Record<Step, (turn: Turn) => void>>> = {
  idle({ rules, tab, index, step }) {
    const { request } = tab
    if (!request) {
      if (tab.rounds > 1 && tab.token !== 0 && !tab.wish)
        step('sends another request; its token is refused too', askAgain)
      return
    }
    if (tab.session !== request.session || tab.token === 0) {
      return step('rejects its request: the session it began in is over', dropRequest)
    }
    if (tab.generation > request.generation) {
      return step('replays its request with the newer token', (me, to, broken) => {
        if (to.families[familyOf(me.token)]?.user !== request.user)
          broken.push('I4 a request is replayed as another user')
        me.request = null
      })
    }
    if (tab.starts >= rules.starts) return step('gives its request RefreshUnavailable', dropRequest)
    const label = rules.lock === 'web' ? 'asks for the lock' : 'starts a refresh (there are no locks)'
    step(label, (me, to) => beginFlight(rules, me, to, index))
  },

  wait({ rules, state, index, tab, seen, step }) {
    const hasMoved = tab.session !== tab.flownSession || seen.session !== tab.flownSession || isNewer(rules, tab, seen)
    if (hasMoved && !isHazy(rules, state, index)) {
      step('sees a newer record and stops waiting', (me, to) => {
        follow(me, seen)
        release(to, index)
        me.step = 'idle'
      })
    }
    if (state.lock === index) {
      return step('gets the lock', me => {
        me.step = 'read'
      })
    }
    const holderSleeps = state.tabs[state.lock]?.life === 'frozen'
    const isPatienceOver = holderSleeps || rules.wait === 'any' || (rules.wait === 'total' && tab.holders >= 2)
    if (isPatienceOver && rules.noLock === 'fail') {
      step('has waited long enough: RefreshUnavailable', (me, to) => {
        release(to, index)
        me.step = 'idle'
        giveUp(rules, me)
      })
    } else if (isPatienceOver && rules.noLock === 'go') {
      step('has waited long enough and goes on without the lock', (me, to) => {
        release(to, index)
        me.withoutLock = true
        me.step = 'read'
      })
    }
  },

  read(turn) {
    const { rules, state, index, tab, seen, step } = turn
    if (isHazy(rules, state, index)) return
    const isOver = tab.session !== tab.flownSession || seen.session !== tab.flownSession || seen.token === 0
    if (isOver || isNewer(rules, tab, seen)) {
      return step('re-reads: the record has moved on, so no refresh', me => {
        follow(me, seen)
        land(me)
      })
    }
    // As far as it knows.
    const holdsItNow = seen.lease?.underLock === true && (state.lock === index || tab.lostLock)
    // Waits until the lease is resolved or stale.
    if (rules.lease && isOpen(rules, state, index, seen.lease) && !holdsItNow) return yieldToSleeper(turn)
    const failed = failuresSoFar(rules, state)
    if (rules.patience !== 'none' && failed > 0) {
      // Each failure sets one time to wait for.
      if (tab.rests < failed) {
        step('re-reads: somebody failed a moment ago, so it waits', me => {
          me.rests += 1
          rest(me)
        })
      }
    }
    if (rules.patience === 'record' && tab.lost > 0 && (seen.lease?.tries ?? 0) > 1) {
      return step('re-reads: its token was presented again by somebody, and that was lost too', land)
    }
    if (rules.retries === 'once' && seen.lease && seen.lease.tries >= 2) {
      return step('re-reads: the one retry is already spent', (me, _, broken) => {
        broken.push('GAP no rule says what follows when the one retry was lost too')
        land(me)
      })
    }
    const open = 're-reads: a refresh had started and never ended; it will try once more'
    step(seen.lease ? open : 're-reads: nothing newer', me => {
      me.snapshot = seen
      me.late = false
      me.step = 'mark'
    })
  },

  mark(turn) {
    const { rules, index, tab } = turn
    const { snapshot } = tab
    if (!snapshot) return
    const attempt = rules.leaseId === 'fresh' ? tab.attempt + 1 : tab.attempt
    const tries = Math.min(3, (snapshot.lease?.tries ?? 0) + 1)
    const marked = { ...snapshot, lease: { by: index, attempt, tries, underLock: !tab.withoutLock } }
    const onWritten = (me: TabState) => {
      me.attempt = attempt
      me.snapshot = marked
      me.step = rules.settle ? 'settle' : 'send'
    }
    const onMoved = (me: TabState) => {
      me.step = 'read'
    }
    const lease: Write = { record: marked, matches: record => isSameRecord(record, snapshot), onWritten, onMoved }
    if (rules.mark === 'blind') writeBlindly(turn, 'notes that a refresh started', lease)
    else compareAndSet(turn, 'takes the lease', lease)
    if (rules.compares === 'revision') turn.step('does not lease: the record was written meanwhile', onMoved)
  },

  rest({ rules, state, index, tab, step }) {
    if (state.lock === index) return step('frees the lock, and waits', (_, to) => release(to, index))
    if (tab.session !== tab.flownSession) return step('waits no longer: its session is over', land)
    step('waits no longer: RefreshUnavailable', land)
    step('has waited out the backoff and tries again', (me, to) => enterQueue(rules, me, to, index))
  },

  settle({ rules, state, index, tab, seen, step }) {
    const { snapshot } = tab
    const isSomebodyWriting = state.tabs.some(
      (other, at) => at !== index && other.life === 'live' && other.compared !== undefined,
    )
    if (!snapshot || isSomebodyWriting || state.blind) return
    step('has waited out any torn write and reads its lease again', (me, to) => {
      if (rules.split && seen.session !== snapshot.session) to.orphan = 0
      me.step = isMine(seen.lease, index, tab.attempt) && seen.session === snapshot.session ? 'send' : 'read'
    })
  },

  send({ rules, index, tab, step }) {
    const { snapshot } = tab
    if (!snapshot) return
    if (rules.lateCheck && tab.late) {
      return step('finds that it slept since it leased, and reads again', me => {
        me.step = 'read'
      })
    }
    if (tab.session !== tab.flownSession) return step('finds its session over and sends nothing', land)
    step(`sends ${showToken(snapshot.token)}`, (me, to, broken) => {
      me.sent = snapshot.token
      me.net = 1
      me.answer = null
      me.step = 'await'
      to.refreshes += 1
      judgePresentation(rules, to, index, broken)
      judgePatience(to, index, broken)
    })
  },
}

const askAgain: Change = (me, to) => {
  me.rounds -= 1
  me.starts = 0
  me.request = {
    session: me.session,
    generation: me.generation,
    user: to.families[familyOf(me.token)]?.user ?? 0,
  }
}

const dropRequest: Change = me => {
  me.request = null
}

function beginFlight(rules: Rules, me: TabState, to: WorldState, index: number): void {
  me.starts += 1
  me.flownSession = me.session
  me.flownGeneration = me.generation
  enterQueue(rules, me, to, index)
}

function enterQueue(rules: Rules, me: TabState, to: WorldState, index: number): void {
  me.attempt += 1
  me.late = false
  me.withoutLock = rules.lock !== 'web'
  me.step = me.withoutLock ? 'read' : 'wait'
  me.holders = to.lock === -1 ? 0 : 1
  if (me.withoutLock) return
  to.queue.push(index)
  grant(to)
}

function yieldToSleeper({ rules, state, seen, step }: Turn): void {
  if (state.tabs[seen.lease?.by ?? -1]?.life !== 'frozen') return
  step('re-reads: a sleeping tab has the refresh: RefreshUnavailable', me => {
    giveUp(rules, me)
    land(me)
  })
}
