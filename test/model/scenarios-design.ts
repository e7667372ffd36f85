import { firstDesign, protocol, type Rules } from './rules.ts'
import { type Scenario, scenario } from './scenario.ts'

/** A request that was told RefreshUnavailable may come back. */
const again = { starts: 3 }

/** Where the design began: what broke in it. */
const design = { ...firstDesign }
const designScenarios: readonly Scenario[] = [
  scenario('design', '2 tabs, nothing goes wrong', design, []),
  scenario('design', '3 tabs, nothing goes wrong', { ...design, tabs: 3 }, []),
  scenario('design', '2 tabs, one freeze', { ...design, faults: { freeze: 1 } }, ['I1', 'I1f']),
  scenario(
    'design',
    '2 tabs, one freeze, server that only refuses',
    { ...design, server: 'lenient', faults: { freeze: 1 } },
    ['I1', 'I1f', 'I2'],
  ),
  scenario('design', '2 tabs, one kill', { ...design, faults: { kill: 1 } }, []),
  scenario('design', '2 tabs, one lost answer', { ...design, ...again, faults: { lose: 1 } }, []),
  scenario('design', '2 tabs, two lost answers', { ...design, ...again, faults: { lose: 2 } }, ['GAP']),
  scenario('design', '3 tabs, one 503', { ...design, tabs: 3, faults: { busy: 1 } }, ['I1', 'REV']),
  scenario(
    'design',
    '3 tabs, one 503, server that only refuses',
    { ...design, tabs: 3, server: 'lenient', faults: { busy: 1 } },
    ['I1', 'I2'],
  ),
  scenario('design', '2 tabs, a sign-out (blind note in step c)', { ...design, faults: { out: 1 } }, ['I3']),
  scenario(
    'design',
    '2 tabs, a sign-out (step c compares)',
    { ...design, mark: 'compare-and-set', faults: { out: 1 } },
    [],
  ),
  scenario('design', '2 tabs, another user signs in', { ...design, faults: { inOther: 1 } }, []),
  scenario(
    'design',
    '2 tabs, the store is wiped, another user signs in',
    { ...design, faults: { wipe: 1, inOther: 1 } },
    ['I4'],
  ),
  scenario('design', '2 tabs, no Web Locks', { ...design, lock: 'none' }, ['I1', 'I6', 'REV']),
  scenario('design', '2 tabs, "newer" read as newer than memory', { ...design, newerThan: 'memory' }, ['I6']),
  scenario('design', 'localStorage, atomic and fresh reads assumed', { ...design, store: 'torn' }, []),
  scenario('design', 'localStorage, reads may lag', { ...design, store: 'torn', stale: true }, ['I1', 'I6', 'REV']),
  scenario(
    'design',
    'localStorage, a sign-out (step c compares)',
    { ...design, mark: 'compare-and-set', store: 'torn', faults: { out: 1 } },
    ['I3'],
  ),
]

/** As it was before a flight tried again by itself: the fewer steps, the sooner all are seen. */
const impatient: Rules = { ...protocol, patience: 'none' }

/** Each cure is needed. */
const neededScenarios: readonly Scenario[] = [
  scenario('needed', 'without compare-and-set of the lease', { ...impatient, mark: 'blind', faults: { out: 1 } }, [
    'I3',
  ]),
  scenario(
    'needed',
    'without compare-and-set of a step-up, another tab signed out',
    { ...impatient, stepUp: 'blind', faults: { up: 1, out: 1 } },
    ['I3'],
  ),
  scenario(
    'needed',
    'without respect for an open lease',
    { ...impatient, lease: false, tabs: 3, faults: { busy: 1 } },
    ['I1', 'REV'],
  ),
  scenario(
    'needed',
    'without the check for sleep before sending',
    { ...impatient, lateCheck: false, faults: { freeze: 1 } },
    ['I1', 'I1f'],
  ),
  scenario(
    'needed',
    'lease named after the refresh, not fresh',
    { ...impatient, leaseId: 'attempt', faults: { freeze: 1 } },
    ['I1', 'I1f'],
  ),
  scenario(
    'needed',
    'with a counter for identity, store wiped',
    { ...impatient, identity: 'counter', faults: { wipe: 1, inOther: 1 } },
    ['I4'],
  ),
  scenario('needed', 'without a bound on the lock wait', { ...impatient, noLock: 'wait', faults: { freeze: 1 } }, [
    'I5',
  ]),
  scenario(
    'needed',
    'patience without a bound after a lost answer',
    { ...protocol, patience: 'ever', faults: { lose: 2 } },
    ['I7'],
  ),
  scenario(
    'needed',
    'patience that counts only what its own tab has lost',
    { ...protocol, patience: 'flight', faults: { lose: 2 } },
    ['I7'],
  ),
  scenario('needed', 'one retry for ever', { ...impatient, ...again, retries: 'once', faults: { lose: 2 } }, ['GAP']),
]

/** Smaller changes that do not do it. */
const compares: Rules = { ...design, mark: 'compare-and-set' }
const smallerScenarios: readonly Scenario[] = [
  scenario(
    'not enough',
    'lock wait counted anew with each holder: cures the queue',
    { ...compares, wait: 'idle', tabs: 3, faults: { busy: 1 } },
    [],
  ),
  scenario('not enough', 'but not the sleeper', { ...compares, wait: 'idle', faults: { freeze: 1 } }, ['I1', 'I1f']),
  scenario(
    'not enough',
    'no going on without the lock: nobody is hurt',
    { ...compares, noLock: 'fail', faults: { freeze: 1 } },
    [],
  ),
  scenario('not enough', 'but without Web Locks it does nothing', { ...compares, noLock: 'fail', lock: 'none' }, [
    'I1',
    'I6',
    'REV',
  ]),
  scenario(
    'not enough',
    'and an engine that takes the lock from a sleeper defeats it',
    { ...compares, noLock: 'fail', dropLock: true, faults: { freeze: 1 } },
    ['I1', 'I1f'],
  ),
  scenario(
    'not enough',
    'leases, but a sleeper is only told apart by its lock',
    { ...protocol, lateCheck: false, noLock: 'fail', dropLock: true, faults: { freeze: 1 } },
    ['I1', 'I1f'],
  ),
]

export const designAndItsCures: readonly Scenario[] = [...designScenarios, ...neededScenarios, ...smallerScenarios]
