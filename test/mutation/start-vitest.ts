import { createVitest, type TestSpecification, type Vitest } from 'vitest/node'
import { root } from '../support/project.ts'

/** Thousands of requests or refreshes, hundreds of random days: too long for this, and they find no mutant that others do not. */
const tooLong = [
  '**/one-refresh-for-many-requests*',
  '**/random-days*',
  '**/interleavings*',
  '**/between-microtasks*',
  '**/five-second-tokens*',
]

export interface MutantTests {
  readonly vitest: Vitest
  /** In the order of the patterns. */
  readonly files: readonly TestSpecification[]
}

/** Vitest with instrumented sources in place of those on disk, and one worker at a time. */
export async function startVitest(
  patterns: readonly string[],
  sources: ReadonlyMap<string, string>,
): Promise<MutantTests> {
  const include = patterns.map(pattern => `test/${pattern}`)
  const vitest = await createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      // Keyed by the files on disk, not by what the plugin makes of them.
      fsModuleCache: false,
      include,
      exclude: tooLong,
      runner: `${root}test/mutation/mutant-runner.ts`,
      pool: 'forks',
      maxWorkers: 1,
      bail: 0,
      reporters: [{}],
      onConsoleLog: () => false,
      onUnhandledError: () => false,
      restoreMocks: true,
      unstubGlobals: true,
      testTimeout: 30_000,
    },
    {
      plugins: [{ name: 'mutants', enforce: 'pre', load: id => sources.get(id.split('?', 1)[0] ?? id) }],
      resolve: {
        alias: [
          { find: /^latchkey$/, replacement: `${root}src/index.ts` },
          { find: /^latchkey\/(.*)$/, replacement: `${root}src/$1.ts` },
          { find: /^fast-check$/, replacement: `${root}test/mutation/fast-check.ts` },
        ],
      },
    },
  )
  const rankOf = ({ moduleId }: TestSpecification) => {
    const path = moduleId.replace(`${root}test/`, '')
    return patterns.findIndex(pattern => path.startsWith(pattern.replace(/\*.*/, '')))
  }
  const files = await vitest.globTestSpecifications()
  return { vitest, files: files.toSorted((one, other) => rankOf(one) - rankOf(other)) }
}
