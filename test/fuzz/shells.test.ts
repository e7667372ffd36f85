import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { liveThrough } from '../support/shells/live-through.ts'
import { days } from '../support/shells/plan.ts'

/**
 * Random days of pages in a native shell that keeps the protocol of docs/webview.md, and responds early, late, badly or never: events
 * in bursts, logins, sign-outs, pages that are suspended and loaded again. The same days in every run of CI; more of them, and
 * others, by `FUZZ_RUNS=2000 FUZZ_SEED=$RANDOM`. A failure prints the seed, the path, and the story of the smallest day that fails:
 * `FUZZ_SEED=7 FUZZ_PATH=42:0:1` lives through that one alone.
 */
const parameters = fuzzSettings({ numRuns: 150, seed: 42 })
const maxSteps = Number(process.env['FUZZ_STEPS'] ?? 30)

test(
  'On random days in a native shell each page shows the user of the shell, sends nothing as another user, and waits for nothing for ever',
  async () => {
    const sums = { requests: 0, messages: 0 }
    const property = fc.asyncProperty(days(maxSteps), async plan => {
      const { broken, story, requests, messages } = await liveThrough(plan)
      sums.requests += requests
      sums.messages += messages
      if (broken.length > 0) throw new Error(`${broken.join('\n')}\n\n${story.join('\n')}`)
    })
    await fc.assert(property, parameters)
    // They were days, and not quiet ones.
    expect(sums.messages).toBeGreaterThan(parameters.path ? 0 : parameters.numRuns * 3)
  },
  fuzzTimeout(60_000),
)
