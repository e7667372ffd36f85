import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../support/project.ts'
import { readRecord } from './browser/compare.ts'
import { accessTokens, type Cell, loads } from './cell.ts'
import { faults } from './faults.ts'
import { writePage } from './page.ts'
import { type Matrix, nameOf, runMatrix } from './run.ts'

// Every failure of the refresh request × every state of the access token × every load, over a real server, in real time.

let matrix: Matrix
// Rejects where a cell hangs, or throws what no caller expects.
beforeAll(async () => {
  matrix = await runMatrix()
}, 180_000)

/** The cells that are not as they should be, with what they are. */
const exceptions = (of: (cell: Cell) => boolean, isGood: (cell: Cell) => boolean) =>
  matrix.cells
    .filter(cell => of(cell) && !isGood(cell))
    .map(({ fault: _fault, ...cell }) => ({ ...cell, name: nameOf({ ...cell, fault: _fault }) }))
    .slice(0, 5)
const named = (of: (cell: Cell) => boolean) => matrix.cells.filter(of).map(nameOf)
/** Its 401 is returned, since nothing of it can be sent again. */
const isSpentStream = ({ accessToken, load }: Cell) => accessToken === 'rejected' && load === 'a stream body'

test('the matrix has a cell for every failure, token and load, and none of them hangs', () => {
  const every = Object.values(faults).flat()
  const expected = every.length * accessTokens.length * loads.length
  expect(new Set(named(({ isOnce }) => !isOnce)).size).toBe(expected)
  // By number, too: what is left out of a list would be missed by nothing.
  expect([every.length, accessTokens.length, loads.length]).toEqual([81, 3, 3])
  expect(matrix.cells).toHaveLength(81 * 9 + 64 * 9)
})

test('no failure of a refresh signs anybody out, except a rejection by the server', () => {
  const isKept = ({ session, logins }: Cell) => session === 'signed-in' && logins === 0
  expect(exceptions(({ fault }) => fault.means !== 'rejected', isKept)).toEqual([])
})

test('a rejection ends the session with its reason, and asks for a login once', () => {
  const isEnded = ({ fault, session, logins }: Cell) =>
    session === `ended: ${fault.ends ?? 'refresh-rejected'}` && logins === 1
  expect(exceptions(({ fault }) => fault.means === 'rejected', isEnded)).toEqual([])
})

test('requests with a valid access token succeed without waiting, however the refresh beside them ends', () => {
  expect(
    exceptions(
      ({ accessToken }) => accessToken === 'valid',
      ({ outcomes, waiting }) => outcomes.join() === '200' && waiting === 0,
    ),
  ).toEqual([])
})

test('requests that need a newer token reject with one error, of one reason, however many they are', () => {
  const isError = ({ outcomes }: Cell) => outcomes.length === 1 && /^refresh-unavailable \(/.test(outcomes.join())
  const of = (cell: Cell) =>
    cell.fault.means === 'unavailable' && !cell.isOnce && cell.accessToken !== 'valid' && !isSpentStream(cell)
  expect(exceptions(of, isError)).toEqual([])
})

test('a one-shot stream that was rejected gets its 401 without waiting, whatever becomes of the refresh', () => {
  const isAtOnce = ({ outcomes, waiting }: Cell) => outcomes.join() === '401' && waiting === 0
  expect(exceptions(isSpentStream, isAtOnce)).toEqual([])
})

test('a response that is odd but grants tokens is used', () => {
  const of = (cell: Cell) => cell.fault.means === 'granted' && !isSpentStream(cell)
  const isGood = ({ outcomes, refreshed }: Cell) => outcomes.join() === '200' && (refreshed ?? 'renewed') === 'renewed'
  expect(exceptions(of, isGood)).toEqual([])
})

test.each([
  '503',
  '502',
  '504',
  '500',
  '429',
  '408',
  '503, `Retry-After: 1`',
  'The connection is refused',
  'The connection is reset before the request is read',
  'The connection is reset after the server rotated the token',
  'The host name cannot be resolved',
  'No headers ever arrive',
  'The body stops in the middle',
  '200 with the HTML of a captive portal',
])('a failure that happens once is invisible to requests: %s', title => {
  const isUnseen = ({ outcomes, refreshed }: Cell) =>
    outcomes.join() === '200' && (refreshed ?? 'renewed') === 'renewed'
  const of = (cell: Cell) => cell.fault.title === title && cell.isOnce && !isSpentStream(cell)
  expect(named(of)).toHaveLength(accessTokens.length * loads.length - 1)
  expect(exceptions(of, isUnseen)).toEqual([])
})

test('after the server has recovered the session goes on where it was', () => {
  const tried = matrix.cells.filter(({ isRecovered }) => isRecovered !== null)
  expect(tried.length).toBeGreaterThan(20)
  expect(
    exceptions(
      ({ isRecovered }) => isRecovered !== null,
      ({ isRecovered }) => isRecovered === true,
    ),
  ).toEqual([])
})

test('no refresh token is sent to the origin that a redirect leads to', () => {
  expect(matrix.elsewhere).toEqual([])
})

test('the token endpoint is never flooded: a few requests, however many wait, and one that was spent is shown twice at most', () => {
  expect(
    exceptions(
      () => true,
      ({ tokenRequests, reuses }) => tokenRequests <= 8 && reuses <= 2,
    ),
  ).toEqual([])
})

test('no `Retry-After` delays a refresh for longer than a minute and the jitter', () => {
  expect(
    exceptions(
      () => true,
      ({ retryAfterMs }) => retryAfterMs <= 75_000,
    ),
  ).toEqual([])
})

test('docs/reliability.md says what was just seen (node test/reliability/write.ts writes it)', () => {
  expect(readFileSync(`${root}docs/reliability.md`, 'utf8')).toBe(writePage(matrix.cells, readRecord()))
})
