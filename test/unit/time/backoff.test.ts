import { describe, expect, test } from 'vitest'
import { backoffMs, recentFailures, remainingMs, restMs } from '../../../src/time/backoff.ts'

const uncapped = Number.POSITIVE_INFINITY
const almostOne = 1 - Number.EPSILON

describe('backoffMs', () => {
  test.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [1000, 60_000],
    [Number.MAX_SAFE_INTEGER, 60_000],
  ])('after %i failures in a row it is anything up to %i ms', (failures, mostMs) => {
    expect(backoffMs({ failures, retryAfterMs: null, capMs: uncapped }, 0)).toBe(0)
    expect(backoffMs({ failures, retryAfterMs: null, capMs: uncapped }, 0.5)).toBe(mostMs / 2)
    expect(backoffMs({ failures, retryAfterMs: null, capMs: uncapped }, almostOne)).toBe(mostMs)
  })

  test('has full jitter: two clients that failed together retry at different times', () => {
    const waits = [0.1, 0.3, 0.9].map(random => backoffMs({ failures: 4, retryAfterMs: null, capMs: uncapped }, random))
    expect(waits).toEqual([800, 2400, 7200])
  })

  test('is never shorter than Retry-After, and spread after it', () => {
    expect(backoffMs({ failures: 1, retryAfterMs: 30_000, capMs: uncapped }, 0)).toBe(30_000)
    expect(backoffMs({ failures: 1, retryAfterMs: 30_000, capMs: uncapped }, 0.5)).toBe(30_500)
  })

  test('stays within the server’s reuse interval if the response may be lost', () => {
    expect(backoffMs({ failures: 10, retryAfterMs: null, capMs: 30_000 }, almostOne)).toBe(30_000)
    expect(backoffMs({ failures: 1, retryAfterMs: null, capMs: 30_000 }, almostOne)).toBe(1000)
  })

  test('is a whole number of milliseconds', () => {
    expect(backoffMs({ failures: 1, retryAfterMs: null, capMs: uncapped }, 0.123456)).toBe(123)
  })
})

describe('remainingMs', () => {
  const now = 1_700_000_000_000
  test.each([
    ['none was set', undefined, 0],
    ['it has passed', now - 1, 0],
    ['it is now', now, 0],
    ['it is ahead', now + 1, 1],
    ['it is as far ahead as any backoff can be', now + 120_000, 120_000],
    ['it is further ahead than any: the clock has jumped', now + 120_001, 0],
    ['it is a day ahead', now + 86_400_000, 0],
    ['it is no number', Number.NaN, 0],
  ])('%s', (_when, retryAt, leftMs) => {
    expect(remainingMs(retryAt, now)).toBe(leftMs)
  })
})

describe('failures in a row', () => {
  const now = 1_700_000_000_000
  test.each([
    ['are counted while the last one is recent', 3, now - 299_999, 3],
    ['are counted while a backoff runs', 3, now + 1000, 3],
    ['are forgotten five minutes after the last', 3, now - 300_000, 0],
    ['are none where none is recorded', undefined, now, 0],
    ['are forgotten where their time is not known', 3, undefined, 0],
  ])('%s', (_, failures, retryAt, expected) => {
    expect(recentFailures(failures, retryAt, now)).toBe(expected)
  })
})

test.each([
  [0, 25_000],
  [0.5, 50_000],
  [almostOne, 75_000],
])(
  'A token whose renewal failed is used for a quarter to three quarters of what is left: by chance %d, for %i ms',
  (random, ms) => {
    expect(restMs(100_000, random)).toBeCloseTo(ms)
  },
)
