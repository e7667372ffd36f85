import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'

/** What the workers tell the process that started them, and each other: a line of JSON each. */
export type Entry =
  | { readonly killed: string; readonly by: string; readonly reason: string }
  /** Killed or not, it cannot be said: a mutant before it had left something behind. It is tried again first. */
  | { readonly doubtful: string }
  /** Executed while the file was imported, so that it has to be active from the start. */
  | { readonly atImport: readonly string[]; readonly file: string }
  | { readonly finished: string }
  | { readonly unrepeatable: string }
  /** The worker can no longer be used: a test fails without a mutant. */
  | { readonly spoilt: string }

export interface Journal {
  readonly add: (entry: Entry) => void
  readonly entries: () => readonly Entry[]
  /** Notes that the worker lives, and what it is at. */
  readonly beat: (file: string, mutant: string | null) => void
  readonly lastBeat: () => {
    readonly pid: number
    readonly file: string
    readonly mutant: string | null
    readonly atMs: number
  } | null
}

export function openJournal(path: string): Journal {
  const beats = `${path}.beat`
  return {
    add: entry => appendFileSync(path, `${JSON.stringify(entry)}\n`),
    entries: () =>
      readFileSync(path, { encoding: 'utf8', flag: 'a+' })
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as Entry),
    beat: (file, mutant) => writeFileSync(beats, JSON.stringify({ pid: process.pid, file, mutant })),
    lastBeat: () => {
      try {
        return { ...JSON.parse(readFileSync(beats, 'utf8')), atMs: statSync(beats).mtimeMs }
      } catch {
        return null // not yet written, or just being written
      }
    },
  }
}
