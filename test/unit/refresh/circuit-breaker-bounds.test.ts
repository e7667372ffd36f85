import { describe, expect, test } from 'vitest'
import { createCircuitBreaker } from '../../../src/refresh/circuit-breaker.ts'
import type { RefreshCounts } from '../../../src/session/session-store.ts'

const begin = Date.UTC(2026, 0, 1)

/** A breaker over a record with these counts, and a clock of the test's. */
const start = ({ started = [], unhelpful = [], ...more }: Partial<RefreshCounts> = {}) => {
  let now = begin
  let record: RefreshCounts = { started, unhelpful, ...more }
  let corrections = 0
  const breaker = createCircuitBreaker({
    wallMs: () => now,
    limits: { unhelpfulRefreshes: 3, unhelpfulWindowMs: 20_000, circuitOpensAfter: 4 },
    recorded: () => record,
    correct: () => {
      corrections += 1
    },
  })
  const advance = (ms: number) => {
    now += ms
  }
  const lease = () => {
    record = breaker.countRefresh('rejected')
    return { sentAt: now }
  }
  const refresh = () => {
    const token = lease()
    breaker.noteSent()
    return token
  }
  return { breaker, advance, lease, refresh, record: () => record, corrections: () => corrections }
}
const isOpen = ({ breaker }: ReturnType<typeof start>) => !breaker.allowsRefresh('GET /any', false)
/** Times so many milliseconds ago. */
const ago = (...times: readonly number[]) => times.map(ms => begin - ms)

describe('unhelpful refreshes over all routes', () => {
  test.each([
    ['within the window', ago(19_999, 10_000, 0), true],
    ['over just the window', ago(20_000, 10_000, 0), false],
    ['within the window, long ago', ago(39_998, 30_000, 19_999), true],
    ['within the window, a window ago', ago(39_999, 30_000, 20_000), false],
    ['too few', ago(2, 1), false],
    ['one of them in the future: the clock has jumped', [...ago(2, 1), begin + 1], false],
    ['one of them just now', ago(2, 1, 0), true],
  ])('%s: no refresh is allowed for others: %s', (_when, unhelpful, expected) => {
    expect(isOpen(start({ unhelpful }))).toBe(expected)
  })

  test('are counted in the record as often as the limit says, the newest of them', () => {
    const { breaker } = start({ unhelpful: ago(4, 3, 2, 1) })
    expect(breaker.counts().unhelpful).toEqual(ago(3, 2, 1))
    expect(breaker.countRefresh('restore').unhelpful).toEqual(ago(3, 2, 1))
  })

  test('are kept in memory as often as the limit says, until they are in the record', () => {
    const scene = start()
    for (let index = 0; index < 5; index += 1) {
      scene.breaker.noteReplay(`GET /${index}`, {}, true)
      scene.advance(1)
    }
    expect(scene.breaker.counts().unhelpful).toEqual([begin + 2, begin + 3, begin + 4])
    scene.refresh()
    expect(scene.record().unhelpful).toEqual([begin + 2, begin + 3, begin + 4])
    expect(scene.breaker.counts().unhelpful).toEqual([begin + 2, begin + 3, begin + 4])
  })

  test('are forgotten with what was counted by route, as the app may ask for', () => {
    const scene = start()
    const tokens = [{}, {}, {}]
    for (const token of tokens) scene.breaker.noteReplay('GET /a', token, true)
    expect([isOpen(scene), scene.breaker.allowsRefresh('GET /a', true)]).toEqual([true, false])
    scene.breaker.forget()
    expect([isOpen(scene), scene.breaker.allowsRefresh('GET /a', true)]).toEqual([false, true])
    expect([scene.breaker.counts().unhelpful, scene.breaker.isWorthNoting(null)]).toEqual([[], false])
  })
})

describe('the pause of a route', () => {
  test.each([
    [2, 30_000],
    [3, 60_000],
    [6, 480_000],
    [7, 900_000],
    [20, 900_000],
  ])('after %i unhelpful refreshes in a row lasts for %i ms', (times, pauseMs) => {
    const scene = start()
    for (let index = 0; index < times; index += 1) scene.breaker.noteReplay('GET /a', {}, true)
    scene.advance(pauseMs - 1)
    expect(scene.breaker.allowsRefresh('GET /a', true)).toBe(false)
    scene.advance(1)
    expect(scene.breaker.allowsRefresh('GET /a', true)).toBe(true)
  })

  test('does not last for ever where the clock was set back', () => {
    const scene = start()
    for (const _ of [1, 2]) scene.breaker.noteReplay('GET /a', {}, true)
    expect(scene.breaker.allowsRefresh('GET /a', true)).toBe(false)
    scene.advance(-1)
    expect(scene.breaker.allowsRefresh('GET /a', true)).toBe(true)
  })

  test('is caused by two refreshes, not by two requests that waited for one', () => {
    const { breaker } = start()
    const token = {}
    for (const _ of [1, 2, 3]) breaker.noteReplay('GET /a', token, true)
    expect(breaker.allowsRefresh('GET /a', true)).toBe(true)
    breaker.noteReplay('GET /a', {}, true)
    expect(breaker.allowsRefresh('GET /a', true)).toBe(false)
  })

  test('is not caused by a replay that succeeded', () => {
    const { breaker } = start()
    for (const _ of [1, 2, 3]) breaker.noteReplay('GET /a', {}, false)
    expect(breaker.allowsRefresh('GET /a', true)).toBe(true)
  })
})

