import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { root } from '../support/project.ts'

export interface Score {
  readonly room: string
  readonly mutants: number
  readonly argued: number
  readonly open: number
}

const page = `${root}docs/mutation.md`
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

/** Writes the line of one room, in place of the one before. */
export function writeScore({ room, mutants, argued, open }: Score): void {
  const killed = mutants - argued - open
  const cells = [room, mutants, killed, argued, open, `${((killed / mutants) * 100).toFixed(1)} %`]
  const row = `| ${[...cells, new Date().toISOString().slice(0, 10), git('rev-parse', '--short', 'HEAD')].join(' | ')} |`
  const lines = readFileSync(page, 'utf8').split('\n')
  const rows = (line: string) => line.startsWith(`| ${room} |`)
  const head = lines.findIndex(line => line.startsWith('|---'))
  const last = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
  const index = lines.findIndex(rows)
  if (index === -1) lines.splice(last, 0, row)
  else lines[index] = row
  writeFileSync(page, lines.join('\n'))
}
