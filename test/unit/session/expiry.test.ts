import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenAge, decodeClaims, remainingLifetimeMs } from '../../../src/session/expiry.ts'
import { readCredentials } from '../../../src/session/parse-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { credentialsOf } from '../../support/session-records.ts'

const encode = (text: string) => Buffer.from(text).toString('base64url')
const jwtWith = (payload: string) => `${encode('{"alg":"none"}')}.${encode(payload)}.signature`
const jwtOf = (claims: object) => jwtWith(JSON.stringify(claims))

const hour = 3_600_000
const day = 24 * hour

/** Asked for now, answered `tookMs` later. */
const arrive = async (input: object, tookMs = 0, clock = createControlledClock()) => {
  const sent = { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }
  await clock.advance(tookMs)
  const credentials = readCredentials({ accessToken: 'access', ...input }, sent, clock)
  if (!credentials) throw new Error('These are credentials')
  const age = (leewayMs = 30_000, monotonicSentAt: number | null = sent.monotonicMs) =>
    createTokenAge({ maxMs: leewayMs, share: 1 }, clock)(credentials, monotonicSentAt)
  const left = (monotonicSentAt: number | null = sent.monotonicMs) =>
    remainingLifetimeMs(credentials, monotonicSentAt, clock)
  return { clock, sent, credentials, age, left }
}

describe('how long a token lives', () => {
  test('TM-05: counted from when it was requested, not from when it came', async () => {
    const { left, credentials, sent } = await arrive({ expiresInSeconds: 300 }, 8000)
    expect(left()).toBe(292_000)
    expect(credentials.sentAt).toBe(sent.wallMs)
  })

  test('as long as was stated, also if the page has been open for most of such a time when it is requested', async () => {
    const clock = createControlledClock()
    await clock.advance(20_000)
    expect((await arrive({ expiresInSeconds: 30 }, 1000, clock)).credentials.lifetimeMs).toBe(30_000)
  })

  test('by what the response said, although the token itself says otherwise', async () => {
    const accessToken = jwtOf({ iat: 1000, exp: 1060 })
    expect((await arrive({ accessToken, expiresInSeconds: 300 })).credentials.lifetimeMs).toBe(300_000)
  })

  test('otherwise by exp - iat, a duration: the server’s clock does not matter', async () => {
    expect((await arrive({ accessToken: jwtOf({ iat: 1000, exp: 1300 }) })).credentials.lifetimeMs).toBe(300_000)
  })

  test.each([
    ['the access token is no JWT', 'opaque'],
    ['TM-01: it is a five-part JWE', 'a.b.c.d.e'],
    ['TM-01: it is any text with dots', '..'],
    ['there is no exp', jwtOf({ iat: 1000 })],
    ['there is no iat', jwtOf({ exp: 1_900_000_000 })],
    ['TM-02: the payload is null', jwtWith('null')],
    ['TM-02: the payload is a number', jwtWith('12')],
    ['TM-02: the payload is a list', jwtWith('[{"exp":1}]')],
    ['TM-02: the payload is no JSON', jwtWith('{"exp":')],
    ['TM-02: exp is a text', jwtOf({ iat: 1000, exp: '1300' })],
    ['TM-02: iat is a text', jwtOf({ iat: '1000', exp: 1300 })],
    ['TM-02: exp is negative', jwtOf({ iat: 1000, exp: -1300 })],
    ['TM-02: exp is null', jwtOf({ iat: 1000, exp: null })],
    ['TM-02: exp is beyond all numbers', jwtWith('{"iat":1000,"exp":1e400}')],
    ['TM-02: exp is in milliseconds', jwtOf({ iat: 1_767_225_600, exp: 1_767_225_900_000 })],
    ['TM-02: exp is in the year 5138', jwtOf({ iat: 1e11 - 300, exp: 1e11 })],
    ['TM-02: both are in milliseconds', jwtOf({ iat: 1_767_225_600_000, exp: 1_767_225_900_000 })],
    ['TM-02: exp is before iat', jwtOf({ iat: 1300, exp: 1000 })],
    ['TM-02: exp is iat', jwtOf({ iat: 1300, exp: 1300 })],
  ])('unknown, so that only a 401 shows its end, where %s', async (_name, accessToken) => {
    const { credentials, age } = await arrive({ accessToken })
    expect(credentials.lifetimeMs).toBeNull()
    expect(age()).toBe('good')
  })

  test('TM-02: a fraction of a second is one', async () => {
    expect((await arrive({ accessToken: jwtOf({ iat: 1000.5, exp: 1001.25 }) })).credentials.lifetimeMs).toBe(750)
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e308, '', ' ', '1e400', 'soon', null, undefined, {}, [60]])(
    'TM-06: expires_in %j is unknown',
    async expires_in => {
      expect((await arrive({ expires_in })).credentials.lifetimeMs).toBeNull()
    },
  )

  test.each([
    ['3600', 3_600_000],
    [' 3600 ', 3_600_000],
    ['0.5', 500],
    [3_000_000, 3_000_000_000],
  ])('TM-06: expires_in %j is so many seconds', async (expires_in, lifetimeMs) => {
    expect((await arrive({ expires_in })).credentials.lifetimeMs).toBe(lifetimeMs)
  })

  test.each([4999, 5000, 5001, 60_000])(
    'TM-08: a token of five seconds that took %i ms to come is not past its end on arrival, whatever happened',
    async tookMs => {
      const { credentials, age } = await arrive({ expiresInSeconds: 5 }, tookMs)
      expect(credentials.lifetimeMs).toBe(tookMs < 5000 ? 5000 : null)
      expect(age()).toBe(tookMs < 5000 ? 'expiring' : 'good')
    },
  )

  test.each([
    ['five seconds', 5, 60_001],
    ['five minutes', 300, 300_001],
    ['five minutes', 300, hour],
  ])('a token of %s (%i s) whose response lay in a page that slept, for %i ms in all, has expired', async (...row) => {
    const [, expiresInSeconds, tookMs] = row
    const { credentials, age } = await arrive({ expiresInSeconds }, tookMs)
    expect(credentials.lifetimeMs).toBe(expiresInSeconds * 1000)
    expect(age()).toBe('expired')
  })
})

