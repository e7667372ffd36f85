import { expect, test } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { liveThrough } from './virtual-day/day.ts'

/** A day for each seed; one of them again by `FUZZ_SEED=123 FUZZ_RUNS=1`. */
const { numRuns: days, seed: firstSeed } = fuzzSettings({ numRuns: 60, seed: 1 })

const add = (sums: Record<string, number>, more: Readonly<Record<string, number>>) => {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count
}

const promise =
  'Through lost answers, sleep, death, wrong clocks and other people each refresh token is used once, nobody is ' +
  'signed out by accident or served as another, and every request settles (promises 4, 8, 10, 12, 13)'

test(promise, { timeout: fuzzTimeout(180_000) }, async () => {
  const sums: Record<string, number> = {}
  const faults: Record<string, number> = {}
  const outcomes: Record<string, number> = {}
  const broken: string[] = []
  for (let seed = firstSeed; seed < firstSeed + days; seed += 1) {
    const { violations, settings, ...day } = await liveThrough(seed)
    const { happened, presentations, again } = day
    add(sums, { happened, presentations, again })
    add(faults, day.faults)
    add(outcomes, day.outcomes)
    if (violations.length > 0)
      broken.push(`seed ${seed}: ${violations.slice(0, 5).join('; ')} ${JSON.stringify(settings)}`)
  }
  console.log(`seeds ${firstSeed} to ${firstSeed + days - 1}`, sums, { faults, outcomes })
  expect(broken).toEqual([])
  // It was a day, and not a quiet one.
  expect(sums['presentations']).toBeGreaterThan(50 * days)
  expect(outcomes['200']).toBeGreaterThan(500 * days)
  if (days >= 60) expect(Object.keys(faults).length).toBe(11)
})
