import { describe, expect, test, vi } from 'vitest'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, outcomeOf, type Stage, type StageOptions, stageOrigin } from '../../support/stage.ts'

const patient = { patienceMs: 5000 }
const lost = () => Promise.reject(new TypeError('Failed to fetch'))
const busy =
  (headers: Record<string, string> = {}) =>
  () =>
    Promise.reject({ status: 503, headers: new Headers(headers) })

/** Signed in, with a token that the API does not take any more. */
const start = async (options: StageOptions = {}) => {
  const stage = createStage({ ...options, limits: { ...patient, ...options.limits } })
  await stage.signIn()
  stage.refuseAll()
  return stage
}
const get = ({ client }: Stage, init?: RequestInit) => client.fetch(`${stageOrigin}/a`, init)
/** What comes of it is looked at later. */
const heeded = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
  answer.catch(() => {})
  return answer
}
/** The refresh fails so until the clock says otherwise. */
const failFor = ({ clock, refresh, issue }: Stage, ms: number, fail: () => Promise<never>) => {
  const untilMs = clock.monotonicMs() + ms
  refresh(async () => (clock.monotonicMs() < untilMs ? fail() : issue()))
}

describe('promise 8: a short outage', () => {
  test.each([
    ['one 503', 1, busy()],
    ['four seconds of 503', 4000, busy()],
    ['a Retry-After of three seconds', 3000, busy({ 'retry-after': '3' })],
    ['one lost connection', 1, lost],
    ['three seconds without a network', 3000, lost],
  ])('%s: a request, getAccessToken() and refresh() outlast it without an error', async (...arranged) => {
    const [, ms, fail] = arranged
    for (const random of [0.05, 0.5, 0.999]) {
      const stage = await start()
      stage.clock.setRandom(random)
      const failures: unknown[] = []
      stage.client.session.on('refresh-failed', event => void failures.push(event))
      failFor(stage, ms, fail)
      const { session } = stage.client
      const waiting = Promise.all([get(stage), session.refresh(), get(stage)])
      await stage.clock.advance(5000)
      const [answer] = await waiting
      expect([answer.status, failures]).toEqual([200, []])
      expect(await session.getAccessToken()).toMatch(/^access-/)
    }
  })

  test('a longer outage rejects the requests after limits.patienceMs, with its reason', async () => {
    const stage = await start()
    stage.refresh(busy())
    const answer = get(stage)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    await stage.clock.advance(4999)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    await stage.clock.advance(1)
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({
      code: 'refresh-unavailable',
      reason: 'status',
      status: 503,
    })
  })

  test('a refresh token whose response was lost is presented once more at most', async () => {
    const stage = await start()
    stage.refresh(lost)
    const answer = heeded(get(stage))
    await stage.clock.advance(60_000)
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({ reason: 'network' })
    expect(stage.refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-1'])
  })

  test('a refresh token whose response was lost is presented once more at most in all tabs together', async () => {
    const store = createScriptedStore()
    const one = await start({ store, sessionName: 'main' })
    const other = createStage({ store, sessionName: 'main', clock: one.clock, limits: patient })
    one.refresh(lost)
    other.refresh(lost)
    await other.client.session.ready()
    const answers = [heeded(get(one)), heeded(get(other))]
    await one.clock.advance(60_000)
    for (const answer of answers)
      expect(await outcomeOf(answer, one.clock)).toMatchObject({ code: 'refresh-unavailable' })
    const presented = [...one.refreshes, ...other.refreshes].filter(({ refreshToken }) => refreshToken === 'refresh-1')
    expect(presented).toHaveLength(2)
  })

  test.each([
    ['a Retry-After beyond the patience', busy({ 'retry-after': '30' })],
    ['a 404', () => Promise.reject({ status: 404 })],
    ['an answer that is no credentials', async () => ({ token: 'x' }) as never],
  ])('%s rejects at once', async (_name, fail) => {
    const stage = await start()
    stage.refresh(fail)
    expect(await outcomeOf(get(stage), stage.clock)).toMatchObject({ code: 'refresh-unavailable' })
    expect(stage.refreshes).toHaveLength(1)
  })

  test('a request during a backoff waits for its end, or rejects at once if the end is too far', async () => {
    const stage = await start({ limits: { patienceMs: 2000 } })
    stage.refresh(busy({ 'retry-after': '3' }))
    expect(await outcomeOf(get(stage), stage.clock)).toMatchObject({ reason: 'status', retryAfterMs: 3500 })
    const soon = await outcomeOf(get(stage), stage.clock)
    expect(soon).toMatchObject({ reason: 'backing-off', cause: { reason: 'status', status: 503 } })
    expect(String(soon)).toContain('after status 503')
    await stage.clock.advance(2000)
    stage.refresh(undefined)
    const waiting = get(stage)
    expect(await outcomeOf(waiting, stage.clock)).toBe('pending')
    await stage.clock.advance(1500)
    expect((await waiting).status).toBe(200)
  })
})

describe('promise 8: while requests wait for the end of a short outage', () => {
  test('an abort ends the wait of that call at once', async () => {
    const stage = await start()
    stage.refresh(busy())
    const controller = new AbortController()
    const answer = get(stage, { signal: controller.signal })
    await stage.clock.settle()
    controller.abort(new Error('not needed'))
    await expect(answer).rejects.toThrow('not needed')
  })

  test('a sign-out ends the wait at once, and nothing is sent any more', async () => {
    const stage = await start()
    stage.refresh(busy())
    const answer = get(stage)
    await stage.clock.settle()
    await stage.client.session.signOut()
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    await stage.clock.advance(60_000)
    expect(stage.refreshes).toHaveLength(1)
  })

  test('a sign-in of the same user ends the wait, and its token is used', async () => {
    const stage = createStage({ limits: patient })
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(busy())
    const answer = get(stage)
    await stage.clock.settle()
    await stage.signIn({ subject: 'alice' })
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({ status: 200 })
    expect(stage.refreshes).toHaveLength(1)
  })

  test('dispose() ends the wait at once, and leaves no timer and no listener', async () => {
    const stage = await start()
    stage.refresh(busy())
    const answer = get(stage)
    await stage.clock.settle()
    stage.client.dispose()
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect([stage.clock.pendingTimers, stage.wakeListeners()]).toEqual([0, 0])
  })

  test('a page that wakes from sleep begins the wait anew', async () => {
    const stage = await start()
    stage.refresh(busy())
    const answer = get(stage)
    await stage.clock.advance(4900)
    stage.wake()
    await stage.clock.advance(4000)
    expect(await outcomeOf(answer, stage.clock)).toBe('pending')
    stage.refresh(undefined)
    await stage.clock.advance(5000)
    expect((await answer).status).toBe(200)
  })

  test('the wait ends at once when the network is back', async () => {
    const stage = await start()
    vi.stubGlobal('navigator', { onLine: false })
    stage.refresh(lost)
    const answer = get(stage)
    await stage.clock.advance(700)
    stage.refresh(undefined)
    vi.stubGlobal('navigator', { onLine: true })
    stage.wake()
    expect(await outcomeOf(answer, stage.clock)).toMatchObject({ status: 200 })
  })

  test('no request waits for a background refresh: a token that is about to expire is sent', async () => {
    const stage = createStage({ limits: patient, lifetimeSeconds: 60 })
    await stage.signIn()
    await stage.clock.advance(59_000)
    stage.refresh(busy())
    expect(await outcomeOf(get(stage), stage.clock)).toMatchObject({ status: 200 })
    expect(stage.refreshes).toHaveLength(1)
    await stage.clock.advance(900)
    expect(stage.refreshes).toHaveLength(1)
  })

  test('ready() of an ambient strategy waits, and finds the user', async () => {
    const stage = createStage({ limits: patient, strategy: { ambient: true } })
    failFor(stage, 2000, busy())
    const ready = stage.client.session.ready()
    expect(await outcomeOf(ready, stage.clock)).toBe('pending')
    await stage.clock.advance(5000)
    expect((await ready).status).toBe('signed-in')
  })

  test.each(['getAccessToken', 'refresh'] as const)(
    'if the outage lasts, %s() says that the session is unknown, not that it is signed out',
    async method => {
      const stage = createStage({ limits: patient, strategy: { ambient: true } })
      stage.refresh(lost)
      const asked = heeded<unknown>(stage.client.session[method]())
      await stage.clock.advance(10_000)
      expect(await outcomeOf(asked, stage.clock)).toMatchObject({
        code: 'refresh-unavailable',
        reason: 'network',
      })
      expect(stage.client.session.status).toBe('unknown')
    },
  )
})
