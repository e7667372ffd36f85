import type { AheadRules } from './ahead-model.ts'
import { createCookieModel } from './cookie-model.ts'
import type { CookieFaults, CookieRules } from './cookie-state.ts'
import { type Exploration, explore } from './engine.ts'
import { createModel } from './model.ts'
import type { FaultBudget, Rules } from './rules.ts'

/** A model to explore, and what is expected of it. */
export interface Scenario {
  readonly group: string
  readonly title: string
  /** Identifiers of the invariants that must be found broken: a violation that vanishes fails the run as well. */
  readonly expect: readonly string[]
  /** How much there is to explore; `cut`: too much for all of it. */
  readonly size: 'small' | 'large' | 'deep' | 'cut'
  explore(): Exploration
}

export const scenario = (
  group: string,
  title: string,
  rules: Rules,
  expect: readonly string[],
  size: Scenario['size'] = 'small',
): Scenario => ({ group, title, expect, size, explore: () => explore(createModel(rules)) })

export const cookieScenario = (
  title: string,
  rules: CookieRules,
  expect: readonly string[],
  size: Scenario['size'] = 'small',
): Scenario => ({ group: 'cookie', title, expect, size, explore: () => explore(createCookieModel(rules)) })

const words: Readonly<Record<string, string>> = {
  kill: 'kill',
  freeze: 'freeze',
  nap: 'nap',
  lose: 'lost answer',
  busy: '503',
  out: 'sign-out',
  up: 'step-up',
  inSame: 'same user signs in',
  inOther: 'other user signs in',
  wipe: 'wipe',
  reload: 'reload',
  outCall: 'sign-out with a call',
  lost: 'failed call',
  navigateOther: 'other user by navigation',
  navigateSame: 'same user by navigation',
  fails: 'failed write',
  lands: 'write that works and is said to fail',
}

export function say(faults: Partial<FaultBudget> | Partial<CookieFaults> | AheadRules['faults']): string {
  const parts = Object.entries(faults).map(([name, count]) => (count > 1 ? `${count} x ${words[name]}` : words[name]))
  return parts.length > 0 ? parts.join(' + ') : 'no fault'
}

/** The identifiers of what was found broken, in order. */
export const identifiersOf = ({ broken }: Exploration): string[] =>
  [...new Set([...broken.keys()].map(name => name.split(' ')[0] ?? name))].sort()
