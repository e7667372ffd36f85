import { readFileSync } from 'node:fs'
import { root } from '../../support/project.ts'
import type { Cell } from '../cell.ts'
import { sayCell } from '../page.ts'
import { nameOf } from '../run.ts'

/** A cell that came out otherwise than in Node. */
export interface Difference {
  readonly cell: string
  readonly fault: string
  readonly inNode: string
  readonly inChromium: string
}

/** The outcome of all of it, as it was run last. */
export interface BrowserRecord {
  readonly version: string
  readonly cells: number
  readonly differences: readonly Difference[]
}

export const recordPath = `${root}test/reliability/browser/in-chromium.json`
export const readRecord = (): BrowserRecord => JSON.parse(readFileSync(recordPath, 'utf8')) as BrowserRecord

const resent = 'sent again by the browser itself'

/** Everything that must not depend on where the client runs, in words. How often it tried in its time may. */
function sayOutcome(cell: Cell): string {
  const { session, logins, isRecovered, isResent } = cell
  return [
    sayCell(cell),
    session === 'signed-in' ? '' : session,
    logins === 0 ? '' : `asks for ${logins} login`,
    isRecovered === false ? 'does not recover' : '',
    isResent ? resent : '',
  ]
    .filter(Boolean)
    .join(', ')
}

export function findDifferences(inNode: readonly Cell[], inChromium: readonly Cell[]): readonly Difference[] {
  return inNode.flatMap((cell, place) => {
    const other = inChromium[place]
    const [here, there] = [sayOutcome(cell), other ? sayOutcome(other) : 'not run']
    return here === there ? [] : [{ cell: nameOf(cell), fault: cell.fault.title, inNode: here, inChromium: there }]
  })
}

/** Whether a browser sends a request again by itself depends on which of its connections it has kept. */
export const withoutResends = (differences: readonly Difference[]): readonly Difference[] =>
  differences
    .map(difference => ({ ...difference, inChromium: difference.inChromium.replace(`, ${resent}`, '') }))
    .filter(({ inNode, inChromium }) => inNode !== inChromium)
