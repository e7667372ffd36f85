import { describe, expect, test, vi } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf, type StageOptions } from '../../support/stage.ts'

const second = 1000
// A leeway of a quarter, 75 s, of which this clock's 0.5 leaves 56.25 s.
const [dueAt, expiredAt] = [244 * second, 301 * second]

const hide = (page: object = { visibilityState: 'hidden' }) =>
  vi.stubGlobal('document', { addEventListener: () => {}, ...page })

const start = async (options: StageOptions = {}) => {
  const stage = createStage({ lifetimeSeconds: 300, ...options })
  await stage.signIn({ subject: 'alice' })
  const answer = createDeferred<SessionInput>()
  stage.refresh(() => answer.promise)
  const ask = (path = '/a') => outcomeOf(stage.client.fetch(`https://api.test${path}`), stage.clock)
  return { ...stage, stage, answer, ask }
}

describe('promise 19: a token that is about to expire, but still valid', () => {
  test('is used while one refresh runs in the background: no request waits for it', async () => {
    const { clock, ask, answer, issue, sends, refreshes } = await start()
    await clock.advance(dueAt)
    for (let request = 0; request < 20; request += 1) expect(await ask()).toMatchObject({ status: 200 })
    expect([refreshes.length, refreshes[0]?.cause]).toEqual([1, 'expiring'])
    answer.resolve(issue())
    await clock.settle()
    expect(await ask()).toMatchObject({ status: 200 })
    expect(sends.map(({ token }) => token)).toEqual([...Array.from({ length: 20 }, () => 'access-1'), 'access-2'])
  })

  test('is not renewed before that, nor by anything but a request', async () => {
    const { clock, ask, refreshes } = await start()
    await clock.advance(243 * second)
    await ask()
    expect(refreshes.length).toBe(0)
    await clock.advance(50 * second)
    expect([refreshes.length, clock.pendingTimers]).toEqual([0, 0])
  })

  test('whose refresh fails is used further, and its request notices nothing', async () => {
    const { clock, ask, answer, refreshes } = await start()
    await clock.advance(dueAt)
    const asked = ask()
    answer.reject(Object.assign(new Error('busy'), { status: 503 }))
    expect(await asked).toMatchObject({ status: 200 })
    expect(await ask()).toMatchObject({ status: 200 })
    expect(refreshes.length).toBe(1)
  })

  test('that expires during its refresh makes requests from then on wait', async () => {
    const { clock, ask, answer, issue, sends } = await start({ limits: { refreshTimeoutMs: 60_000 } })
    await clock.advance(dueAt)
    await ask()
    await clock.advance(expiredAt - dueAt)
    const waiting = ask()
    expect(await waiting).toBe('pending')
    expect(sends.length).toBe(1)
    answer.resolve(issue())
  })

  test('is renewed five minutes before its expiry at the earliest, and half of that at the latest', async () => {
    for (const [random, leewayMs] of [
      [0, 150],
      [1, 300],
    ] as const) {
      const clock = createControlledClock()
      clock.setRandom(random)
      const { ask, refreshes } = await start({ clock, lifetimeSeconds: 3600 })
      await clock.advance((3600 - leewayMs) * second - 1)
      await ask()
      expect(refreshes.length).toBe(0)
      await clock.advance(1)
      await ask()
      expect(refreshes.length).toBe(1)
    }
  })

  describe('that could not be refreshed', () => {
    const failed = async () => {
      const started = await start()
      started.refresh(() => Promise.reject(Object.assign(new Error('busy'), { status: 503 })))
      await started.clock.advance(dueAt)
      await started.ask()
      await started.clock.settle()
      return started
    }

    test('is refreshed again after half of its remaining lifetime, since no request waits for it', async () => {
      const { clock, ask, refreshes } = await failed()
      await clock.advance(27 * second)
      await ask()
      expect(refreshes.length).toBe(1)
      await clock.advance(2 * second)
      await ask()
      expect(refreshes.length).toBe(2)
    })

    test('is refreshed again within the reuse interval of servers, if the response was lost', async () => {
      const { clock, ask, refreshes, refresh } = await start()
      refresh(() => Promise.reject(new TypeError('Failed to fetch')))
      await clock.advance(dueAt)
      await ask()
      await clock.advance(second)
      await ask()
      expect(refreshes.length).toBe(2)
    })

    test('is refreshed at once if a server rejects it meanwhile', async () => {
      const { stage, clock, ask, refreshes, issue, refresh } = await failed()
      await clock.advance(second)
      stage.refuseAll()
      refresh(async () => issue())
      expect(await ask()).toMatchObject({ status: 200 })
      expect(refreshes.length).toBe(2)
    })

    test('does not delay the next refresh once another one has succeeded', async () => {
      const { clock, ask, refreshes, refresh, issue, client } = await failed()
      await clock.advance(second)
      refresh(async () => issue({ expiresInSeconds: 4 }))
      await client.session.refresh()
      await clock.advance(3.5 * second)
      await ask()
      expect(refreshes.length).toBe(3)
    })
  })

  test('TM-09: that lives ten seconds is not refreshed by every request', async () => {
    const { stage, clock, refreshes } = await start({ lifetimeSeconds: 10 })
    stage.refresh(undefined)
    for (let tenth = 0; tenth < 300; tenth += 1) {
      expect((await stage.client.fetch('https://api.test/a')).status).toBe(200)
      await clock.advance(100)
    }
    expect(refreshes.length).toBeLessThanOrEqual(4)
  })

  test('is refreshed at different times by different clients, also where the leeway is a quarter of its lifetime', async () => {
    const dueAfter: number[] = []
    for (const random of [0, 0.5, 0.999]) {
      const clock = createControlledClock()
      clock.setRandom(random)
      const { ask, refreshes } = await start({ clock })
      let after = 0
      for (await clock.advance(220 * second); refreshes.length === 0; after += 1) {
        await ask()
        await clock.advance(second)
      }
      dueAfter.push(after)
    }
    expect(dueAfter).toEqual([44, 25, 7])
  })
})

