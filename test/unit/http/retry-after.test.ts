import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readRetryAfter } from '../../../src/http/retry-after.ts'

const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0)
const read = (value: string, now = nowMs) =>
  readRetryAfter(new Headers({ 'Retry-After': value }).get('retry-after') ?? '', now)

// A zone in which a date that is read as local time is nine hours off.
beforeEach(() => void vi.stubEnv('TZ', 'Asia/Tokyo'))
afterEach(() => void vi.unstubAllEnvs())

describe('RF-12 Retry-After', () => {
  test.each([
    ['1', 1_000],
    ['59', 59_000],
    ['007', 7_000],
  ])('%j is seconds', (value, delayMs) => {
    expect(read(value)).toBe(delayMs)
  })

  test.each([
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
    ['Fri Nov 20 12:00:30 2026', 30_000],
    ['Fri, 20 Nov 2026 12:00:01 GMT', 1_000],
  ])('%j is a date, whatever zone the device is in', (value, delayMs) => {
    expect(read(value)).toBe(delayMs)
  })

  test('the oldest date form has a day of one digit', () => {
    expect(read('Fri Nov  6 12:00:30 2026', Date.UTC(2026, 10, 6, 12))).toBe(30_000)
  })

  test.each([
    '60',
    '120',
    '1000000000000',
    '9'.repeat(400),
    'Fri, 20 Nov 2026 13:00:00 GMT',
    'Sat, 20 Nov 2999 12:00:00 GMT',
  ])('%s is capped at a minute', value => {
    expect(read(value)).toBe(60_000)
  })

  test.each([
    '0',
    '-5',
    '+5',
    '1.5',
    '1e3',
    '0x10',
    '5s',
    '5 seconds',
    '120, 60',
    '120;',
    'soon',
    'busy 3000',
    'Please try again in 3000',
    'after Fri, 20 Nov 2026 12:00:30 GMT',
    'after Fri Nov 20 12:00:30 2026',
    'Infinity',
    'NaN',
    '2026-11-20T12:00:30Z',
    '20 Nov 2026 12:00:30 GMT',
    'Fri, 20 Nov 2026 12:00:30',
    'Fri, 20 Nov 2026 12:00:30 +0000',
    'Fri, 20 Nov 2026 12:00:30 PST',
    'Fri, 20-Nov 2026 12:00:30 GMT',
    'Fri, 20 Nov 2026 12:00 GMT',
    'Fri, 45 Nov 2026 12:00:30 GMT',
    'Fri, 20 Foo 2026 12:00:30 GMT',
    'Fri, 20 Nov 2026 99:00:30 GMT',
    'Fri, 20 Nov 2026 12:00:30 GMT, 5',
  ])('%j is garbage and ignored', value => {
    expect(read(value)).toBeNull()
  })

  test.each([
    'Fri, 20 Nov 2026 12:00:00 GMT',
    'Fri, 20 Nov 2026 11:59:59 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])('%j is past and ignored', value => {
    expect(read(value)).toBeNull()
  })

  test('an empty, a missing and a hidden header are no delay', () => {
    expect(read('')).toBeNull()
    expect(readRetryAfter('', nowMs)).toBeNull()
  })

  test('any date to come is read to the second, up to the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 200 }), seconds => {
        const delayMs = read(new Date(nowMs + seconds * 1000).toUTCString())
        expect(delayMs).toBe(seconds > 0 ? Math.min(seconds, 60) * 1000 : null)
      }),
    )
  })

  test('any header value gives no delay or one of at most a minute', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789-+.,: eEFriNovGMTSunZ') }),
        fc.integer(),
        (value, now) => {
          const delayMs = read(value, now)
          if (delayMs !== null) {
            expect(delayMs).toBeGreaterThan(0)
            expect(delayMs).toBeLessThanOrEqual(60_000)
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
