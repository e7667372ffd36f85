import type { Edge, Model } from './engine.ts'

/**
 * How long another tab's lease counts as open, by the clock of the tab that watches it (src/refresh/lease-watch). One unit of
 * time is what the watcher asks its timer for. The monotonic clock goes on while the machine sleeps, which is the worst case.
 */
export interface WatchRules {
  /**
   * What begins the watch anew: a gap over one unit; a gap over what was asked for, with one unit's tolerance; or the same,
   * unless the gap before it was as long: then it is the timers that are slow.
   */
  readonly anew: 'gap' | 'late' | 'late-once'
  /** Units between two looks: 1 in a page that is seen; 2 where timers are aligned to seconds; 10 where to minutes. */
  readonly period: 1 | 2 | 10
  readonly faults: { readonly sleep?: number; readonly kill?: number }
}

export interface WatchState {
  /** Awake units until the owner has closed its lease; 0: it has; -1: it is dead. */
  readonly owner: number
  readonly sinceLook: number
  /** How long the watcher has seen the lease, by its own reckoning. */
  readonly seen: number
  readonly wasLate: boolean
  readonly isStale: boolean
  readonly sleeps: number
  readonly kills: number
}

/** The longest that an owner takes: its deadline, and what is round it. */
const ownerUnits = 5
const staleAfterUnits = 6
const sleepUnits = 20

const keyOf = (state: WatchState): string => Object.values(state).map(Number).join()

export function createWatchModel(rules: WatchRules): Model<WatchState> {
  return {
    initial: () => ({
      owner: ownerUnits,
      sinceLook: 0,
      seen: 0,
      wasLate: false,
      isStale: false,
      sleeps: rules.faults.sleep ?? 0,
      kills: rules.faults.kill ?? 0,
    }),
    key: keyOf,
    kind: keyOf,
    settled: isSettled,
    next(state) {
      if (isSettled(state)) return []
      const edges: Edge<WatchState>[] = []
      const add = (label: string, fault: boolean, change: Partial<WatchState>, broken: readonly string[] = []) =>
        edges.push({ label, fault, to: { ...state, ...change }, broken })
      const { owner, sinceLook, sleeps, kills } = state
      if (sinceLook < rules.period) {
        add('time passes', false, { owner: owner > 0 ? owner - 1 : owner, sinceLook: sinceLook + 1 })
      } else {
        const seen = look(rules, state)
        const isTooEarly = seen.isStale && owner > 0
        add(
          'the watcher looks',
          false,
          seen,
          isTooEarly ? ['I1f a lease is taken over while its owner, which slept, is at work'] : [],
        )
      }
      if (sleeps > 0) add('the machine sleeps', true, { sinceLook: sinceLook + sleepUnits, sleeps: sleeps - 1 })
      if (kills > 0 && owner > 0) add('the owner is killed', true, { owner: -1, kills: kills - 1 })
      return edges
    },
  }
}

const isSettled = ({ owner, isStale }: WatchState): boolean => owner === 0 || isStale

function look({ anew }: WatchRules, { sinceLook, seen, wasLate }: WatchState) {
  const isLate = sinceLook > 2
  const begins = anew === 'gap' ? sinceLook > 1 : isLate && !(anew === 'late-once' && wasLate)
  const now = begins ? 0 : Math.min(seen + sinceLook, staleAfterUnits)
  return { sinceLook: 0, seen: now, wasLate: isLate, isStale: now >= staleAfterUnits }
}
