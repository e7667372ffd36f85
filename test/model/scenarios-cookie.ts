import { type CookieFaults, cookieProtocol, memoryOnly } from './cookie-state.ts'
import { cookieScenario, type Scenario, say } from './scenario.ts'

const locks = ['web', 'none'] as const
const withToken = { ...cookieProtocol, access: true }
const kinds: readonly Partial<CookieFaults>[] = [
  {},
  { kill: 1 },
  { out: 1 },
  { inOther: 1 },
  { out: 1, reload: 1 },
  { out: 1, inOther: 1 },
  { freeze: 1 },
]

const signOuts: readonly Partial<CookieFaults>[] = [
  { outCall: 1 },
  { outCall: 1, reload: 1 },
  { outCall: 1, kill: 1 },
  { outCall: 1, inOther: 1 },
  { outCall: 1, navigateOther: 1 },
  { outCall: 1, navigateSame: 1 },
  { outCall: 1, lost: 1, reload: 1 },
  { outCall: 1, lost: 1, inOther: 1 },
  { outCall: 1, lost: 1, navigateOther: 1 },
  { outCall: 1, lost: 1, navigateSame: 1 },
]

export const cookieScenarios: readonly Scenario[] = [
  cookieScenario('memory only, nothing goes wrong', memoryOnly, ['C6']),
  cookieScenario('memory only, no Web Locks', { ...memoryOnly, lock: 'none' }, ['C1', 'C6']),
  cookieScenario('memory only, one freeze', { ...memoryOnly, faults: { freeze: 1 } }, ['C1', 'C1f', 'C6']),
  cookieScenario('memory only, a sign-out', { ...memoryOnly, faults: { out: 1 } }, ['C3', 'C6']),
  cookieScenario('memory only, another user signs in', { ...memoryOnly, faults: { inOther: 1 } }, ['C2', 'C6']),
  cookieScenario(
    'memory only, no Web Locks, server that only refuses',
    { ...memoryOnly, lock: 'none', server: 'lenient' },
    ['C1', 'C4', 'C6'],
  ),
  cookieScenario(
    'record without tokens, but the answer names nobody',
    { ...cookieProtocol, subject: false, faults: { inOther: 1 } },
    ['C2', 'C6'],
  ),
  ...locks.flatMap(lock =>
    kinds.flatMap(faults => [
      cookieScenario(
        `record without tokens, lock ${lock}, ${say(faults)}`,
        { ...cookieProtocol, lock, faults },
        faults.freeze ? ['C1f', 'C6'] : ['C6'],
      ),
      cookieScenario(
        `record with the access token, lock ${lock}, ${say(faults)}`,
        { ...withToken, lock, faults },
        faults.freeze ? ['C1f'] : [],
      ),
    ]),
  ),
  ...locks.flatMap(lock =>
    [{}, { out: 1 }, { inOther: 1 }].map(faults =>
      cookieScenario(
        `3 tabs, record with the access token, lock ${lock}, ${say(faults)}`,
        { ...withToken, tabs: 3, lock, faults },
        [],
        'large',
      ),
    ),
  ),
  cookieScenario(
    'record with the access token, freeze, server that only refuses',
    { ...withToken, server: 'lenient', faults: { freeze: 1 } },
    ['C1f', 'C4'],
  ),
  ...signOuts.map(faults =>
    cookieScenario(
      `the server hears of a sign-out, ${say(faults)}`,
      { ...withToken, server: 'lenient', faults },
      // The call failed and the same person signed in again: a page cannot tell the two sessions apart. Once, no more.
      faults.lost && faults.navigateSame ? ['C7'] : [],
    ),
  ),
  cookieScenario(
    'the server hears of a sign-out, and a start repeats that blindly',
    { ...withToken, start: 'repeats', faults: { outCall: 1, lost: 1, navigateOther: 1 } },
    ['C7'],
  ),
  cookieScenario(
    'the server hears of a sign-out, but not again after a late answer',
    { ...withToken, lateCall: false, server: 'lenient', faults: { outCall: 1, reload: 1 } },
    ['C3'],
  ),
  cookieScenario(
    'the server hears of a sign-out, and a login does not wait for what is under way',
    { ...withToken, loginWaits: false, server: 'lenient', faults: { outCall: 1, inOther: 1 } },
    ['C7'],
  ),
]
