import { isDeepStrictEqual } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { findDifferences, readRecord, withoutResends } from '../../reliability/browser/compare.ts'
import { type ChromiumMatrix, cellsForPages, runInChromium } from '../../reliability/browser/run.ts'
import type { CellOptions } from '../../reliability/cell.ts'
import { type Matrix, nameOf, runMatrix } from '../../reliability/run.ts'

// The matrix of test/reliability, from a page. RELIABILITY=all runs all of it, in some minutes.

const isWhole = process.env['RELIABILITY'] === 'all'

/** Failures that pass, and on the way to which a browser does something of its own: it retries, decodes, or hides a redirect. */
const seenOnce = ['503', 'The connection is reset after the server rotated the token', '307 to another origin']

/** Each failure, as one request meets it that needs a newer token; and some that happen once, to many requests. */
const isChosen = ({ fault, accessToken, load, isOnce }: CellOptions) =>
  isOnce
    ? load === 'many requests' && accessToken === 'rejected' && seenOnce.includes(fault.title)
    : load === 'one request' && accessToken === 'expired'

const list = isWhole ? cellsForPages : cellsForPages.filter(isChosen)

const runBoth = (cells: readonly CellOptions[]) =>
  Promise.all([runMatrix(cells), runInChromium(cells, isWhole ? 16 : 6)])

const known = new Map(withoutResends(readRecord().differences).map(difference => [difference.cell, difference]))

/** The cells whose difference is another than that of docs/reliability.md, and what it is. */
function findUnknown(cells: readonly CellOptions[], [inNode, inChromium]: readonly [Matrix, ChromiumMatrix]) {
  const found = new Map(
    withoutResends(findDifferences(inNode.cells, inChromium.cells)).map(difference => [difference.cell, difference]),
  )
  return cells
    .map(options => ({ options, found: found.get(nameOf(options)), known: known.get(nameOf(options)) }))
    .filter(cell => !isDeepStrictEqual(cell.found, cell.known))
}

/** The cells run in real time, and a busy machine misses a deadline now and then. What is really different is so each time. */
const mostLooks = 3

let inChromium: ChromiumMatrix
let unknown: ReturnType<typeof findUnknown>
beforeAll(async () => {
  const first = await runBoth(list)
  inChromium = first[1]
  unknown = findUnknown(list, first)
  for (let looks = 1; looks < mostLooks && unknown.length > 0; looks += 1) {
    const again = unknown.map(({ options }) => options)
    unknown = findUnknown(again, await runBoth(again))
  }
}, 900_000)

test('a refresh that fails ends in a page of Chromium as it does in Node, but for what docs/reliability.md says', () => {
  expect(unknown.map(({ options, ...cell }) => ({ name: nameOf(options), ...cell }))).toEqual([])
})

test('no failure of a refresh signs anybody out in a page of Chromium, except a rejection by the server', () => {
  const endings = inChromium.cells.filter(({ session }) => session !== 'signed-in')
  expect(endings.length).toBeGreaterThan(5)
  expect(endings.filter(({ fault }) => fault.means !== 'rejected').map(nameOf)).toEqual([])
})

test('Chromium sends a token request again by itself only if its connection is reset before the response, or after a 408', () => {
  const titles = inChromium.cells.filter(({ isResent }) => isResent).map(({ fault }) => fault.title)
  expect(titles).toContain('The connection is reset after the server rotated the token')
  expect(titles.filter(title => title !== '408' && !title.includes('reset'))).toEqual([])
})

test('no refresh token is sent from a page of Chromium to the origin that a redirect leads to', () => {
  expect(inChromium.elsewhere).toEqual([])
})
