import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { worldsOf } from '../support/worlds/draw.ts'
import { liveThrough } from '../support/worlds/live-through.ts'
import { modes, networkFaults, shapes, storeFaults, strikes } from '../support/worlds/plan.ts'
import { createCensus } from '../support/worlds/tally.ts'

/**
 * Random worlds: three tabs of one browser with the real client in each, users, servers, a network and a store in which everything
 * goes wrong, by a controlled clock; and what the promises forbid (`test/support/invariants.ts`). The same worlds in every run of
 * CI; more of them, and others, by `FUZZ_RUNS=2000 FUZZ_SEED=$RANDOM`. A failure prints the seed, the path, and the story of the
 * smallest world that fails: `FUZZ_SEED=7 FUZZ_PATH=42:0:1 … -t "in bff mode.*works"` lives through that one alone.
 * `FUZZ_CENSUS=1` prints how often what happened.
 */
const { numRuns, seed } = fuzzSettings({ numRuns: 16, seed: 22 })
const maxSteps = Number(process.env['FUZZ_STEPS'] ?? 40)
const { FUZZ_PATH: path = '', FUZZ_NO_SHRINK: noShrink } = process.env

test('Random worlds have every way to name a user, every fault, every blow to a page that refreshes and every burst in them', () => {
  const plans = modes.flatMap(mode =>
    fc.sample(worldsOf({ mode, isStoreBroken: true, maxSteps: 40 }), { numRuns: 1000, seed }),
  )
  const drawn = plans.flatMap(({ settings, steps }) => [
    `${settings.shape}, ${settings.storage}`,
    ...steps.flatMap(step => ('fault' in step ? `${step.kind} ${step.fault}` : 'what' in step ? step.what : [])),
  ])
  const wanted = [
    ...shapes.flatMap(shape => [`${shape}, atomic`, `${shape}, web`]),
    ...networkFaults.flatMap(fault => [`token-fault ${fault}`, `api-fault ${fault}`, `login-fault ${fault}`]),
    ...storeFaults.map(fault => `store-fault ${fault}`),
    ...strikes,
    'rejections',
    'refreshes',
  ]
  expect(wanted.filter(one => !drawn.includes(one))).toEqual([])
})

describe.each(modes)('in %s mode, the promises hold in random worlds', mode => {
  test.each([
    ['of a store that works', false],
    ['of a store that lags, refuses, loses, corrupts, hangs and answers late', true],
  ] as const)(
    '%s',
    async (_, isStoreBroken) => {
      // Signatures take longer than all the rest.
      const runs = mode === 'dpop' ? Math.ceil(numRuns / 3) : numRuns
      const sums = { happened: 0, requests: 0 }
      const census = createCensus()
      const property = fc.asyncProperty(worldsOf({ mode, isStoreBroken, maxSteps }), async plan => {
        const { broken, story, happened, requests, counts } = await liveThrough(plan)
        census.add(counts)
        sums.happened += happened
        sums.requests += requests
        if (broken.length > 0) throw new Error(`${broken.join('\n')}\n\n${story.join('\n')}`)
      })
      const print = process.env['FUZZ_CENSUS'] ? () => console.log(census.lines().join('\n')) : () => {}
      await fc.assert(property, { numRuns: runs, seed, path, endOnFailure: noShrink !== undefined })
      print()
      // They were worlds, and not quiet ones.
      expect(sums.requests).toBeGreaterThan(path === '' ? runs * 10 : 0)
    },
    // A test that is given up goes on in the worker, and breaks the worlds of the next.
    fuzzTimeout(90_000),
  )
})
