import { describe, expect, test } from 'vitest'
import { createCircuitBreaker } from '../../../src/refresh/circuit-breaker.ts'
import type { RefreshCause } from '../../../src/session/events.ts'
import type { RefreshCounts } from '../../../src/session/session-store.ts'

const start = (recorded?: RefreshCounts) => {
  let now = Date.UTC(2026, 0, 1)
  let record = recorded
  const corrections: number[] = []
  const breaker = createCircuitBreaker({
    wallMs: () => now,
    limits: { unhelpfulRefreshes: 5, unhelpfulWindowMs: 30_000, circuitOpensAfter: 10 },
    recorded: () => record,
    correct: () => void corrections.push(breaker.counts().started.length),
  })
  const lease = (cause: RefreshCause = 'rejected') => {
    record = breaker.countRefresh(cause)
  }
  /** One refresh: leased, recorded, begun. */
  const refresh = (cause: RefreshCause = 'rejected') => {
    lease(cause)
    breaker.noteSent()
    return { sentAt: now }
  }
  return {
    breaker,
    corrections,
    lease,
    refresh,
    record: () => record,
    advance: (ms: number) => {
      now += ms
    },
    now: () => now,
  }
}
const unhelpful = ({ breaker, refresh }: ReturnType<typeof start>, route: string) =>
  breaker.noteReplay(route, refresh(), true)

describe('by route', () => {
  test('one unhelpful refresh stops nothing, two in a row stop it for 30 s', () => {
    const scene = start()
    unhelpful(scene, 'GET /a')
    expect(scene.breaker.allowsRefresh('GET /a', false)).toBe(true)
    unhelpful(scene, 'GET /a')
    expect(scene.breaker.allowsRefresh('GET /a', false)).toBe(false)
    expect(scene.breaker.allowsRefresh('GET /b', false)).toBe(true)
    scene.advance(30_000)
    expect(scene.breaker.allowsRefresh('GET /a', false)).toBe(true)
  })

  test('the limit holds for an expired token, too', () => {
    const scene = start()
    for (const _ of [1, 2]) unhelpful(scene, 'GET /a')
    expect(scene.breaker.allowsRefresh('GET /a', true)).toBe(false)
  })

  test('counting begins anew after any other response, which is noted only while there is a count', () => {
    const scene = start()
    expect(scene.breaker.isWorthNoting(null)).toBe(false)
    unhelpful(scene, 'GET /a')
    expect(scene.breaker.isWorthNoting(null)).toBe(true)
    scene.breaker.noteAccepted('GET /a', null)
    expect(scene.breaker.isWorthNoting(null)).toBe(false)
    unhelpful(scene, 'GET /a')
    expect(scene.breaker.allowsRefresh('GET /a', false)).toBe(true)
  })

  test('two hundred routes are remembered, and the oldest is forgotten', () => {
    const scene = start()
    for (let index = 0; index < 201; index += 1) {
      for (const _ of [1, 2]) unhelpful(scene, `GET /${index}`)
    }
    const allowed = ['GET /0', 'GET /1', 'GET /200'].map(route => scene.breaker.allowsRefresh(route, true))
    expect(allowed).toEqual([true, false, false])
  })
})

describe('over all routes', () => {
  const fiveRoutes = ['a', 'b', 'c', 'd', 'e']

  test('five unhelpful refreshes stop all but those for expired tokens', () => {
    const scene = start()
    for (const route of fiveRoutes.slice(0, 4)) unhelpful(scene, route)
    expect(scene.breaker.allowsRefresh('f', false)).toBe(true)
    unhelpful(scene, 'e')
    expect([scene.breaker.allowsRefresh('f', false), scene.breaker.allowsRefresh('f', true)]).toEqual([false, true])
  })

  test('one refresh that was unhelpful for five routes counts once', () => {
    const scene = start()
    const credentials = scene.refresh()
    for (const route of fiveRoutes) scene.breaker.noteReplay(route, credentials, true)
    expect(scene.breaker.allowsRefresh('f', false)).toBe(true)
    expect(scene.breaker.countRefresh('rejected').unhelpful.length).toBe(1)
  })

  test.each([
    ['before', [false, true]],
    ['after', [true, false]],
  ])('a refresh that was useful to one request %s it was not to another does not count', (_when, refusals) => {
    const { breaker, refresh } = start()
    const credentials = refresh()
    for (const [index, refused] of refusals.entries()) breaker.noteReplay(`route ${index}`, credentials, refused)
    expect(breaker.countRefresh('rejected').unhelpful).toEqual([])
  })

  test('a refresh that was useful late, after the next had begun, changes nothing of the next', () => {
    const { breaker, refresh } = start()
    const [first, second] = [refresh(), refresh()]
    breaker.noteReplay('a', second, true)
    breaker.noteReplay('b', first, false)
    breaker.noteReplay('c', second, true)
    expect(breaker.countRefresh('rejected').unhelpful.length).toBe(1)
  })

  test('the counts of this page are written with the next lease, and count once', () => {
    const scene = start()
    unhelpful(scene, 'a')
    scene.advance(1000)
    scene.refresh()
    expect(scene.record()?.unhelpful).toEqual([scene.now() - 1000])
    expect(scene.breaker.countRefresh('rejected').unhelpful).toEqual([scene.now() - 1000])
  })
})

