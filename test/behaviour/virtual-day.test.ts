import { expect, test } from 'vitest'
import { liveThrough } from './virtual-day/day.ts'

/** More by `DAYS=5000 npx vitest run … test/behaviour/virtual-day.test.ts`; one of them by `SEED=123 DAYS=1`. */
const days = Number(process.env['DAYS'] ?? 120)
const firstSeed = Number(process.env['SEED'] ?? 1)

const add = (sums: Record<string, number>, more: Readonly<Record<string, number>>) => {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count
}

const promise =
  'Through lost answers, sleep, death, wrong clocks and other people each refresh token is used once, nobody is ' +
  'signed out by accident or served as another, and every request settles (promises 4, 8, 10, 12, 13)'

test(promise, { timeout: 60_000 + days * 2000 }, async () => {
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
  if (days >= 100) expect(Object.keys(faults).length).toBe(11)
})
