import { compareAndSet, writeBlindly } from './compare-and-set.ts'
import type { Turn } from './flight.ts'
import { hasSuccessorInHand } from './invariants.ts'
import { follow, isHazy, isMine, isOpen, land, nextIdentity, release, rest, tellOthers } from './shared.ts'
import { type ModelRecord, recordOf, type Step, showToken, type TabState, type WorldState } from './state.ts'

/** Steps e to h of one tab's refresh: what the answer does to the record and to memory. */
export const concluding: Readonly<Partial<Record<Step, (turn: Turn) => void>>> = {
  await(turn) {
    const { tab, step } = turn
    const { answer } = tab
    const goTo = (label: string, next: Step) =>
      step(label, me => {
        me.step = next
      })
    switch (answer?.kind) {
      case 'granted':
        return goTo(`receives ${showToken(answer.token)}`, 'persist')
      case 'refused':
        return goTo('receives a refusal', 'refused')
      case 'busy':
        return goTo('receives 503', 'unlease')
      case 'lost':
        return learnOfLoss(turn)
    }
  },

  persist(turn) {
    const { rules, index, tab } = turn
    const { snapshot, answer } = tab
    if (!snapshot || !answer) return
    // Beside a step-up that has come in between, what the refresh token was traded for goes in its place.
    const { generation } = turn.seen.session === snapshot.session ? turn.seen : snapshot
    compareAndSet(turn, `saves ${showToken(answer.token)}`, {
      record: recordOf(snapshot.session, generation + 1, answer.token),
      matches: record => record.session === snapshot.session && record.token === tab.sent,
      onWritten(me, to) {
        if (rules.split) me.step = 'verify'
        else takeUp(me, to, index)
      },
      onMoved(me) {
        me.step = 'read'
      },
    })
  },

  verify({ rules, state, index, tab, seen, step }) {
    if (!tab.snapshot || isHazy(rules, state, index)) return
    if (seen.session === tab.snapshot.session) {
      return step('finds its session still current and takes up the tokens', (me, to) => takeUp(me, to, index))
    }
    step('finds another session current and deletes what it wrote', (me, to) => {
      to.orphan = 0
      land(me)
    })
  },

  unlease(turn) {
    const { rules, index, tab } = turn
    const { snapshot, attempt } = tab
    if (!snapshot) return
    const record = { ...snapshot, lease: null }
    if (rules.patience !== 'none') {
      compareAndSet(turn, 'withdraws its lease, to try again', {
        record,
        matches: stored => stored.session === snapshot.session && isMine(stored.lease, index, attempt),
        onWritten: rest,
        onMoved: rest,
      })
    }
    if (rules.mark === 'blind') return writeBlindly(turn, 'notes that the refresh ended', { record, onWritten: land })
    compareAndSet(turn, 'withdraws its lease', {
      record,
      matches: stored => stored.session === snapshot.session && isMine(stored.lease, index, attempt),
      onWritten: land,
      onMoved: land,
    })
  },

  refused({ rules, state, index, tab, seen, step }) {
    if (!tab.snapshot || isHazy(rules, state, index)) return
    if (seen.session !== tab.snapshot.session || seen.token !== tab.sent) {
      return step('re-reads: the refusal concerns an older token, so it adopts', me => {
        if (me.session === me.flownSession) follow(me, seen)
        land(me)
      })
    }
    const isMyOwn = isMine(seen.lease, index, tab.attempt)
    if (rules.refusal === 'wait' && !isMyOwn && isOpen(rules, state, index, seen.lease)) return
    step('re-reads: the refused token is still the stored one', me => {
      me.step = 'remove'
    })
  },

  remove(turn) {
    const { rules, state, index, tab } = turn
    const { snapshot } = tab
    if (!snapshot) return
    const ended: ModelRecord = rules.split
      ? recordOf(snapshot.session, snapshot.generation + 1, 0)
      : recordOf(nextIdentity(rules, state, snapshot.session), 0, 0)
    compareAndSet(turn, 'removes the session', {
      record: ended,
      matches: record => record.session === snapshot.session && record.token === tab.sent,
      onWritten(me, to, broken) {
        to.fresh += 1
        if (hasSuccessorInHand(to, index, me.sent)) {
          broken.push('I2 a live session is ended by a refusal of an older token')
        }
        if (me.session === me.flownSession) {
          me.session = ended.session
          me.generation = ended.generation
          me.token = 0
        }
        tellOthers(to, index)
        land(me)
      },
      onMoved(me) {
        me.step = 'refused'
      },
    })
  },

  free({ state, index, step }) {
    step(state.lock === index ? 'frees the lock' : 'is done', (me, to) => {
      release(to, index)
      me.step = 'idle'
      me.snapshot = null
      me.sent = 0
      me.net = 0
      me.answer = null
      me.late = false
      me.lost = 0
      me.rests = 0
      me.withoutLock = false
      me.lostLock = false
      me.holders = 0
    })
  },
}

function learnOfLoss({ rules, tab, step }: Turn): void {
  const count = (me: TabState) => {
    me.lost = Math.min(2, me.lost + 1)
  }
  step('learns that its answer is lost', me => {
    count(me)
    land(me)
  })
  const presentations = { none: 9, ever: 0, flight: tab.lost + 1, record: tab.snapshot?.lease?.tries ?? 9 }
  if (presentations[rules.patience] > 1) return
  step('learns that its answer is lost, and will try once more', me => {
    count(me)
    rest(me)
  })
}

function takeUp(me: TabState, to: WorldState, index: number): void {
  if (me.session === me.flownSession && me.snapshot && me.answer) {
    me.generation = Math.max(me.snapshot.generation + 1, to.store.token === me.answer.token ? to.store.generation : 0)
    me.token = me.answer.token
  }
  tellOthers(to, index)
  land(me)
}
