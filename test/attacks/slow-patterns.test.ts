import { readChallenges, safeReturnTo } from 'latchkey'
import { expect, test } from 'vitest'
import { withoutQuotes } from '../../src/errors.ts'
import { readRetryAfter } from '../../src/http/retry-after.ts'
import { growingLengths, isSlow, textOf, withPairs } from './slow-texts.ts'

interface Reader {
  readonly read: (text: string) => unknown
  /** What has to stand first, so that a text is read to its end. */
  readonly beginnings: readonly string[]
  readonly pieces: readonly string[]
}

const challengesIn = (text: string) =>
  readChallenges(new Response(null, { status: 401, headers: { 'www-authenticate': text } }))

const readers: Readonly<Record<string, Reader>> = {
  'as a challenge': {
    read: challengesIn,
    beginnings: ['', 'Bearer ', 'Bearer a="', 'Bearer a='],
    pieces: ['a', ' ', '\t', ',', '=', '"', '\\', '\\"', '\u00ff', 'a=b,', 'a="b",', 'Basic '],
  },
  'as Retry-After': {
    read: text => readRetryAfter(text, 0),
    beginnings: ['', 'Mon, ', 'Monday, 01-Jan-', 'Mon Jan  1 '],
    pieces: ['1', 'a', 'A', ' ', ',', '-', ':', 'GMT', '\n'],
  },
  'as returnTo': {
    read: safeReturnTo,
    beginnings: ['/', '/?', '/?code=1&state=', '/#/?'],
    pieces: ['a', '/', '\\', '&', '#', '=', '%25', 'token', 'state='],
  },
  'as the message of an error': {
    read: withoutQuotes,
    beginnings: ['', ' ', "a '"],
    pieces: ['a', '1', ' ', '\n', '.', "'", 'a, ', '\u00e4'],
  },
}

// A square of eight thousand characters takes a hundred milliseconds, and a line some few.
const mostLength = 8000
const boundMs = 40

test.each(Object.keys(readers))('a text made to be slow is read at once %s', name => {
  const { read, beginnings, pieces } = readers[name] as Reader
  const slow = withPairs(pieces)
    .flatMap(piece => beginnings.map(beginning => (length: number) => textOf(length, piece, [beginning, '!'])))
    .find(make => [...growingLengths, mostLength].some(length => isSlow(read, make(length), boundMs)))
  expect(slow?.(18)).toBeUndefined()
})
