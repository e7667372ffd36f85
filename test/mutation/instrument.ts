import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { Mutant } from '@stryker-mutator/api/core'
import { Instrumenter } from '@stryker-mutator/instrumenter'
import { root } from '../support/project.ts'
import { messages } from './messages.ts'

export interface Instrumented {
  /** By absolute path: the source with all mutants in it, each behind a switch. */
  readonly sources: ReadonlyMap<string, string>
  readonly mutants: readonly Mutant[]
  /** How many were left out, as the texts of messages. */
  readonly ignored: number
}

const quiet = {
  isDebugEnabled: () => false,
  isTraceEnabled: () => false,
  ...Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map(level => [level, () => {}])),
}

/** Puts every mutant of these files into one copy of their source. `patterns` are relative to the repository. */
export async function instrument(patterns: readonly string[]): Promise<Instrumented> {
  const paths = patterns.flatMap(pattern => globSync(pattern, { cwd: root })).map(path => `${root}${path}`)
  // Stryker changes nothing within `as`. Node puts blanks in the place of types, so that each place stays the same.
  const files = paths.map(name => ({
    name,
    content: stripTypeScriptTypes(readFileSync(name, 'utf8')),
    mutate: true,
  }))
  const result = await new Instrumenter(quiet as never).instrument(files, {
    plugins: null,
    excludedMutations: [],
    ignorers: [messages],
  })
  const mutants = result.mutants.filter(({ status }) => status === undefined)
  return {
    sources: new Map(result.files.map(({ name, content }) => [name, content])),
    mutants,
    ignored: result.mutants.length - mutants.length,
  }
}