describe('of any kind', () => {
  test('ten refreshes in 30 s are the limit, and the block says how long it lasts', () => {
    const scene = start()
    for (let index = 0; index < 10; index += 1) {
      expect(scene.breaker.openForMs()).toBe(0)
      scene.refresh()
      scene.advance(1000)
    }
    expect(scene.breaker.openForMs()).toBe(20_000)
    scene.advance(20_000)
    expect(scene.breaker.openForMs()).toBe(0)
    scene.refresh()
    expect(scene.breaker.openForMs()).toBe(1000)
  })

  test('a lease that was not written counts for nothing', () => {
    const { breaker } = start()
    for (let index = 0; index < 20; index += 1) breaker.countRefresh('rejected')
    expect(breaker.openForMs()).toBe(0)
  })

  test('the record keeps the last ten, and forgets those ahead of a clock that was set back', () => {
    const scene = start()
    for (let index = 0; index < 15; index += 1) scene.refresh()
    expect(scene.record()?.started.length).toBe(10)
    scene.advance(-40_000)
    expect(scene.breaker.openForMs()).toBe(0)
    scene.refresh()
    expect(scene.record()?.started).toEqual([scene.now()])
  })

  test('a record without counts, or with none, stops nothing', () => {
    for (const recorded of [undefined, { started: [], unhelpful: [] }]) {
      const { breaker } = start(recorded)
      expect([breaker.openForMs(), breaker.allowsRefresh('a', false)]).toEqual([0, true])
    }
  })
})

describe('useful refreshes are not counted', () => {
  const full = (scene: ReturnType<typeof start>) => scene.breaker.openForMs() > 0
  /** One after the other, a second apart. */
  const tenOf = (scene: ReturnType<typeof start>, each: (token: { readonly sentAt: number }) => void) => {
    for (let index = 0; index < 10; index += 1) {
      each(scene.refresh())
      scene.advance(1000)
    }
  }

  test('a refresh whose token was accepted, by whatever route', () => {
    const scene = start()
    tenOf(scene, token => scene.breaker.noteAccepted('GET /any', token))
    expect([full(scene), scene.breaker.counts().started]).toEqual([false, []])
  })

  test('one whose token was accepted by one route, before or after another rejected it', () => {
    const scene = start()
    tenOf(scene, token => {
      scene.breaker.noteReplay('GET /bad', token, true)
      scene.breaker.noteAccepted('GET /good', token)
    })
    tenOf(scene, token => {
      scene.breaker.noteAccepted('GET /good', token)
      scene.breaker.noteReplay('GET /bad', token, true)
    })
    expect(full(scene)).toBe(false)
  })

  test('the one that a page makes at its start', () => {
    const scene = start()
    for (let index = 0; index < 50; index += 1) scene.refresh('restore')
    expect([full(scene), scene.record()?.started]).toEqual([false, []])
  })

  test('one that was leased, and then not sent', () => {
    const scene = start()
    for (let index = 0; index < 20; index += 1) {
      scene.lease()
      scene.advance(1000)
    }
    scene.refresh()
    expect(scene.record()?.started.length).toBe(1)
  })

  test('an acceptance counts for its own refresh only, and once', () => {
    const scene = start()
    const first = scene.refresh()
    scene.advance(5000)
    const second = scene.refresh()
    scene.breaker.noteAccepted('GET /a', second)
    scene.breaker.noteAccepted('GET /b', second)
    expect(scene.breaker.counts().started).toEqual([first.sentAt])
  })

  // Found by the random worlds: three tabs that shared a token began eleven refreshes in 30 s.
  test('an acceptance that another tab has noted counts for no other refresh in this one', () => {
    const scene = start()
    const first = scene.refresh()
    scene.advance(700)
    const second = scene.refresh()
    scene.breaker.noteAccepted('GET /a', second)
    const thisTab = start(scene.breaker.counts())
    thisTab.advance(700)
    thisTab.breaker.noteAccepted('GET /a', second)
    expect(thisTab.breaker.counts().started).toEqual([first.sentAt])
  })

  test('the token of a sign-in says nothing of the refresh before it', () => {
    const scene = start()
    const { sentAt } = scene.refresh()
    scene.advance(2001)
    scene.breaker.noteAccepted('GET /a', { sentAt: scene.now() })
    expect(scene.breaker.counts().started).toEqual([sentAt])
  })

  test('it is written for other tabs only when their limit is near', () => {
    const scene = start()
    const tokens: { readonly sentAt: number }[] = []
    tenOf(scene, token => tokens.push(token))
    for (const token of tokens.slice(0, 2)) scene.breaker.noteAccepted('GET /a', token)
    expect(scene.corrections).toEqual([9, 8])
  })

  test('with few counts it is written with the next refresh of this page, and not by itself', () => {
    const scene = start()
    for (let index = 0; index < 5; index += 1) scene.breaker.noteAccepted('GET /a', scene.refresh())
    expect([scene.corrections, scene.record()?.started.length]).toEqual([[], 1])
  })

  test('an accepted token is noted once', () => {
    const scene = start()
    const token = scene.refresh()
    expect(scene.breaker.isWorthNoting(token)).toBe(true)
    scene.breaker.noteAccepted('GET /a', token)
    expect([scene.breaker.isWorthNoting(token), scene.breaker.isWorthNoting(null)]).toEqual([false, false])
  })
})