describe('good, expiring or expired', () => {
  test('TM-09: expiring within the leeway, expired at its end', async () => {
    const { clock, age } = await arrive({ expiresInSeconds: 300 })
    await clock.advance(269_999)
    expect(age()).toBe('good')
    await clock.advance(1)
    expect(age()).toBe('expiring')
    await clock.advance(29_999)
    expect(age()).toBe('expiring')
    await clock.advance(1)
    expect(age()).toBe('expired')
  })

  test('TM-09: the leeway is never over a quarter of its life: a token of ten seconds is good for seven and a half', async () => {
    const { clock, age } = await arrive({ expiresInSeconds: 10 })
    await clock.advance(7499)
    expect(age()).toBe('good')
    await clock.advance(1)
    expect(age()).toBe('expiring')
  })

  test('TM-06: a token of 35 days is good until then', async () => {
    const { clock, age } = await arrive({ expires_in: 3_000_000 })
    await clock.advance(3_000_000_000 - 30_001)
    expect(age()).toBe('good')
    await clock.advance(1)
    expect(age()).toBe('expiring')
  })
})

describe('promise 18: clocks that are wrong', () => {
  test.each([-day, day])('a device clock wrong by %i ms from the start changes nothing', async wrongMs => {
    const clock = createControlledClock({ startMs: Date.UTC(2026, 0, 1) + wrongMs })
    const { age, left } = await arrive({ accessToken: jwtOf({ iat: 1_767_225_600, exp: 1_767_225_900 }) }, 0, clock)
    expect([age(), left()]).toEqual(['good', 300_000])
    await clock.advance(300_000)
    expect(age()).toBe('expired')
  })

  test('TM-07: after a sleep, in which the monotonic clock stood still, the wall clock counts', async () => {
    const { clock, age } = await arrive({ expiresInSeconds: 300 })
    clock.sleepFor(8 * hour)
    expect(age()).toBe('expired')
  })

  test('TM-07: set back by a day, the monotonic clock counts', async () => {
    const { clock, age, left } = await arrive({ expiresInSeconds: 300 })
    clock.jumpWall(-day)
    expect([age(), left()]).toEqual(['good', 300_000])
    await clock.advance(300_000)
    expect(age()).toBe('expired')
  })

  test('a token that was requested when the page had been open for an hour has its own age, not that of the page', async () => {
    const clock = createControlledClock()
    await clock.advance(hour)
    const { left } = await arrive({ expiresInSeconds: 300 }, 1000, clock)
    clock.jumpWall(-day)
    expect(left()).toBe(299_000)
  })

  test('set forward by a day it looks expired, once: the next token is judged by its own time', async () => {
    const { clock, age } = await arrive({ expiresInSeconds: 300 })
    clock.jumpWall(day)
    expect(age()).toBe('expired')
    expect((await arrive({ expiresInSeconds: 300 }, 0, clock)).age()).toBe('good')
  })

  test('after a reload only the wall clock counts', async () => {
    const { clock, age, left } = await arrive({ expiresInSeconds: 300 })
    await clock.advance(100_000)
    expect([age(30_000, null), left(null)]).toEqual(['good', 200_000])
    await clock.advance(200_000)
    expect(age(30_000, null)).toBe('expired')
  })

  test('after a reload with the clock set back the age is unknown, so that only a 401 shows its end', async () => {
    const { clock, age } = await arrive({ expiresInSeconds: 300 })
    clock.jumpWall(-day)
    expect(age(30_000, null)).toBe('good')
  })

  test('TM-06: whatever the lifetime and whatever the clocks do, it is one of the three, and never throws', () => {
    const jumps = fc.array(fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e13, max: 1e13 }), { maxLength: 4 })
    fc.assert(
      fc.property(
        fc.double({ min: 0, noNaN: true }),
        jumps,
        fc.double({ min: 0, max: 1e9 }),
        (lifetime, moves, leeway) => {
          const clock = createControlledClock()
          const credentials = credentialsOf({ lifetimeMs: lifetime || null, sentAt: clock.wallMs() })
          for (const move of moves) clock.jumpWall(move)
          for (const monotonicSentAt of [null, clock.monotonicMs()]) {
            expect(['good', 'expiring', 'expired']).toContain(
              createTokenAge({ maxMs: leeway, share: 1 }, clock)(credentials, monotonicSentAt),
            )
          }
        },
      ),
    )
  })
})

describe('claims', () => {
  test.each([null, '', 'opaque', 'a.b', '..', jwtWith('null'), jwtWith('12'), jwtWith('"x"'), jwtWith('[]')])(
    'TM-02: of %j there are none, and nothing is thrown',
    token => {
      expect(decodeClaims(token)).toBeNull()
    },
  )

  test('of a JWT are its payload, in whatever script', () => {
    expect(decodeClaims(jwtOf({ sub: 'alice', name: 'Ægir 🦊' }))).toEqual({ sub: 'alice', name: 'Ægir 🦊' })
  })

  test('TM-01: of any text at all are an object or nothing', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json().map(jwtWith),
      fc.array(fc.base64String()).map(parts => parts.join('.')),
    )
    fc.assert(
      fc.property(texts, token => {
        const claims = decodeClaims(token)
        expect(claims === null || (typeof claims === 'object' && !Array.isArray(claims))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
