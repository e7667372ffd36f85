import { describe, expect, test } from 'vitest'
import { createStormBreaker } from '../../../src/refresh/storm-breaker.ts'
import type { RefreshCause } from '../../../src/session/events.ts'
import type { ExchangeCounts } from '../../../src/session/session-store.ts'

const start = (recorded?: ExchangeCounts) => {
  let now = Date.UTC(2026, 0, 1)
  let record = recorded
  const corrections: number[] = []
  const breaker = createStormBreaker(
    () => now,
    { unhelpfulRefreshes: 5, unhelpfulWindowMs: 30_000, circuitOpensAfter: 10 },
    () => record,
    () => void corrections.push(breaker.counts().begun.length),
  )
  const claim = (cause: RefreshCause = 'rejected') => {
    record = breaker.begin(cause)
  }
  /** One exchange: claimed, recorded, begun. */
  const exchange = (cause: RefreshCause = 'rejected') => {
    claim(cause)
    breaker.begun()
    return { sentAt: now }
  }
  return {
    breaker,
    corrections,
    claim,
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
    expect(scene.breaker.isNews(null)).toBe(false)
    fruitless(scene, 'GET /a')
    expect(scene.breaker.isNews(null)).toBe(true)
    scene.breaker.answered('GET /a', null)
    expect(scene.breaker.isNews(null)).toBe(false)
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
    expect(scene.breaker.begin('rejected').fruitless.length).toBe(1)
  })

  test.each([
    ['before', [false, true]],
    ['after', [true, false]],
  ])('one that helped somebody %s it did not help another does not count', (_when, refusals) => {
    const { breaker, exchange } = start()
    const credentials = exchange()
    for (const [index, refused] of refusals.entries()) breaker.replayed(`route ${index}`, credentials, refused)
    expect(breaker.begin('rejected').fruitless).toEqual([])
  })

  test('one that helped late, after the next had begun, changes nothing of the next', () => {
    const { breaker, exchange } = start()
    const [first, second] = [exchange(), exchange()]
    breaker.replayed('a', second, true)
    breaker.replayed('b', first, false)
    breaker.replayed('c', second, true)
    expect(breaker.begin('rejected').fruitless.length).toBe(1)
  })

  test('what was counted here is written with the next claim, and counts once', () => {
    const scene = start()
    fruitless(scene, 'a')
    scene.advance(1000)
    scene.exchange()
    expect(scene.record()?.fruitless).toEqual([scene.now() - 1000])
    expect(scene.breaker.begin('rejected').fruitless).toEqual([scene.now() - 1000])
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
    for (let index = 0; index < 20; index += 1) breaker.begin('rejected')
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

describe('what helped is not counted', () => {
  const full = (scene: ReturnType<typeof start>) => scene.breaker.fullForMs() > 0
  /** One after the other, a second apart. */
  const tenOf = (scene: ReturnType<typeof start>, each: (token: { readonly sentAt: number }) => void) => {
    for (let index = 0; index < 10; index += 1) {
      each(scene.exchange())
      scene.advance(1000)
    }
  }

  test('an exchange whose token was accepted, by whatever route', () => {
    const scene = start()
    tenOf(scene, token => scene.breaker.answered('GET /any', token))
    expect([full(scene), scene.breaker.counts().begun]).toEqual([false, []])
  })

  test('one whose token was accepted for one route, before or after it was refused for another', () => {
    const scene = start()
    tenOf(scene, token => {
      scene.breaker.replayed('GET /bad', token, true)
      scene.breaker.answered('GET /good', token)
    })
    tenOf(scene, token => {
      scene.breaker.answered('GET /good', token)
      scene.breaker.replayed('GET /bad', token, true)
    })
    expect(full(scene)).toBe(false)
  })

  test('the one that a page makes at its start', () => {
    const scene = start()
    for (let index = 0; index < 50; index += 1) scene.exchange('restore')
    expect([full(scene), scene.record()?.begun]).toEqual([false, []])
  })

  test('one that was claimed, and then not sent', () => {
    const scene = start()
    for (let index = 0; index < 20; index += 1) {
      scene.claim()
      scene.advance(1000)
    }
    scene.exchange()
    expect(scene.record()?.begun.length).toBe(1)
  })

  test('an acceptance counts for its own exchange only, and once', () => {
    const scene = start()
    const first = scene.exchange()
    scene.advance(5000)
    const second = scene.exchange()
    scene.breaker.answered('GET /a', second)
    scene.breaker.answered('GET /b', second)
    expect(scene.breaker.counts().begun).toEqual([first.sentAt])
  })

  test('the token of a sign-in says nothing of the exchange before it', () => {
    const scene = start()
    const { sentAt } = scene.exchange()
    scene.advance(2001)
    scene.breaker.answered('GET /a', { sentAt: scene.now() })
    expect(scene.breaker.counts().begun).toEqual([sentAt])
  })

  test('other tabs are told of it once they may soon be held back, not before', () => {
    const scene = start()
    const tokens: { readonly sentAt: number }[] = []
    tenOf(scene, token => tokens.push(token))
    for (const token of tokens.slice(0, 2)) scene.breaker.answered('GET /a', token)
    expect(scene.corrections).toEqual([9, 8])
  })

  test('where few are counted, the next exchange here tells it, and nothing is written for it', () => {
    const scene = start()
    for (let index = 0; index < 5; index += 1) scene.breaker.answered('GET /a', scene.exchange())
    expect([scene.corrections, scene.record()?.begun.length]).toEqual([[], 1])
  })

  test('what an accepted token tells is news once', () => {
    const scene = start()
    const token = scene.exchange()
    expect(scene.breaker.isNews(token)).toBe(true)
    scene.breaker.answered('GET /a', token)
    expect([scene.breaker.isNews(token), scene.breaker.isNews(null)]).toEqual([false, false])
  })
})
