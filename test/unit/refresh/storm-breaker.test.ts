import { describe, expect, test } from 'vitest'
import { createStormBreaker } from '../../../src/refresh/storm-breaker.ts'
import type { ExchangeCounts } from '../../../src/session/session-store.ts'

const start = (recorded?: ExchangeCounts) => {
  let now = Date.UTC(2026, 0, 1)
  let record = recorded
  const breaker = createStormBreaker(
    () => now,
    { fruitlessExchanges: 5, fruitlessWindowMs: 30_000 },
    () => record,
  )
  /** One exchange: claimed, recorded, begun. */
  const exchange = () => {
    record = breaker.begin()
    breaker.begun()
    return { some: 'credentials' }
  }
  return {
    breaker,
    exchange,
    record: () => record,
    advance: (ms: number) => {
      now += ms
    },
    now: () => now,
  }
}
const fruitless = ({ breaker, exchange }: ReturnType<typeof start>, route: string) =>
  breaker.replayed(route, exchange(), true)

describe('by route', () => {
  test('one fruitless exchange stops nothing, two in a row stop it for 30 s', () => {
    const scene = start()
    fruitless(scene, 'GET /a')
    expect(scene.breaker.allows('GET /a', false)).toBe(true)
    fruitless(scene, 'GET /a')
    expect(scene.breaker.allows('GET /a', false)).toBe(false)
    expect(scene.breaker.allows('GET /b', false)).toBe(true)
    scene.advance(30_000)
    expect(scene.breaker.allows('GET /a', false)).toBe(true)
  })

  test('also where its token is past its end', () => {
    const scene = start()
    for (const _ of [1, 2]) fruitless(scene, 'GET /a')
    expect(scene.breaker.allows('GET /a', true)).toBe(false)
  })

  test('counting begins anew after any other answer, and is told only while there is a count', () => {
    const scene = start()
    expect(scene.breaker.counts).toBe(false)
    fruitless(scene, 'GET /a')
    expect(scene.breaker.counts).toBe(true)
    scene.breaker.answered('GET /a')
    expect(scene.breaker.counts).toBe(false)
    fruitless(scene, 'GET /a')
    expect(scene.breaker.allows('GET /a', false)).toBe(true)
  })

  test('remembers two hundred routes, and lets go of the oldest', () => {
    const scene = start()
    for (let index = 0; index < 201; index += 1) {
      for (const _ of [1, 2]) fruitless(scene, `GET /${index}`)
    }
    const allowed = ['GET /0', 'GET /1', 'GET /200'].map(route => scene.breaker.allows(route, true))
    expect(allowed).toEqual([true, false, false])
  })
})

describe('over all routes', () => {
  const fiveRoutes = ['a', 'b', 'c', 'd', 'e']

  test('five fruitless exchanges stop all but those for expired tokens', () => {
    const scene = start()
    for (const route of fiveRoutes.slice(0, 4)) fruitless(scene, route)
    expect(scene.breaker.allows('f', false)).toBe(true)
    fruitless(scene, 'e')
    expect([scene.breaker.allows('f', false), scene.breaker.allows('f', true)]).toEqual([false, true])
  })

  test('one exchange that was fruitless for five routes counts once', () => {
    const scene = start()
    const credentials = scene.exchange()
    for (const route of fiveRoutes) scene.breaker.replayed(route, credentials, true)
    expect(scene.breaker.allows('f', false)).toBe(true)
    expect(scene.breaker.begin().fruitless.length).toBe(1)
  })

  test.each([
    ['before', [false, true]],
    ['after', [true, false]],
  ])('one that helped somebody %s it did not help another does not count', (_when, refusals) => {
    const { breaker, exchange } = start()
    const credentials = exchange()
    for (const [index, refused] of refusals.entries()) breaker.replayed(`route ${index}`, credentials, refused)
    expect(breaker.begin().fruitless).toEqual([])
  })

  test('one that helped late, after the next had begun, changes nothing of the next', () => {
    const { breaker, exchange } = start()
    const [first, second] = [exchange(), exchange()]
    breaker.replayed('a', second, true)
    breaker.replayed('b', first, false)
    breaker.replayed('c', second, true)
    expect(breaker.begin().fruitless.length).toBe(1)
  })

  test('what was counted here is written with the next claim, and counts once', () => {
    const scene = start()
    fruitless(scene, 'a')
    scene.advance(1000)
    scene.exchange()
    expect(scene.record()?.fruitless).toEqual([scene.now() - 1000])
    expect(scene.breaker.begin().fruitless).toEqual([scene.now() - 1000])
  })
})

describe('of any kind', () => {
  test('ten exchanges in 30 s are all, and it says for how long', () => {
    const scene = start()
    for (let index = 0; index < 10; index += 1) {
      expect(scene.breaker.fullForMs()).toBe(0)
      scene.exchange()
      scene.advance(1000)
    }
    expect(scene.breaker.fullForMs()).toBe(20_000)
    scene.advance(20_000)
    expect(scene.breaker.fullForMs()).toBe(0)
    scene.exchange()
    expect(scene.breaker.fullForMs()).toBe(1000)
  })

  test('a claim that was not written counts for nothing', () => {
    const { breaker } = start()
    for (let index = 0; index < 20; index += 1) breaker.begin()
    expect(breaker.fullForMs()).toBe(0)
  })

  test('the record keeps the last ten, and forgets those ahead of a clock that was set back', () => {
    const scene = start()
    for (let index = 0; index < 15; index += 1) scene.exchange()
    expect(scene.record()?.begun.length).toBe(10)
    scene.advance(-40_000)
    expect(scene.breaker.fullForMs()).toBe(0)
    scene.exchange()
    expect(scene.record()?.begun).toEqual([scene.now()])
  })

  test('a record without counts, or with none, stops nothing', () => {
    for (const recorded of [undefined, { begun: [], fruitless: [] }]) {
      const { breaker } = start(recorded)
      expect([breaker.fullForMs(), breaker.allows('a', false)]).toEqual([0, true])
    }
  })
})
