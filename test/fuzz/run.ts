import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from '../support/project.ts'

/** A project of `test/vitest.config.ts`: in Node, or in an engine by the built package. */
type Place = 'node' | 'unit' | 'chromium' | 'firefox' | 'webkit'

/** A test file that draws cases, and how many of them take about a minute. */
const fuzzers = {
  fetch: ['test/fuzz/client-fetch.test.ts', 2000],
  ky: ['test/fuzz/client-ky.test.ts', 2000],
  worlds: ['test/fuzz/worlds.test.ts', 60],
  shells: ['test/fuzz/shells.test.ts', 3000],
  days: ['test/behaviour/refresh/random-days.test.ts', 5000],
  'virtual-days': ['test/behaviour/virtual-day.test.ts', 200],
  walks: ['test/model/steps/same-steps.test.ts', 100],
  interleavings: ['test/unit/refresh-protocol/interleavings.test.ts', 300, 'unit'],
  stores: ['test/behaviour/stores/any-store.test.ts', 1000],
  identity: ['test/unit/session/identity.properties.test.ts', 4000, 'unit'],
  'foreign-origins': ['test/attacks/foreign-origins.test.ts', 10_000],
  'open-redirects': ['test/attacks/open-redirects.test.ts', 200_000],
  redirects: ['test/attacks/redirects.test.ts', 5000],
  'return-to': ['test/unit/login/return-to.properties.test.ts', 100_000, 'unit'],
  chromium: ['test/browser/engine/fuzz.test.ts', 600, 'chromium'],
  firefox: ['test/browser/engine/fuzz.test.ts', 600, 'firefox'],
  webkit: ['test/browser/engine/fuzz.test.ts', 300, 'webkit'],
} as const satisfies Record<string, readonly [file: string, casesAMinute: number, place?: Place]>

type Name = keyof typeof fuzzers
const isName = (name: string): name is Name => name in fuzzers

const usage = `npm run fuzz -- [name…] [--minutes 60]
Runs fuzzers again and again, each time from another seed, one after another. Names: ${Object.keys(fuzzers).join(', ')}.`

interface Round {
  readonly file: string
  readonly place: Place
  readonly numRuns: number
  readonly seed: number
}

/** Resolves with what it printed if it failed, else with `null`. */
function play({ file, place, numRuns, seed }: Round): Promise<string | null> {
  const env = { ...process.env, FUZZ_RUNS: `${numRuns}`, FUZZ_SEED: `${seed}` }
  const command = [
    `${root}node_modules/.bin/vitest`,
    'run',
    '--config',
    'test/vitest.config.ts',
    '--project',
    place,
    file,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: root, env })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    child.once('error', reject)
    child.once('close', code => resolve(code === 0 ? null : printed))
  })
}

async function fuzz(names: readonly Name[], minutes: number): Promise<void> {
  const seeds: Record<string, number[]> = {}
  const endsAt = performance.now() + minutes * 60_000
  while (performance.now() < endsAt)
    for (const name of names) {
      const [file, numRuns, place = 'node'] = fuzzers[name]
      const seed = Math.floor(Math.random() * 2 ** 31)
      const failure = await play({ file, place, numRuns, seed })
      console.log(`${name}: FUZZ_SEED=${seed} FUZZ_RUNS=${numRuns}, ${failure === null ? 'nothing found' : 'FAILED'}`)
      if (failure !== null) {
        console.log(failure)
        process.exitCode = 1
      }
      seeds[name] = [...(seeds[name] ?? []), seed]
    }
  for (const [name, used] of Object.entries(seeds))
    console.log(`${name}: ${used.length} rounds, seeds ${used.join(' ')}`)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' }, help: { type: 'boolean', default: false } },
})
const minutes = Number(values.minutes)
if (values.help || !positionals.every(isName) || !(minutes > 0)) {
  console.log(usage)
  process.exitCode = values.help ? 0 : 2
} else {
  const names = positionals.filter(isName)
  await fuzz(names.length > 0 ? names : Object.keys(fuzzers).filter(isName), minutes)
}
