import { readFileSync } from 'node:fs'
import type { Mutant } from '@stryker-mutator/api/core'
import { root } from '../support/project.ts'

const sources = new Map<string, readonly string[]>()

function linesOf(path: string): readonly string[] {
  const known = sources.get(path) ?? readFileSync(path, 'utf8').split('\n')
  sources.set(path, known)
  return known
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
const shorten = (text: string) => (text.length > 100 ? `${text.slice(0, 99)}…` : text)

/**
 * One mutant in one line: the file, the line of source with what was replaced in ⟦brackets⟧, and what it became. Without line
 * numbers, which change with each edit, so that a list of argued survivors stays true.
 */
export function describeMutant(mutant: Mutant): string {
  const { start, end } = mutant.location
  const line = linesOf(mutant.fileName)[start.line] ?? ''
  const isWithinLine = start.line === end.line
  const replaced = isWithinLine ? line.slice(start.column, end.column) : `${line.slice(start.column)} …`
  const after = isWithinLine ? line.slice(end.column) : ''
  const marked = oneLine(`${line.slice(0, start.column)}⟦${replaced}⟧${after}`)
  return `${mutant.fileName.replace(root, '')}: ${marked} → ${shorten(oneLine(mutant.replacement ?? ''))}`
}