describe('promise 19: a token that has expired', () => {
  test('is not sent: requests wait for one refresh', async () => {
    const { clock, ask, answer, issue, client, sends, refreshes } = await start()
    await clock.advance(expiredAt)
    const waiting = Array.from({ length: 20 }, (_, path) => client.fetch(`https://api.test/${path}`))
    expect(await ask()).toBe('pending')
    expect([sends.length, refreshes.length]).toEqual([0, 1])
    answer.resolve(issue())
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200))
    expect(new Set(sends.map(({ token }) => token))).toEqual(new Set(['access-2']))
  })
})

describe('promise 19: waking', () => {
  test('LF-01, TM-07: the store is read before the next send: after a sign-out elsewhere the token is not sent', async () => {
    const store = createScriptedStore()
    const { clock, client, wake, sends } = await start({ store })
    await client.fetch('https://api.test/a')
    store.content = {
      ...(store.content as object),
      revision: 'r',
      sessionId: 'over',
      credentials: null,
      endedBy: 'signed-out',
    }
    clock.sleepFor(60 * second)
    wake()
    const after = await outcomeOf(client.fetch('https://api.test/b'), clock)
    expect(client.session.status).toBe('signed-out')
    expect(after).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    expect(sends.map(({ path }) => path)).toEqual(['/a'])
  })

  test('LF-05: after a refresh elsewhere its token is used, whether a message came or not', async () => {
    const store = createScriptedStore()
    const { clock, client, wake, issue, refreshes } = await start({ store })
    await client.fetch('https://api.test/a')
    const { accessToken, refreshToken } = issue()
    const { credentials } = store.content as { credentials: object }
    store.content = {
      ...(store.content as object),
      revision: 'r',
      generation: 1,
      credentials: { ...credentials, accessToken, refreshToken, sentAt: clock.wallMs() + 400 * second },
    }
    clock.sleepFor(400 * second)
    wake()
    expect((await client.fetch('https://api.test/b')).status).toBe(200)
    expect(refreshes.length).toBe(0)
  })

  test.each([
    ['expiring', dueAt],
    ['expired', expiredAt],
  ])('a token that is %s by then is refreshed before a request needs it', async (cause, agedMs) => {
    const { clock, client, wake, refreshes } = await start()
    await client.fetch('https://api.test/a')
    clock.sleepFor(agedMs)
    wake()
    await clock.settle()
    expect(refreshes.map(refresh => refresh.cause)).toEqual([cause])
  })

  test('with a good token, or with no user signed in, nothing is refreshed', async () => {
    const { clock, client, wake, refreshes } = await start()
    await client.fetch('https://api.test/a')
    wake()
    await client.session.signOut()
    clock.sleepFor(expiredAt)
    wake()
    await clock.settle()
    expect(refreshes.length).toBe(0)
  })
})

describe('promise 19: hidden pages', () => {
  test.each([
    ['LF-04: hidden', { visibilityState: 'hidden' }],
    ['LF-03: being prerendered', { visibilityState: 'visible', prerendering: true }],
  ])(
    '%s, a token about to expire is sent and not refreshed, and waking does not refresh it either',
    async (_name, page) => {
      const { clock, ask, wake, refreshes } = await start()
      await ask()
      hide(page)
      await clock.advance(dueAt)
      expect(await ask()).toMatchObject({ status: 200 })
      wake()
      await clock.settle()
      expect(refreshes.length).toBe(0)
    },
  )

  test('LF-04: an expired token is refreshed for a request, but not on waking', async () => {
    const { clock, ask, wake, refreshes } = await start()
    await ask()
    hide()
    await clock.advance(expiredAt)
    wake()
    await clock.settle()
    expect(refreshes.length).toBe(0)
    expect(await ask()).toBe('pending')
    expect(refreshes.length).toBe(1)
  })
})
