import { readChallenges, safeReturnTo } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { withoutQuotes } from '../../src/errors.ts'
import { readRetryAfter } from '../../src/http/retry-after.ts'

// A pattern that backtracks takes minutes for texts like these; one that does not, milliseconds. The bound is for slow machines.
const boundMs = 1500

const pieces = [
  ...[' ', '\t', ',', ', ', '=', '"', '\\', '\\"', 'a', 'a=', 'a="', 'a=b', 'a=b,', 'a="b",', 'Bearer ', 'Bearer,'],
  ...[
    'Basic a',
    'a ',
    'a,a ',
    '~',
    '.',
    '-',
    '/',
    '+',
    'ä',
    '\u00ff',
    '""',
    '" ',
    '=,',
    '= ',
    ' =',
    'a =',
    'a= "',
    '%2f',
  ],
]
const beginnings = ['', 'Bearer ', 'Bearer a="', 'Bearer a=', 'Basic ', 'a', '"']
const endings = ['', '"', '!', ' x', '=', '\\', ',', '\u0001']

/** Every beginning, a long run of every piece and of every two of them, and every ending. */
const texts = (length: number): readonly string[] => {
  const runs = [...pieces, ...pieces.flatMap(one => pieces.map(other => one + other))]
  return runs.flatMap((run, index) => {
    const middle = run.repeat(Math.ceil(length / run.length)).slice(0, length)
    const ending = endings[index % endings.length] ?? ''
    return beginnings.slice(0, index < pieces.length ? beginnings.length : 2).map(start => start + middle + ending)
  })
}

/** The slowest of them, if it is too slow. */
const slowest = (read: (text: string) => unknown, length: number) => {
  let worst = { ms: 0, text: '' }
  for (const text of texts(length)) {
    const startedAt = performance.now()
    read(text)
    const ms = performance.now() - startedAt
    if (ms > worst.ms) worst = { ms, text: text.slice(0, 40) }
  }
  return worst.ms > boundMs ? worst : null
}

const challengesIn = (text: string) => {
  try {
    return readChallenges(new Response(null, { status: 401, headers: { 'www-authenticate': text } }))
  } catch {
    // No header can hold it.
    return null
  }
}

describe('a text made to be slow is read at once', () => {
  test.each([
    ['as a challenge', challengesIn, 16_000],
    ['as Retry-After', (text: string) => readRetryAfter(text, 0), 16_000],
    ['as returnTo', (text: string) => safeReturnTo(text), 16_000],
    ['as the message of an error', withoutQuotes, 16_000],
  ] as const)('%s', (_, read, length) => {
    expect(slowest(read, length)).toBeNull()
  })
})
