import { type AheadRules, createAheadModel } from './ahead-model.ts'
import { explore, stuckForEver } from './engine.ts'
import { type Scenario, say } from './scenario.ts'

const stuck = stuckForEver.split(' ')[0] ?? ''
const rule = {
  former: 'written once more under its former revision',
  new: 'written once more under a new revision',
} as const

const ahead = (
  revision: AheadRules['revision'],
  acts: number,
  faults: AheadRules['faults'],
  expect: readonly string[],
): Scenario => ({
  group: 'a store that fails',
  title: `${rule[revision]}, ${acts} sign-ins or sign-outs, ${say(faults)}`,
  expect,
  size: 'small',
  explore: () => explore(createAheadModel({ revision, acts, faults })),
})

export const aheadScenarios: readonly Scenario[] = [
  ahead('former', 2, { fails: 1 }, []),
  // What random orders found: each tab takes the other's record for one that the store brought back, and both write for ever.
  ahead('former', 2, { lands: 1 }, [stuck]),
  // As it is built.
  ahead('new', 2, { fails: 2, lands: 2 }, []),
  ahead('new', 3, { fails: 1, lands: 2 }, []),
]
