import type { Rules } from './rules.ts'
import {
  familyOf,
  isRefreshing,
  type ModelLease,
  type ModelRecord,
  numberOf,
  type TabState,
  type WorldState,
} from './state.ts'

/** What the tabs share, as they see and change it. */

/** Whether tab `index` waits because a write may not show yet. */
export const isHazy = (rules: Rules, state: WorldState, index: number): boolean =>
  rules.waitOut && (state.blind & (1 << index)) !== 0

/** What tab `index` reads: where reads may lag, perhaps the record before the last write. */
export const view = (state: WorldState, index: number): ModelRecord =>
  state.blind & (1 << index) && state.former ? state.former : state.store

/** `moves`: the write is a sign-in or sign-out, which alone may change the current session where that is a key of its own. */
export function write(rules: Rules, to: WorldState, index: number, record: ModelRecord, moves = false): void {
  if (rules.split && !moves && record.session !== to.store.session) {
    to.orphan = record.token
    return
  }
  if (rules.stale) {
    to.former = to.store
    to.blind = 0
    to.tabs.forEach((tab, other) => {
      if (other !== index && tab.life !== 'dead') to.blind |= 1 << other
    })
  }
  to.store = record
  const family = record.token ? to.families[familyOf(record.token)] : undefined
  if (family) family.stored = Math.max(family.stored, numberOf(record.token))
}

/** The lock goes to whoever asked first, asleep or not: the browser grants it, no script of that page need run. */
export function grant(to: WorldState): void {
  const next = to.lock === -1 ? to.queue.shift() : undefined
  if (next === undefined) return
  to.lock = next
  for (const waiting of to.queue) {
    const tab = to.tabs[waiting]
    if (tab) tab.holders = Math.min(2, tab.holders + 1)
  }
}

export function release(to: WorldState, index: number): void {
  to.queue = to.queue.filter(waiting => waiting !== index)
  if (to.lock === index) to.lock = -1
  grant(to)
}

export function tellOthers(to: WorldState, index: number): void {
  to.tabs.forEach((tab, other) => {
    if (other !== index && tab.life !== 'dead') tab.hint = true
  })
}

/** Memory takes over what the store was found to hold, unless the person has just decided otherwise here. */
export function follow(me: TabState, record: ModelRecord): void {
  if (me.wish || (record.session === me.session && record.generation <= me.generation)) return
  me.session = record.session
  me.generation = record.generation
  me.token = record.token
}

export const isNewer = (rules: Rules, tab: TabState, record: ModelRecord): boolean =>
  record.generation > (rules.newerThan === 'flight' ? tab.flownGeneration : tab.generation)

export const nextIdentity = (rules: Rules, state: WorldState, base: number): number =>
  rules.identity === 'random' ? state.fresh : base + 1

export const isSameRecord = (one: ModelRecord, other: ModelRecord): boolean =>
  one.session === other.session &&
  one.token === other.token &&
  one.lease?.by === other.lease?.by &&
  one.lease?.attempt === other.lease?.attempt

export const isMine = (lease: ModelLease | null, index: number, attempt: number): boolean =>
  lease !== null && lease.by === index && lease.attempt === attempt

/** A lease is open while its owner may still send or receive. A sleeper's lease goes stale: others watched it long enough. */
export function isOpen(rules: Rules, state: WorldState, index: number, lease: ModelLease | null): boolean {
  const owner = lease === null || lease.by === index ? undefined : state.tabs[lease.by]
  if (!lease || !owner || owner.attempt !== lease.attempt || !isRefreshing(owner.step)) return false
  if (rules.takeover === 'never' && lease.underLock && state.lock === lease.by) return true
  return (owner.life === 'live' && !owner.late) || owner.naps
}

/** The tab's flight is over, however it ended. */
export function land(me: TabState): void {
  me.step = 'free'
}

export function giveUp(rules: Rules, me: TabState): void {
  me.starts = rules.starts
}

/** It frees the lock next, and waits out its backoff. */
export function rest(me: TabState): void {
  me.step = 'rest'
  me.snapshot = null
  me.sent = 0
  me.net = 0
  me.answer = null
  me.late = false
}
