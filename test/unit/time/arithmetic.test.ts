import { expect, test } from 'vitest'
import { routePauseMs } from '../../../src/time/backoff.ts'
import { isLate, leaseLifeMs } from '../../../src/time/lateness.ts'
import { leewayMs, leewayShareOf } from '../../../src/time/leeway.ts'

test.each([
  [250, 250, false],
  [1250, 250, false],
  [1251, 250, true],
  [60_000, 250, true],
  [0, 250, false],
])('a timer that fires after %i ms, and was set for %i ms, is late: %s', (passedMs, askedMs, expected) => {
  expect(isLate(passedMs, askedMs)).toBe(expected)
})

test('a lease lasts for the deadline of its token request and five seconds more', () => {
  expect([leaseLifeMs(10_000), leaseLifeMs(1)]).toEqual([15_000, 5001])
})

test.each([
  [0, 0.5],
  [0.5, 0.75],
  [1, 1],
])('by chance %d a client takes %d of the leeway', (random, share) => {
  expect(leewayShareOf(random)).toBe(share)
})

test.each([
  [3_600_000, 300_000],
  [1_200_000, 300_000],
  [60_000, 15_000],
  [0, 0],
])(
  'of a token that lives for %i ms the leeway is %i ms, and a client takes its share of that',
  (lifetimeMs, mostMs) => {
    expect(leewayMs({ maxMs: 300_000, share: 1 }, lifetimeMs)).toBe(mostMs)
    expect(leewayMs({ maxMs: 300_000, share: 0.5 }, lifetimeMs)).toBe(mostMs / 2)
  },
)

test.each([
  [0, 0],
  [1, 0],
  [2, 30_000],
  [3, 60_000],
  [6, 480_000],
  [7, 900_000],
  [10_000, 900_000],
])('after %i unhelpful refreshes in a row a route causes none for %i ms', (unhelpful, ms) => {
  expect(routePauseMs(unhelpful)).toBe(ms)
})
