import type { Edge, Model } from './engine.ts'
import { type KeyIn, keyByNames, keyOfKind } from './orders.ts'

/**
 * Two tabs over a store whose writes fail (src/session/create-synced-store): what a tab could not store stays in its memory, which
 * is then *ahead*, and is written by a later read. A write that failed for its caller may have taken effect.
 */
export interface AheadRules {
  /** The revision under which a tab writes its record once more: the former one, or a new one where another tab wrote since. */
  readonly revision: 'former' | 'new'
  readonly faults: { readonly fails?: number; readonly lands?: number }
  /** How often a user signs in or out, in either tab. */
  readonly acts: number
}

/** Session and revision, both numbered as they come. */
interface Written {
  readonly session: number
  readonly revision: number
}
type Step = 'idle' | 'write' | 'look' | 'restore'

interface AheadTab {
  readonly step: Step
  readonly latest: Written
  readonly isAhead: boolean
  /** The revision that the store held last, as far as this tab knows; and those it may hold if no other tab has written (bits). */
  readonly found: number
  readonly own: number
  /** Revisions that were overwritten here, and sessions that were left here (bits). */
  readonly outdated: number
  readonly abandoned: number
  /** Told that something changed, and not looked yet. */
  readonly hint: boolean
}

export interface AheadState {
  readonly tabs: readonly AheadTab[]
  readonly store: Written
  /** The next revision and the next session. */
  readonly fresh: number
  readonly acts: number
  readonly fails: number
  readonly lands: number
}

const bit = (place: number): number => 1 << place
const has = (bits: number, place: number): boolean => (bits & bit(place)) !== 0
const isSame = (one: Written, other: Written): boolean => one.revision === other.revision

const keyIn: KeyIn<AheadState> = (state, order) => {
  const { tabs, store, fresh, acts, fails, lands } = state
  return JSON.stringify([order.map(index => tabs[index]), store, fresh, acts, fails, lands])
}
const rankOf = ({ latest, own }: AheadTab): number => latest.revision * 4096 + own

export function createAheadModel(rules: AheadRules): Model<AheadState> {
  const first = { session: 0, revision: 0 }
  const tab: AheadTab = {
    step: 'idle',
    latest: first,
    isAhead: false,
    found: 0,
    own: bit(0),
    outdated: 0,
    abandoned: 0,
    hint: false,
  }
  const { fails = 0, lands = 0 } = rules.faults
  return {
    initial: () => ({ tabs: [tab, tab], store: first, fresh: 1, acts: rules.acts, fails, lands }),
    key: keyByNames(keyIn),
    kind: keyOfKind(keyIn, rankOf),
    settled: isSettled,
    next: state => state.tabs.flatMap((_, index) => movesOf(rules, state, index)),
  }
}

/** Nobody has anything left to do. */
const isSettled = ({ tabs }: AheadState): boolean =>
  tabs.every(({ step, hint, isAhead }) => step === 'idle' && !hint && !isAhead)

function movesOf(rules: AheadRules, state: AheadState, index: number): Edge<AheadState>[] {
  const tab = state.tabs[index]
  if (!tab) return []
  const { store, fresh, acts } = state
  const edges: Edge<AheadState>[] = []
  const move = (label: string, me: Partial<AheadTab>, more: Partial<AheadState> = {}, isFault = false) => {
    const isWritten = more.store !== undefined
    const tabs = state.tabs.map((other, at) =>
      at === index ? { ...other, ...me } : isWritten ? { ...other, hint: true } : other,
    )
    const to = { ...state, ...more, tabs }
    const isTorn = isSettled(to) && to.tabs.some(({ latest }) => !isSame(latest, to.store))
    const broken = isTorn ? ['I8 a tab and the store disagree, and neither will look again'] : []
    edges.push({ label: `${'AB'[index]} ${label}`, fault: isFault, to, broken })
  }
  /** The call of the store: it works, or fails, or fails for its caller only. */
  const write = (what: string, failed: Partial<AheadTab>) => {
    const { latest, own, found, outdated } = tab
    const isNew = found !== latest.revision
    const held = { isAhead: false, found: latest.revision, own: bit(latest.revision) }
    move(what, { ...held, step: 'idle', outdated: isNew ? outdated | bit(found) : outdated }, { store: latest })
    const lost = { ...failed, own: own | bit(latest.revision) }
    if (state.fails > 0) move(`${what}, which fails`, lost, { fails: state.fails - 1 }, true)
    if (state.lands > 0)
      move(`${what}, which works and is said to fail`, lost, { lands: state.lands - 1, store: latest }, true)
  }
  /** It will put its own record over the one that it found. */
  const putBack = (what: string) => {
    const isOthers = !has(tab.own, store.revision)
    const isNew = rules.revision === 'new' && isOthers
    const latest = isNew ? { ...tab.latest, revision: fresh } : tab.latest
    const left = tab.abandoned | bit(store.session)
    move(
      what,
      { step: 'restore', hint: false, latest, found: store.revision, own: bit(store.revision), abandoned: left },
      isNew ? { fresh: fresh + 1 } : {},
    )
  }

  if (tab.step === 'idle' && acts > 0) {
    const latest = { session: fresh, revision: fresh }
    const abandoned = tab.abandoned | bit(tab.latest.session)
    const change = { step: 'write', latest, isAhead: true, abandoned } as const
    move('signs in or out: its memory changes at once', change, { acts: acts - 1, fresh: fresh + 1 }, true)
  }
  if (tab.step === 'idle' && (tab.hint || tab.isAhead)) {
    if (isOurs(tab, store)) putBack('looks, and its own record is newer')
    else {
      const seen = { latest: store, found: store.revision, own: bit(store.revision) }
      move('looks, and follows', { ...seen, hint: false, isAhead: false })
    }
  }
  if (tab.step === 'write') write('writes over whatever there is', { step: 'look' })
  if (tab.step === 'look') {
    const held = { found: store.revision, own: bit(store.revision), isAhead: false }
    if (isSame(store, tab.latest)) move('finds what it wrote', { ...held, step: 'idle' })
    else putBack('looks, to write once more')
  }
  if (tab.step === 'restore') {
    if (store.revision === tab.found) write('writes once more, comparing', { step: 'idle', isAhead: true })
    else move('finds that another tab wrote in between', { step: 'idle', hint: true })
  }
  return edges
}

/** As src/session/judge-stored-record decides it. */
function isOurs({ latest, isAhead, own, outdated, abandoned }: AheadTab, store: Written): boolean {
  if (isSame(latest, store)) return false
  if (has(outdated, store.revision)) return true
  return isAhead && (has(own, store.revision) || has(abandoned, store.session))
}
