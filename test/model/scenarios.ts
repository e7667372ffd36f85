import { type FaultBudget, protocol, type Rules, timeless } from './rules.ts'
import { type Scenario, say, scenario } from './scenario.ts'
import { aheadScenarios } from './scenarios-ahead.ts'
import { cookieScenarios } from './scenarios-cookie.ts'
import { designAndItsCures } from './scenarios-design.ts'
import { watchScenarios } from './scenarios-watch.ts'
import { webStorageScenarios } from './scenarios-web-storage.ts'

/** A request that was told RefreshUnavailable may come back. */
const again = { starts: 2 }

const servers = ['strict', 'lenient', 'grace'] as const
const locks = ['web', 'none'] as const
type Faults = Partial<FaultBudget>

/** A sleeper cannot be told from one whose answer was lost: the residual that docs/servers declares. */
const residual = ({ freeze }: Faults, server: Rules['server']) =>
  freeze ? (server === 'lenient' ? ['I1f', 'I2'] : ['I1f']) : []
const mayComeBack = ({ lose, busy }: Faults) => (lose || busy ? again : {})

const pairs: readonly Faults[] = [
  {},
  { kill: 1 },
  { lose: 1 },
  { lose: 2 },
  { busy: 1 },
  { out: 1 },
  { inSame: 1 },
  { inOther: 1 },
  { up: 1 },
  { up: 1, out: 1 },
  { out: 1, inOther: 1 },
  { kill: 1, lose: 1 },
  { kill: 1, out: 1 },
  { wipe: 1, inOther: 1 },
  { freeze: 1 },
  { freeze: 2 },
  { freeze: 1, kill: 1 },
  { freeze: 1, lose: 1 },
  { freeze: 1, out: 1 },
  { freeze: 1, inOther: 1 },
]
const ofThree: readonly Faults[] = [
  {},
  { kill: 1 },
  { lose: 1 },
  { busy: 1 },
  { out: 1 },
  { inOther: 1 },
  { freeze: 1 },
]
const impatient: readonly Faults[] = [
  {},
  { kill: 1 },
  { lose: 2 },
  { busy: 1 },
  { out: 1, inOther: 1 },
  { kill: 1, lose: 1 },
  { wipe: 1, inOther: 1 },
  { freeze: 1 },
]
const impatientOfThree: readonly Faults[] = [{}, { kill: 1 }, { lose: 1 }, { busy: 1 }, { freeze: 1 }]
const restless: readonly Faults[] = [
  {},
  { kill: 1 },
  { lose: 1 },
  { busy: 1 },
  { out: 1 },
  { inOther: 1 },
  { wipe: 1 },
  { wipe: 1, inOther: 1 },
  { up: 1 },
  { up: 2 },
  { up: 1, out: 1 },
  { up: 1, inOther: 1 },
  { up: 1, wipe: 1 },
  { freeze: 1 },
  { freeze: 1, out: 1 },
  { out: 1, inOther: 1 },
  { inSame: 1, inOther: 1 },
]

/** What is not told of a nap in which it lost its lock may present a token twice: a residual, and no engine is known to do it. */
const naps = [
  { dropLock: false, naps: 'told', expect: ['I1f'] },
  { dropLock: true, naps: 'told', expect: ['I1f'] },
  { dropLock: false, naps: 'untold', expect: [] },
  { dropLock: true, naps: 'untold', expect: ['I1', 'I1f'] },
] as const

/**
 * Losses beside other faults make up to half a million states: in each run for the strict server, where a lost answer costs the
 * session, and for the others by `npm run model`.
 */
const sizeOf = ({ lose = 0, ...others }: Faults, server: (typeof servers)[number]): Scenario['size'] =>
  server !== 'strict' && (lose === 2 || (lose === 1 && others.freeze === 1)) ? 'large' : 'small'

