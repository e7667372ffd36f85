import { inject, type RunnerTestCase, type RunnerTestFile, type RunnerTestSuite, TestRunner } from 'vitest'
import { type Journal, openJournal } from './journal.ts'
import { awaitTicks } from './patience.ts'
import { type Plan, planTest } from './plan.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly journal: string
    /** A mutant that is active from the start, with which each test is run once. */
    readonly mutantAtImport: string | null
  }
}

/** What instrumented code reads and writes: the contract of Stryker's instrumenter. */
interface Switches {
  activeMutant?: string | undefined
  currentTestId?: string | undefined
  hitCount?: number | undefined
  hitLimit?: number | undefined
  mutantCoverage?: { readonly static: Record<string, number>; readonly perTest: Record<string, Record<string, number>> }
}

const spareTicks = 25
const spareHits = 5_000

const switches: Switches = {}
Object.assign(globalThis, { __stryker__: switches })

/** Repeats each test in one worker, with one mutant after another, instead of starting a worker for each. */
export default class MutantRunner extends TestRunner {
  readonly #journal: Journal = openJournal(inject('journal'))
  readonly #mutantAtImport = inject('mutantAtImport')
  readonly #finished = new Set<string>()
  readonly #killed = new Set<string>()
  readonly #doubtful = new Set<string>()
  #plan: Plan | null = null
  /** The last mutant that was active. Without one active, a worker hangs by what that has left behind. */
  #suspect = this.#mutantAtImport
  #ticks = 0
  #isSpoilt = false
  #unhandled: unknown
  #hasNotedImport = false

  constructor(...args: ConstructorParameters<typeof TestRunner>) {
    super(...args)
    for (const entry of this.#journal.entries()) {
      if ('killed' in entry) this.#killed.add(entry.killed)
      if ('finished' in entry) this.#finished.add(entry.finished)
      if ('doubtful' in entry) this.#doubtful.add(entry.doubtful)
    }
    switches.activeMutant = this.#mutantAtImport ?? undefined
    const note = (error: unknown) => {
      this.#unhandled ??= error ?? new Error('rejected with nothing')
    }
    process.on('unhandledRejection', note)
    process.on('uncaughtException', note)
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onBeforeRunSuite(suite)
    if ('filepath' in suite) this.#journal.beat((suite as RunnerTestFile).filepath, this.#mutantAtImport)
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    await super.onBeforeRunTask(test)
    if (this.#mutantAtImport !== null) return
    if (!this.#hasNotedImport) {
      this.#hasNotedImport = true
      this.#journal.add({ atImport: Object.keys(switches.mutantCoverage?.static ?? {}), file: test.file.filepath })
    }
    if (this.#isSpoilt || this.#finished.has(test.id)) {
      test.mode = 'skip'
      return
    }
    const plan = planTest({
      test: test.id,
      journal: this.#journal,
      isWorkerUsed: this.#suspect !== null,
      coveredMutants: () => this.#covered(test.id),
      onKilled: mutant => this.#killed.add(mutant),
      onSpoilt: () => {
        this.#isSpoilt = true
        this.#journal.add({ spoilt: test.file.filepath })
      },
    })
    this.#plan = plan
    this.#ticks = 0
    // Vitest compares the number of each repetition with this one, so it is asked before each.
    test.repeats = { valueOf: () => (plan.isOver() ? -1 : Number.POSITIVE_INFINITY) } as unknown as number
  }

  #covered(test: string): readonly string[] {
    const covered = Object.keys(switches.mutantCoverage?.perTest[test] ?? {}).filter(
      mutant => !this.#killed.has(mutant),
    )
    return covered.sort((one, other) => Number(this.#doubtful.has(other)) - Number(this.#doubtful.has(one)))
  }

  override onBeforeTryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): void {
    super.onBeforeTryTask(test as never, options)
    this.#unhandled = undefined
    const plan = this.#plan
    const mutant = plan?.mutant() ?? null
    this.#suspect = mutant ?? this.#suspect
    this.#journal.beat(test.file.filepath, this.#suspect)
    if (!plan) return
    switches.currentTestId = plan.isFirst() ? test.id : undefined
    switches.activeMutant = mutant ?? undefined
    switches.hitCount = 0
    switches.hitLimit = spareHits + 100 * (switches.mutantCoverage?.perTest[test.id]?.[mutant ?? ''] ?? 0)
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const hasMutant = this.#mutantAtImport !== null || this.#plan?.mutant() !== null
    const limit = hasMutant ? 3 * this.#ticks + spareTicks : Number.POSITIVE_INFINITY
    const ticks = await awaitTicks(TestRunner.getTestFn(test)?.(), limit)
    if (!hasMutant) this.#ticks = Math.max(this.#ticks, ticks)
    if (this.#unhandled) throw this.#unhandled
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): Promise<void> {
    await super.onAfterRetryTask(test as never, options)
    switches.currentTestId = undefined
    if (!this.#plan || !test.result) return
    const { state, errors } = test.result
    this.#plan.conclude(state === 'fail' ? (errors?.[0]?.message.split('\n', 1)[0] ?? '') : null)
    switches.activeMutant = undefined
    // The report is the journal. Vitest is told that all is well.
    test.result.state = 'pass'
    test.result.errors = []
    test.result.attempts = []
  }
}
