import type { FaultBudget } from './rules.ts'

/** Family and number of a refresh token in one integer; 0 is "no token". */
export type Token = number
export const tokenOf = (family: number, number: number): Token => family * 8 + number + 1
export const familyOf = (token: Token): number => (token - 1) >> 3
export const numberOf = (token: Token): number => (token - 1) & 7
export const showToken = (token: Token): string => {
  if (token === 0) return 'nothing'
  return `RT${numberOf(token) + 1}${familyOf(token) > 0 ? ` of session ${familyOf(token) + 1}` : ''}`
}

export const tabName = (tab: number): string => 'ABC'[tab] ?? '?'

export interface ModelLease {
  readonly by: number
  readonly attempt: number
  /** How many leases followed each other without an answer; counts to 3. */
  readonly tries: number
  readonly underLock: boolean
}

export interface ModelRecord {
  readonly session: number
  readonly generation: number
  readonly token: Token
  readonly lease: ModelLease | null
}

export const recordOf = (session: number, generation: number, token: Token): ModelRecord => ({
  session,
  generation,
  token,
  lease: null,
})

export const lives = ['live', 'frozen', 'dead'] as const
export type Life = (typeof lives)[number]
/** Where a tab stands in its refresh (docs/architecture, steps a to h). */
export const steps = [
  'idle',
  'wait',
  'read',
  'mark',
  'settle',
  'send',
  'await',
  'persist',
  'verify',
  'unlease',
  'refused',
  'remove',
  'rest',
  'free',
] as const
export type Step = (typeof steps)[number]

export const isRefreshing = (step: Step): boolean => !['idle', 'wait', 'read', 'rest', 'free'].includes(step)
export const holdsAnswer = (step: Step): boolean => step === 'await' || step === 'persist'

export const answerKinds = ['lost', 'busy', 'refused', 'granted'] as const
export interface ModelAnswer {
  readonly kind: (typeof answerKinds)[number]
  readonly token: Token
}

/** A sign-out or sign-in that has not reached the store yet. */
export interface PersonsWish {
  readonly kind: 'out' | 'in' | 'up'
  readonly family: number
  readonly id: number
  /** With a counter for identity and a torn store: the counter it read. */
  readonly read: number | undefined
}

export interface TabState {
  life: Life
  /** Its sleep is a nap. */
  naps: boolean
  /** The engine took its lock, and it does not know yet. */
  lostLock: boolean
  /** Slept in the middle of a refresh. */
  late: boolean
  session: number
  generation: number
  token: Token
  request: { readonly session: number; readonly generation: number; readonly user: number } | null
  rounds: number
  starts: number
  step: Step
  flownSession: number
  flownGeneration: number
  snapshot: ModelRecord | null
  sent: Token
  /** 0: nothing under way; 1: the request; 2: the answer. */
  net: 0 | 1 | 2
  answer: ModelAnswer | null
  withoutLock: boolean
  /** How many of this flight's answers were lost; counts to 2. */
  lost: number
  /** How often this flight has waited for a time that another tab had set. */
  rests: number
  /** How many holders of the lock it has seen while waiting; counts to 2. */
  holders: number
  attempt: number
  /** Between the read and the write of a torn compare-and-set: what the comparison said. */
  compared: boolean | undefined
  wish: PersonsWish | null
  /** Told that something changed, and not looked yet. */
  hint: boolean
}

export interface Family {
  /** The number of the token that may be refreshed. */
  current: number
  revoked: boolean
  user: number
  signedOut: boolean
  /** The highest number that was in the store. */
  stored: number
  /** By number: how often presented, how often again, and whether a tab slept with it in refresh. */
  shown: number[]
  retried: number[]
  slept: number[]
}

export interface WorldState {
  tabs: TabState[]
  /** Who has the lock; -1: nobody. */
  lock: number
  queue: number[]
  store: ModelRecord
  /** The record before the last write, and which tabs still see it (bits). */
  former: ModelRecord | null
  blind: number
  /** Split web storage: a token left under a session that is no longer the current one. */
  orphan: Token
  families: Family[]
  /** The next session identity that was never used. */
  fresh: number
  faults: Record<keyof FaultBudget, number>
  refreshes: number
}

export const newFamily = (user: number): Family => ({
  current: 0,
  revoked: false,
  user,
  signedOut: false,
  stored: 0,
  shown: [],
  retried: [],
  slept: [],
})

/** The records, answers and wishes in it are never changed, only replaced. */
export function cloneState(state: WorldState): WorldState {
  return {
    ...state,
    tabs: state.tabs.map(tab => ({ ...tab })),
    queue: [...state.queue],
    families: state.families.map(family => ({
      ...family,
      shown: [...family.shown],
      retried: [...family.retried],
      slept: [...family.slept],
    })),
    faults: { ...state.faults },
  }
}
