import { type KeyIn, keyByNames, keyOfKind } from './orders.ts'
import { answerKinds, lives, type ModelRecord, steps, type TabState, type WorldState } from './state.ts'

const wishes = ['in', 'out', 'up'] as const

function putRecord(out: number[], record: ModelRecord | null, places: readonly number[]): void {
  if (!record) return void out.push(0)
  const { session, generation, token, lease } = record
  out.push(session + 1, generation + 1, token + 1)
  if (lease) out.push((places[lease.by] ?? 0) + 1, lease.attempt + 1, lease.tries + 1, Number(lease.underLock) + 1)
  else out.push(0)
}

function putTab(out: number[], tab: TabState, places: readonly number[]): void {
  const { request, answer, wish, compared } = tab
  out.push(lives.indexOf(tab.life) + 4 * Number(tab.late) + 8 * Number(tab.withoutLock) + 16 * Number(tab.hint))
  out.push(Number(tab.naps) + 2 * Number(tab.lostLock) + 4 * tab.lost + 16 * tab.rests)
  out.push(tab.session, tab.generation, tab.token)
  if (request) out.push(request.session + 1, request.generation + 1, request.user + 1)
  else out.push(0)
  out.push(steps.indexOf(tab.step), tab.rounds, tab.starts, tab.flownSession, tab.flownGeneration)
  putRecord(out, tab.snapshot, places)
  out.push(tab.sent, tab.net)
  if (answer) out.push(answerKinds.indexOf(answer.kind) + 1, answer.token + 1)
  else out.push(0)
  out.push(tab.holders, tab.attempt, compared === undefined ? 0 : compared ? 2 : 1)
  if (wish) out.push(wishes.indexOf(wish.kind) + 1, wish.family + 1, wish.id + 1, (wish.read ?? 99) + 1)
  else out.push(0)
}

/** One character a number. */
const keyIn: KeyIn<WorldState> = (state, order, places) => {
  const out: number[] = []
  for (const index of order) {
    const tab = state.tabs[index]
    if (tab) putTab(out, tab, places)
  }
  out.push(state.lock === -1 ? 0 : (places[state.lock] ?? 0) + 1, state.queue.length)
  for (const index of state.queue) out.push(places[index] ?? 0)
  putRecord(out, state.store, places)
  putRecord(out, state.former, places)
  let blind = 0
  for (const [place, index] of order.entries()) if (state.blind & (1 << index)) blind |= 1 << place
  out.push(blind, state.orphan)
  for (const { current, revoked, signedOut, user, stored, shown, retried, slept } of state.families) {
    out.push(current + 1, Number(revoked) + 2 * Number(signedOut), user, stored)
    for (let number = 0; number < 4; number += 1) {
      out.push((shown[number] ?? 0) + 1, (retried[number] ?? 0) + 4 * (slept[number] ?? 0))
    }
  }
  out.push(0, state.fresh, state.refreshes)
  for (const count of Object.values(state.faults)) out.push(count)
  return String.fromCharCode(...out)
}

const rankOf = (tab: TabState): number =>
  (((steps.indexOf(tab.step) * 3 + lives.indexOf(tab.life)) * 8 + tab.session) * 8 + tab.generation) * 512 +
  tab.attempt * 64 +
  tab.token

/** A text that is equal for equal states only. */
export const keyOf = keyByNames(keyIn)
/** A text that is equal also where the tabs have changed places. */
export const kindOf = keyOfKind(keyIn, rankOf)
