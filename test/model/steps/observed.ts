import type { Life, ModelAnswer, Step, Token, WorldState } from '../state.ts'

/** What a tab is seen to be doing from outside: which of its questions is not answered yet. */
export type Doing =
  /** It stands in the lock's queue, or has the lock and was not told. */
  | 'wait'
  /** The store was asked to write its lease. */
  | 'mark'
  /** The refresh is under way. */
  | 'await'
  | 'persist'
  | 'unlease'
  /** The store was asked to close its lease: the answer is lost. */
  | 'close'
  | 'remove'
  /** Nothing of these: idle, reading, or done. */
  | 'other'

export interface ObservedTab {
  readonly life: Life
  readonly session: string | null
  readonly generation: number
  readonly token: Token
  /** Its request waits, was sent again, or ended otherwise. */
  readonly request: 'waiting' | 'replayed' | 'let-go'
  readonly doing: Doing
  readonly net: 0 | 1 | 2
  readonly answer: ModelAnswer | null
  /** A sign-out or sign-in has not reached the store. */
  readonly hasWish: boolean
  /** The store has done what the tab asked for, and the tab does not know yet: it is behind what the model says of it. */
  readonly isBehind: boolean
}

export interface Observed {
  readonly tabs: readonly ObservedTab[]
  readonly lock: number
  readonly queue: readonly number[]
  readonly store: {
    readonly session: string | null
    readonly generation: number
    readonly token: Token
    readonly leasedBy: number | null
  }
  readonly families: readonly { readonly current: number; readonly revoked: boolean }[]
  readonly refreshes: number
  /** Requests that were replayed with another person's token. */
  readonly strangers: number
}

/** Where the model may stand while the code is seen to do that. */
const allowed: Readonly<Record<Doing, readonly Step[]>> = {
  wait: ['wait'],
  mark: ['mark'],
  await: ['await'],
  persist: ['persist'],
  unlease: ['unlease'],
  close: ['await', 'rest', 'free'],
  remove: ['refused', 'remove'],
  other: ['idle', 'read', 'mark', 'send', 'persist', 'unlease', 'refused', 'remove', 'rest', 'free'],
}

/** Which of the sessions are the same one: identities are random in the code and counted in the model. */
function pattern(holders: readonly { readonly session: unknown; readonly token: Token }[]): string {
  const seen: unknown[] = []
  const place = (session: unknown) => {
    if (!seen.includes(session)) seen.push(session)
    return seen.indexOf(session)
  }
  // Who holds no token is in no session: nothing depends on which one it left.
  return holders.map(({ session, token }) => (token === 0 ? '-' : place(session))).join()
}

function isSameRequest({ request }: ObservedTab, model: WorldState['tabs'][number]): boolean {
  if (model.request === null) return request !== 'waiting'
  // The code lets a request go as soon as its session is over; the model once its flight is.
  const isOver = model.session !== model.request.session || model.token === 0
  return request === 'waiting' || (request === 'let-go' && isOver)
}

function isSameTab(tab: ObservedTab, model: WorldState['tabs'][number]): boolean {
  if (tab.life !== model.life) return false
  if (tab.life === 'dead') return true
  if (tab.isBehind) return tab.hasWish === (model.wish !== null)
  if (tab.token !== model.token || (tab.token !== 0 && tab.generation !== model.generation)) return false
  if (!isSameRequest(tab, model) || tab.hasWish !== (model.wish !== null)) return false
  if (!allowed[tab.doing].includes(model.step)) return false
  if (tab.doing !== 'await') return true
  return tab.net === model.net && tab.answer?.kind === model.answer?.kind && tab.answer?.token === model.answer?.token
}

const isCompared = (tab: ObservedTab | undefined) => tab?.life !== 'dead' && tab?.isBehind === false

/** Whether the code can be in this state of the model, as far as can be seen. */
export function isSeenIn(observed: Observed, model: WorldState): boolean {
  const { store, tabs, families } = observed
  return (
    observed.strangers === 0 &&
    observed.refreshes === model.refreshes &&
    observed.lock === model.lock &&
    observed.queue.join() === model.queue.join() &&
    store.token === model.store.token &&
    (store.token === 0 || store.generation === model.store.generation) &&
    store.leasedBy === (model.store.lease?.by ?? null) &&
    families.length === model.families.length &&
    families.every(({ current, revoked }, index) => {
      const family = model.families[index]
      return family?.current === current && family.revoked === revoked
    }) &&
    tabs.every((tab, index) => {
      const counterpart = model.tabs[index]
      return counterpart !== undefined && isSameTab(tab, counterpart)
    }) &&
    pattern([store, ...tabs.filter(isCompared)]) ===
      pattern([model.store, ...model.tabs.filter((_, index) => isCompared(tabs[index]))])
  )
}
