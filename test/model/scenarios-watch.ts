import { explore, stuckForEver } from './engine.ts'
import type { Scenario } from './scenario.ts'
import { createWatchModel, type WatchRules } from './watch-model.ts'

const stuck = stuckForEver.split(' ')[0] ?? ''
const periods = { 1: 'a page that is seen', 2: 'timers once a second', 10: 'timers once a minute' } as const
const rule = {
  gap: 'begun anew after any gap',
  late: 'begun anew after a gap longer than asked for',
  'late-once': 'the same, but not twice in a row',
} as const

const watch = (
  anew: WatchRules['anew'],
  period: WatchRules['period'],
  faults: WatchRules['faults'],
  expect: readonly string[],
): Scenario => ({
  group: 'watch',
  title: `${rule[anew]}, ${periods[period]}, ${JSON.stringify(faults)}`,
  expect,
  size: 'small',
  explore: () => explore(createWatchModel({ anew, period, faults })),
})

export const watchScenarios: readonly Scenario[] = [
  // Where it began: in a hidden page the lease of a dead tab is never stale.
  watch('gap', 1, { kill: 1, sleep: 2 }, []),
  watch('gap', 2, { kill: 1 }, [stuck]),
  // Not enough where timers run once a minute.
  watch('late', 2, { kill: 1, sleep: 2 }, []),
  watch('late', 10, { kill: 1 }, [stuck]),
  // As it is built.
  ...([1, 2, 10] as const).map(period => watch('late-once', period, { kill: 1, sleep: 1 }, [])),
  // The residual that docs/servers declares: an owner that slept, twice within one refresh, may be taken for lost.
  ...([1, 2, 10] as const).map(period => watch('late-once', period, { kill: 1, sleep: 2 }, ['I1f'])),
]
