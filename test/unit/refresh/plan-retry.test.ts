import { describe, expect, test } from 'vitest'
import { outlastsWait, planRetry } from '../../../src/refresh/plan-retry.ts'
import { type Unavailable, unavailable } from '../../../src/refresh/unavailable.ts'

const refused = (status: number, more: object = {}) =>
  ({ ...unavailable('status', null, ''), status, isUnrotated: true, ...more }) as const
const lost = { ...unavailable('network', null, ''), isUnrotated: false } as const

interface Case {
  readonly failure?: Parameters<typeof planRetry>[0]['failure']
  readonly failures?: number
  readonly attempts?: number
  /** Of the requests that wait, from now; `null`: none waits. */
  readonly patienceMs?: number | null
  /** Token requests that have failed since they wait. */
  readonly failed?: number
  readonly random?: number
}

/** A 503, the first failure, with five seconds of patience, unless a case says otherwise. */
const plan = ({
  failure = refused(503),
  failures = 1,
  attempts = 1,
  patienceMs = 5000,
  failed = 0,
  random = 0.5,
}: Case) => {
  const clock = { monotonicMs: () => 1000, random: () => random }
  const patience = patienceMs === null ? null : { untilMs: 1000 + patienceMs, failed }
  return planRetry({ failure, failures, attempts, request: { patience } }, { clock, reuseIntervalMs: 30_000 } as never)
}

describe('when a token request is made again', () => {
  test.each<[string, Case, ReturnType<typeof plan>]>([
    ['After a 503, as the backoff says', {}, { retryAfterMs: 500, next: 'planned' }],
    [
      'After Retry-After, and spread after it',
      { failure: refused(503, { retryAfterMs: 2000 }) },
      { retryAfterMs: 2500, next: 'planned' },
    ],
    [
      'By the end of the patience if Retry-After is just that',
      { failure: refused(503, { retryAfterMs: 5000 }) },
      { retryAfterMs: 5000, next: 'planned' },
    ],
    [
      'By the end of the patience if the spread would go over it',
      { failure: refused(503, { retryAfterMs: 4900 }) },
      { retryAfterMs: 5000, next: 'planned' },
    ],
    [
      'Not for those that wait if Retry-After is longer',
      { failure: refused(503, { retryAfterMs: 5001 }) },
      { retryAfterMs: 5501, next: 'unplanned' },
    ],
    ['Not for those that wait if none waits', { patienceMs: null }, { retryAfterMs: 500, next: 'unplanned' }],
    ['Not for those whose patience has ended', { patienceMs: 0 }, { retryAfterMs: 500, next: 'unplanned' }],
    [
      'At the end of what is left, in whole milliseconds',
      { patienceMs: 100.5 },
      { retryAfterMs: 101, next: 'planned' },
    ],
    [
      'Not at once, again and again, in the last part of a millisecond',
      { failure: lost, failures: 9, failed: 8, patienceMs: 0.5 },
      { retryAfterMs: 1, next: 'planned' },
    ],
    [
      'After failures before they waited, if the backoff ends in time',
      { failures: 3, failed: 0 },
      { retryAfterMs: 2000, next: 'planned' },
    ],
    [
      'Not for them if the backoff after those does not',
      { failures: 5, failed: 0 },
      { retryAfterMs: 8000, next: 'unplanned' },
    ],
    [
      'Not if the backoff ends just with the patience',
      { failures: 3, failed: 0, patienceMs: 2000 },
      { retryAfterMs: 2000, next: 'unplanned' },
    ],
    [
      'For failures since they wait, by the end of the patience',
      { failures: 5, failed: 4 },
      { retryAfterMs: 5000, next: 'planned' },
    ],
    ['A lost response: late', { failure: lost }, { retryAfterMs: 4000, next: 'planned' }],
    [
      'A lost response: three fifths of the patience at the earliest',
      { failure: lost, random: 0 },
      { retryAfterMs: 3000, next: 'planned' },
    ],
    [
      'A lost response: while the server accepts the token',
      { failure: lost, patienceMs: 60_000 },
      { retryAfterMs: 24_000, next: 'planned' },
    ],
    [
      'A lost response with Retry-After: after that',
      { failure: { ...lost, retryAfterMs: 1000 } },
      { retryAfterMs: 1500, next: 'planned' },
    ],
    ['A second lost response: never for these', { failure: lost, attempts: 2 }, { retryAfterMs: 500, next: 'never' }],
    ['A refusal after a lost response: again', { attempts: 2 }, { retryAfterMs: 500, next: 'planned' }],
    ['A 404: never for these', { failure: refused(404) }, { retryAfterMs: 500, next: 'never' }],
    [
      'A page with status 200, as captive portals send',
      { failure: refused(200) },
      { retryAfterMs: 500, next: 'planned' },
    ],
    ['A redirect: never for these', { failure: refused(300) }, { retryAfterMs: 500, next: 'never' }],
    [
      'What the app could not read: never for these',
      { failure: { ...lost, reason: 'unreadable-response' } },
      { retryAfterMs: 500, next: 'never' },
    ],
  ])('%s', (_, facts, expected) => {
    expect(plan(facts)).toEqual(expected)
  })
})

describe('whether waiting is of no use', () => {
  const found = (reason: Unavailable['reason'], more: Partial<Unavailable> = {}): Unavailable =>
    ({ ...unavailable(reason, 1000, ''), ...more }) as Unavailable

  test.each<[string, Unavailable, boolean]>([
    ['a backoff that ends in time', found('backing-off'), false],
    ['a backoff that ends with the patience', found('backing-off', { retryAfterMs: 2000 }), true],
    ['a backoff that lasts longer', found('backing-off', { retryAfterMs: 2001 }), true],
    ['a failure after which no attempt is planned', found('network', { next: 'never' }), true],
    ['no network', found('offline'), false],
    ['a store that is out of order', found('store'), false],
    ['an open circuit', found('circuit-open'), true],
    ['no refresh token', found('no-refresh-token'), true],
    ['an open dialog', found('reauthenticating'), true],
    ['what the app could not read', found('unreadable-response'), true],
    ['a mistake in the app’s function', found('invalid-refresh'), true],
    ['a server that may soon respond', found('status', { status: 503 }), false],
    ['a response that will be the same', found('status', { status: 404 }), true],
  ])('%s', (_, unavailableNow, isOfNoUse) => {
    expect(outlastsWait(unavailableNow, 2000)).toBe(isOfNoUse)
  })
})
