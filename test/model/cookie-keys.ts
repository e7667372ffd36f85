import type { CookieState, CookieTab, PendingSignOut } from './cookie-state.ts'
import { type KeyIn, keyByNames, keyOfKind } from './orders.ts'
import { lives } from './state.ts'

const steps: readonly CookieTab['step'][] = [
  'fresh',
  'idle',
  'wait',
  'read',
  'send',
  'await',
  'apply',
  'refused',
  'free',
]

function putTab(out: number[], tab: CookieTab): void {
  const { request, answer } = tab
  out.push(lives.indexOf(tab.life) + 4 * Number(tab.late) + 8 * Number(tab.flownStart) + 16 * Number(tab.hint))
  out.push(steps.indexOf(tab.step), tab.session, tab.generation, tab.family + 1)
  if (request) out.push(request.session + 1, request.generation, request.user)
  else out.push(0)
  out.push(tab.flownSession, tab.flownGeneration, tab.sent, tab.net, tab.attempt, (tab.arrived ?? -1) + 1)
  if (answer) out.push(Number(answer.granted) + 1, answer.family + 1, answer.cookie)
  else out.push(0)
}

function putPending(out: number[], pending: PendingSignOut | null): void {
  if (pending) out.push(pending.id + 1, pending.user, Number(pending.failed) + 2 * Number(pending.refresh))
  else out.push(0)
}

/** One character a number. */
const keyIn: KeyIn<CookieState> = ({ tabs, record, lock, ...state }, order, places) => {
  const out: number[] = []
  for (const index of order) {
    const tab = tabs[index]
    if (tab) putTab(out, tab)
  }
  out.push(state.jar, record.session, record.generation, record.family + 1)
  out.push(Number(record.signedOut) + 2 * Number(record.deliberate))
  if (record.lease) out.push((places[record.lease.by] ?? 0) + 1, record.lease.attempt)
  else out.push(0)
  putPending(out, record.pending)
  out.push(lock === -1 ? 0 : (places[lock] ?? 0) + 1, state.queue.length)
  for (const index of state.queue) out.push(places[index] ?? 0)
  out.push(state.families.length)
  for (const { current, revoked, user, signedOut } of state.families) {
    out.push(current, Number(revoked) + 2 * Number(signedOut), user)
  }
  out.push(state.fresh, state.refreshes, state.calls.length)
  for (const { id, by, cookie, net } of state.calls) out.push(id, places[by] ?? 0, cookie, net)
  for (const count of Object.values(state.faults)) out.push(count)
  return String.fromCharCode(...out)
}

const rankOf = (tab: CookieTab): number =>
  ((((steps.indexOf(tab.step) * 3 + lives.indexOf(tab.life)) * 4 + tab.net) * 16 + tab.session) * 16 + tab.generation) *
    512 +
  tab.attempt * 16 +
  tab.family

/** A text that is equal for equal states only. */
export const cookieKeyOf = keyByNames(keyIn)
/** A text that is equal also where the tabs have changed places. */
export const cookieKindOf = keyOfKind(keyIn, rankOf)
