import type { FaultBudget, Rules } from './rules.ts'
import { noFaults } from './rules.ts'
import { familyOf, holdsAnswer, numberOf, type Token, tokenOf, type WorldState } from './state.ts'

const faultNames = Object.keys(noFaults) as (keyof FaultBudget)[]

const isUntouched = (rules: Rules, state: WorldState, names: readonly (keyof FaultBudget)[]): boolean =>
  names.every(name => state.faults[name] === (rules.faults[name] ?? 0))

/** I1: a refresh token is presented once, and again only when its refresh was lost, or its tab died or slept through it. */
export function judgePresentation(rules: Rules, to: WorldState, index: number, broken: string[]): void {
  const sent = to.tabs[index]?.sent ?? 0
  const family = to.families[familyOf(sent)]
  if (!family) return
  const number = numberOf(sent)
  const shown = family.shown[number] ?? 0
  const isRefreshedElsewhere = to.tabs.some(
    (tab, other) =>
      other !== index &&
      tab.life !== 'dead' &&
      tab.sent === sent &&
      holdsAnswer(tab.step) &&
      (!tab.answer || tab.answer.kind === 'granted'),
  )
  const isReplaced = family.stored > number
  if (family.slept[number] === 1 && (isReplaced || isRefreshedElsewhere)) {
    broken.push('I1f a refresh token is presented that a sleeping (or just woken) tab has used')
  } else if (isReplaced) {
    broken.push('I1 a refresh token that was already replaced in the store is presented')
  } else if (isRefreshedElsewhere) {
    broken.push('I1 a refresh token is presented while a running tab has it in refresh')
  } else if (rules.retries === 'once' && shown > 0 && (family.retried[number] ?? 0) > 0) {
    broken.push('I1r a refresh token is retried more than once')
  } else if (shown > 0) {
    family.retried[number] = 1
  }
  family.shown[number] = shown + 1
}

/** How many refreshes have failed for a passing reason. */
export const failuresSoFar = ({ faults: { lose = 0, busy = 0 } }: Rules, { faults }: WorldState): number =>
  lose + busy - faults.lose - faults.busy

/** I7: to outlast a failure, a token is presented once more and no oftener, whoever presents it. */
export function judgePatience(to: WorldState, index: number, broken: string[]): void {
  const { sent = 0, lost = 0 } = to.tabs[index] ?? {}
  const shown = to.families[familyOf(sent)]?.shown[numberOf(sent)] ?? 0
  if (lost > 0 && shown > 2) broken.push('I7 a refresh that lost an answer presents its token a third time')
}

/** I2: whether another tab that lives holds, or is about to receive, the token that came after `sent`. */
export function hasSuccessorInHand(to: WorldState, index: number, sent: Token): boolean {
  const family = to.families[familyOf(sent)]
  if (!family || family.revoked || family.signedOut || family.current <= numberOf(sent)) return false
  const successor = tokenOf(familyOf(sent), family.current)
  return to.tabs.some(
    (tab, other) =>
      other !== index &&
      tab.life !== 'dead' &&
      holdsAnswer(tab.step) &&
      tab.answer?.kind === 'granted' &&
      tab.answer.token === successor,
  )
}

/** The server revoked a family: had anybody slept or died, or was an answer lost? */
export function judgeRevocation(rules: Rules, to: WorldState, broken: string[]): void {
  if (!isUntouched(rules, to, ['freeze', 'nap', 'kill', 'lose'])) return
  broken.push('REV the server revokes the family though no tab slept or died and no answer was lost')
}

/** I3: nothing of a signed-out session comes back; asked after every step. */
export function judgeLeftovers(from: WorldState, to: WorldState, broken: string[]): void {
  const isSignedOut = (token: Token) => token !== 0 && to.families[familyOf(token)]?.signedOut === true
  if (isSignedOut(to.store.token)) broken.push('I3 tokens of a signed-out session are in the store')
  to.tabs.forEach((tab, index) => {
    const isNew = tab.token !== from.tabs[index]?.token
    if (tab.life !== 'dead' && isNew && isSignedOut(tab.token)) {
      broken.push('I3 a tab takes up tokens of a signed-out session')
    }
  })
}

/** I6 and the rest of I3: asked where nobody has anything left to do. */
export function judgeRest(rules: Rules, to: WorldState, broken: string[]): void {
  if (to.orphan !== 0 && to.tabs.every(tab => tab.life !== 'frozen')) {
    broken.push('I3 a token of a signed-out session stays at rest under its own key')
  }
  if (isUntouched(rules, to, faultNames) && rules.rounds === 1 && to.refreshes !== 1) {
    broken.push(`I6 ${to.refreshes} refreshes where one was enough`)
  }
}

export const isSettled = (state: WorldState): boolean =>
  state.tabs.every(tab => tab.life !== 'live' || (tab.step === 'idle' && !tab.request && !tab.wish))