describe('token requests of any kind', () => {
  test.each([
    ['fewer than the limit', ago(3, 2, 1), 0],
    ['as many as the limit', ago(29_999, 3, 2, 1), 1],
    ['one of them just too long ago', ago(30_000, 3, 2, 1), 0],
    ['more than the limit: the last ones count', ago(29_999, 4, 3, 2, 1), 29_996],
    ['one of them in the future: the clock has jumped', [...ago(3, 2, 1), begin + 1], 0],
  ])('%s', (_how, started, openForMs) => {
    expect(start({ started }).breaker.openForMs()).toBe(openForMs)
  })

  test('are counted for thirty seconds, and then neither hold back nor owe anything', () => {
    expect(start({ started: ago(30_000, 29_999) }).breaker.counts().started).toEqual(ago(29_999))
    expect(start({ started: ago(30_001, 30_001, 30_001, 30_001) }).breaker.openForMs()).toBe(0)
  })

  test('are written with each lease as often as the limit says, the newest of them', () => {
    const scene = start({ started: ago(4, 3, 2, 1) })
    scene.lease()
    expect(scene.record().started).toEqual(ago(3, 2, 1, 0))
  })
})

describe('an accepted token', () => {
  test.each([
    ['in the moment of its lease', 0, true],
    ['two seconds after it', 2000, true],
    ['later than a token request can be', 2001, false],
    ['before it', -1, false],
  ])('is of the token request that was leased where it was sent %s', (_when, afterMs, isIts) => {
    const { breaker } = start({ started: ago(5000) })
    breaker.noteAccepted('GET /a', { sentAt: begin - 5000 + afterMs })
    expect(breaker.counts().started).toEqual(isIts ? [] : ago(5000))
  })

  test('is of the last of the token requests that may have brought it', () => {
    const { breaker } = start({ started: ago(5000, 4000) })
    breaker.noteAccepted('GET /a', { sentAt: begin - 4000 })
    expect(breaker.counts().started).toEqual(ago(5000))
  })

  test('is told to the other tabs if more than half of the limit is in the record', () => {
    for (const [times, corrections] of [
      [ago(200, 100), 0],
      [ago(300, 200, 100), 1],
    ] as const) {
      const scene = start({ started: times })
      scene.breaker.noteAccepted('GET /a', { sentAt: begin - 100 })
      expect(scene.corrections()).toBe(corrections)
    }
  })

  test('is told to nobody if no token request brought it', () => {
    const scene = start({ started: ago(9300, 9200, 9100) })
    scene.breaker.noteAccepted('GET /a', { sentAt: begin })
    expect([scene.corrections(), scene.breaker.counts().started.length]).toEqual([0, 3])
  })

  test('stays remembered at a lease after which nothing was left unsent', () => {
    const scene = start({ started: ago(900, 800, 700, 600) })
    for (const ms of [900, 800, 700, 600]) scene.breaker.noteAccepted('GET /a', { sentAt: begin - ms })
    scene.lease()
    expect(scene.record().started).toEqual([begin])
  })

  test('is remembered for as many token requests as the limit says', () => {
    const { breaker } = start({ started: ago(900, 800, 700, 600, 500) })
    for (const ms of [900, 800, 700, 600, 500]) breaker.noteAccepted('GET /a', { sentAt: begin - ms })
    expect(breaker.counts().started).toEqual(ago(900))
  })

  test('is written as often as the limit says, the newest after those that other tabs have noted', () => {
    const scene = start({ started: ago(900, 800), helpful: ago(1300, 1200, 1100, 1000) })
    for (const ms of [900, 800]) scene.breaker.noteAccepted('GET /a', { sentAt: begin - ms })
    scene.lease()
    expect(scene.record().helpful).toEqual(ago(1100, 1000, 900, 800))
  })

  test('is worth noting once, and again after another one only if it is new', () => {
    const { breaker } = start()
    const [one, other] = [{ sentAt: begin }, { sentAt: begin }]
    breaker.noteAccepted('GET /a', one)
    breaker.noteAccepted('GET /a', other)
    expect([one, other, null, undefined, { sentAt: begin }].map(token => breaker.isWorthNoting(token))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
  })

  test('ends the count of its route, and of no other', () => {
    const { breaker } = start()
    for (const route of ['GET /a', 'GET /b']) {
      breaker.noteReplay(route, {}, true)
      breaker.noteReplay(route, {}, true)
    }
    breaker.noteAccepted('GET /a', { sentAt: begin })
    expect(['GET /a', 'GET /b'].map(route => breaker.allowsRefresh(route, true))).toEqual([true, false])
    expect(breaker.isWorthNoting(null)).toBe(true)
  })
})

describe('a lease that no token request followed', () => {
  test('is not counted, neither at once nor by the next one', () => {
    const scene = start()
    scene.lease()
    expect([scene.breaker.counts().started, scene.record().started]).toEqual([[], [begin]])
    scene.advance(10)
    scene.refresh()
    expect(scene.record().started).toEqual([begin + 10])
    expect(scene.breaker.counts().started).toEqual([begin + 10])
  })

  test('is not counted by a page start that follows', () => {
    const scene = start()
    scene.lease()
    scene.advance(10)
    expect(scene.breaker.countRefresh('restore').started).toEqual([])
    expect(scene.breaker.counts().started).toEqual([])
  })
})
