import { mkdirSync, rmSync } from 'node:fs'
import type { Mutant } from '@stryker-mutator/api/core'
import type { TestSpecification } from 'vitest/node'
import { root } from '../support/project.ts'
import { instrument } from './instrument.ts'
import { type Entry, type Journal, openJournal } from './journal.ts'
import { type RoomName, testsOf } from './rooms.ts'
import { type MutantTests, startVitest } from './start-vitest.ts'

export interface Measured {
  readonly mutants: number
  readonly survivors: readonly Mutant[]
  /** Texts of messages. */
  readonly ignored: number
  /** Tests that could not be used, since they do not pass twice in one worker. */
  readonly unrepeatable: number
  /** Files that were not run to their end, since too many mutants left something behind: what they would have killed may survive. */
  readonly givenUp: number
}

/** Ignored by git, and by TypeScript, which leaves out folders whose names begin with a dot. */
const workFolder = `${root}test/mutation/.work`
// A busy machine may keep a worker waiting for minutes. Few mutants run for ever without being counted.
const hangsAfterMs = 240_000
const maxWorkersForOneFile = 40

type Kind<Key extends string> = Extract<Entry, Readonly<Record<Key, unknown>>>
const every = <Key extends 'killed' | 'atImport' | 'unrepeatable' | 'spoilt'>(journal: Journal, key: Key) =>
  journal.entries().filter((entry): entry is Kind<Key> => key in entry)

/**
 * Runs a file, and ends its worker if it hangs: what that was at counts as killed. Returns whether it hung, and what vitest returns.
 */
async function runWatched({ vitest }: MutantTests, file: TestSpecification, journal: Journal) {
  let hasHung = false
  const watch = setInterval(() => {
    const beat = journal.lastBeat()
    if (!beat || beat.file !== file.moduleId || Date.now() - beat.atMs < hangsAfterMs) return
    hasHung = true
    if (beat.mutant !== null) journal.add({ killed: beat.mutant, by: file.moduleId, reason: 'It runs for ever.' })
    try {
      process.kill(beat.pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }, 5_000)
  const result = await vitest.runTestSpecifications([file]).finally(() => clearInterval(watch))
  return { ...result, hasHung }
}

/** Runs a file, in as many workers as it needs, and returns whether all of its tests are through. */
async function runFile(tests: MutantTests, file: TestSpecification, journal: Journal): Promise<boolean> {
  for (let workers = 0; workers < maxWorkersForOneFile; workers++) {
    const spoilt = every(journal, 'spoilt').length
    const { hasHung } = await runWatched(tests, file, journal)
    if (!hasHung && every(journal, 'spoilt').length === spoilt) return true
  }
  return false
}

/** A mutant of what is executed at import has to be there from the start: a worker for each. */
async function killsAtImport(
  tests: MutantTests,
  mutant: string,
  files: readonly TestSpecification[],
  journal: Journal,
): Promise<boolean> {
  tests.vitest.provide('mutantAtImport', mutant)
  for (const file of files) {
    const { testModules, unhandledErrors, hasHung } = await runWatched(tests, file, journal)
    // Vitest also returns the files of former runs, which failed with other mutants.
    const own = testModules.filter(({ moduleId }) => moduleId === file.moduleId)
    if (hasHung || unhandledErrors.length > 0 || own.some(module => !module.ok())) return true
  }
  return false
}

/** Runs the mutants of these files against the tests of a room. */
export async function measure(name: RoomName, patterns: readonly string[]): Promise<Measured> {
  mkdirSync(workFolder, { recursive: true })
  const path = `${workFolder}/${name}.ndjson`
  for (const old of [path, `${path}.beat`]) rmSync(old, { force: true })
  const journal = openJournal(path)
  const { sources, mutants, ignored } = await instrument(patterns)
  const tests = await startVitest(testsOf(name), sources)
  tests.vitest.provide('journal', path)
  tests.vitest.provide('mutantAtImport', null)
  let givenUp = 0
  for (const file of tests.files) if (!(await runFile(tests, file, journal))) givenUp += 1

  const killed = new Set(every(journal, 'killed').map(entry => entry.killed))
  const imports = every(journal, 'atImport')
  for (const { id } of mutants) {
    if (killed.has(id)) continue
    const files = tests.files.filter(({ moduleId }) =>
      imports.some(({ file, atImport }) => file === moduleId && atImport.includes(id)),
    )
    if (files.length > 0 && (await killsAtImport(tests, id, files, journal))) killed.add(id)
  }
  await tests.vitest.close()
  const survivors = mutants.filter(({ id }) => !killed.has(id))
  const unrepeatable = every(journal, 'unrepeatable').length
  return { mutants: mutants.length, survivors, ignored, unrepeatable, givenUp }
}