/** The protocol as it is built. */
const protocolScenarios: readonly Scenario[] = [
  ...servers.flatMap(server =>
    locks.flatMap(lock =>
      pairs.map(faults =>
        scenario(
          'protocol',
          `2 tabs, ${server} server, lock ${lock}, ${say(faults)}`,
          { ...protocol, ...mayComeBack(faults), server, lock, faults },
          residual(faults, server),
          sizeOf(faults, server),
        ),
      ),
    ),
  ),
  ...locks.flatMap(lock =>
    ofThree.map(faults =>
      scenario(
        'protocol',
        `3 tabs, strict server, lock ${lock}, ${say(faults)}`,
        { ...protocol, patience: 'none', tabs: 3, lock, faults },
        residual(faults, 'strict'),
        'large',
      ),
    ),
  ),
  ...servers.flatMap(server =>
    impatient.map(faults =>
      scenario(
        'protocol',
        `2 tabs, ${server} server, lock wait may end at any moment, ${say(faults)}`,
        { ...protocol, ...mayComeBack(faults), wait: 'any', server, faults },
        residual(faults, server),
        // Of two losses, and for the others of a loss and a kill, up to a million states.
        faults.lose === 2 || (server !== 'strict' && faults.lose === 1 && faults.kill === 1) ? 'large' : 'small',
      ),
    ),
  ),
  ...impatientOfThree.map(faults =>
    scenario(
      'protocol',
      `3 tabs, strict server, lock wait may end at any moment, ${say(faults)}`,
      { ...protocol, patience: 'none', wait: 'any', tabs: 3, faults },
      residual(faults, 'strict'),
      'large',
    ),
  ),
  ...restless.map(faults =>
    scenario(
      'protocol',
      `2 tabs, strict server, whatever the clocks say, ${say(faults)}`,
      { ...timeless, ...mayComeBack(faults), faults },
      residual(faults, 'strict'),
    ),
  ),
  scenario(
    'protocol',
    '2 tabs, engine takes the lock from a sleeper',
    { ...protocol, dropLock: true, faults: { freeze: 1 } },
    ['I1f'],
  ),
  ...naps.map(({ dropLock, naps: told, expect }) =>
    scenario(
      'protocol',
      `2 tabs, a nap that the tab is ${told} of, and the engine ${dropLock ? 'takes' : 'leaves'} the lock`,
      { ...protocol, dropLock, naps: told, faults: { nap: 1 } },
      expect,
    ),
  ),
  scenario(
    'protocol',
    '2 tabs, two rounds, freeze and sign-out',
    { ...protocol, rounds: 2, faults: { freeze: 1, out: 1 } },
    ['I1f'],
    'large',
  ),
  scenario(
    'protocol',
    "a sleeper's lease is never taken over while its lock is held",
    { ...protocol, takeover: 'never', faults: { freeze: 1 } },
    [],
  ),
  scenario(
    'protocol',
    'the same, server that only refuses',
    { ...protocol, takeover: 'never', server: 'lenient', faults: { freeze: 1 } },
    [],
  ),
]

/** Asked for by `--deep`. */
const deepScenarios: readonly Scenario[] = [
  scenario(
    'deep',
    'counter for identity, localStorage, two sign-ins at once',
    { ...protocol, store: 'torn', identity: 'counter', rounds: 2, faults: { inSame: 1, inOther: 1 } },
    ['I4'],
    'cut',
  ),
  scenario(
    'deep',
    'counter for identity, IndexedDB, two sign-ins at once',
    { ...protocol, identity: 'counter', rounds: 2, faults: { inSame: 1, inOther: 1 } },
    [],
    'deep',
  ),
  scenario(
    'deep',
    '2 tabs, five kinds of fault',
    { ...protocol, starts: 2, faults: { freeze: 1, kill: 1, lose: 1, busy: 1, out: 1 } },
    ['I1f'],
    'deep',
  ),
  scenario(
    'deep',
    '3 tabs, a sign-out and another user',
    { ...protocol, tabs: 3, faults: { out: 1, inOther: 1 } },
    [],
    'cut',
  ),
  scenario(
    'deep',
    '3 tabs, a freeze and a kill',
    { ...protocol, tabs: 3, faults: { freeze: 1, kill: 1 } },
    ['I1f'],
    'deep',
  ),
  scenario(
    'deep',
    '3 tabs, a kill and a lost answer',
    { ...protocol, tabs: 3, starts: 2, faults: { kill: 1, lose: 1 } },
    [],
    'deep',
  ),
]

/** What is explored, and which invariants are expected to break in it, no more and no fewer. */
export const scenarios: readonly Scenario[] = [
  ...designAndItsCures,
  ...protocolScenarios,
  ...webStorageScenarios,
  ...cookieScenarios,
  ...watchScenarios,
  ...aheadScenarios,
  ...deepScenarios,
]
