import { describe, expect, test } from 'vitest'
import type { Entry } from '../../mutation/journal.ts'
import { planTest } from '../../mutation/plan.ts'

/**
 * Runs a plan whose test fails as `fails` says, and returns what it was run with and what was written. Unless `isUsed`, no mutant
 * has been active in its worker before.
 */
function follow(
  covered: readonly string[],
  fails: (mutant: string | null, runs: readonly (string | null)[]) => boolean,
  isUsed = false,
) {
  const runs: (string | null)[] = []
  const entries: Entry[] = []
  let spoilt = false
  const plan = planTest({
    test: 'a test',
    journal: { add: entry => entries.push(entry), entries: () => entries, beat: () => {}, lastBeat: () => null },
    isWorkerUsed: isUsed,
    coveredMutants: () => covered,
    onKilled: () => {},
    onSpoilt: () => {
      spoilt = true
    },
  })
  while (!plan.isOver()) {
    const mutant = plan.mutant()
    const hasFailed = fails(mutant, runs)
    runs.push(mutant)
    plan.conclude(hasFailed ? 'it failed' : null)
  }
  return { runs, entries, spoilt }
}
const finished: Entry = { finished: 'a test' }
const killed = (mutant: string): Entry => ({ killed: mutant, by: 'a test', reason: 'it failed' })

describe('what one test is run with, to see which mutants it notices', () => {
  test('A test is run twice as it is, once with each mutant, and as it is again after each failure', () => {
    const { runs, entries } = follow(['1', '2', '3'], mutant => mutant === '2')
    expect(runs).toEqual([null, null, '1', '2', null, '3'])
    expect(entries).toEqual([killed('2'), finished])
  })

  test('A test that executes no living mutant is run once', () => {
    expect(follow([], () => false).runs).toEqual([null])
  })

  describe.each([
    ['at once', 0],
    ['the second time', 1],
  ])('A test that fails without a mutant %s', (_, failing) => {
    const fails = (__: string | null, { length }: readonly (string | null)[]) => length === failing

    test('kills none', () => {
      const { entries, spoilt } = follow(['1'], fails)
      expect({ entries, spoilt }).toEqual({ entries: [{ unrepeatable: 'a test' }, finished], spoilt: false })
    })

    test('is run again in a new worker, if a mutant of an earlier test may have spoilt this one', () => {
      const { entries, spoilt } = follow(['1'], fails, true)
      expect({ entries, spoilt }).toEqual({ entries: [], spoilt: true })
    })
  })

  test('A test that passes where mutants of earlier tests ran is run with its own', () => {
    const { entries, spoilt } = follow(['1'], mutant => mutant === '1', true)
    expect({ entries, spoilt }).toEqual({ entries: [killed('1'), finished], spoilt: false })
  })

  test('A mutant that spoils its worker is killed, if nothing but the unchanged source ran before it', () => {
    const { runs, entries, spoilt } = follow(['1', '2'], (mutant, before) => mutant === '1' || before.includes('1'))
    expect({ runs, entries, spoilt }).toEqual({ runs: [null, null, '1', null], entries: [killed('1')], spoilt: true })
  })

  test('A mutant that fails in a worker which another mutant may have spoilt is left in doubt', () => {
    const { entries, spoilt } = follow(['1', '2'], (_, before) => before.includes('1'))
    expect({ entries, spoilt }).toEqual({ entries: [{ doubtful: '2' }], spoilt: true })
  })
})
