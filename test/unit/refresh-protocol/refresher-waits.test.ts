import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createRefreshRig,
  createSignedInRig,
  goOffline,
  newerTokens,
  oauthError,
  type RefreshRigOptions,
  statusError,
  watchOutcome,
} from '../../support/refresh-rig.ts'

afterEach(() => void vi.unstubAllGlobals())

const lost = () => new TypeError('Failed to fetch')
/** Every token request fails so. */
const failing = (error: () => unknown, options: RefreshRigOptions = {}) => {
  const times: number[] = []
  const refresh = async () => {
    times.push(rig.clock.monotonicMs())
    throw error()
  }
  const rig = createRefreshRig({
    ...options,
    ports: { ...options.ports, strategy: { ambient: options.ambient === true, refresh } },
  })
  return { ...rig, times }
}
const signedIn = async (...parameters: Parameters<typeof failing>) => {
  const rig = failing(...parameters)
  await rig.session.signIn({ accessToken: 'access-1', refreshToken: 'refresh-1', subject: 'alice' })
  return rig
}

describe('how long a refresh waits for the end of an outage', () => {
  test('no time, if no request waits for it', async () => {
    const { clock, refresher, times } = await signedIn(() => statusError(503))
    const seen = watchOutcome(refresher.start('expiring').outcome)
    await clock.settle()
    expect([seen.outcome?.kind, times.length, clock.pendingTimers]).toEqual(['unavailable', 1, 0])
  })

  test('no time, if no request waits for it, also if the page wakes meanwhile', async () => {
    const { clock, wake, refresher, call, calls } = await createSignedInRig()
    const seen = watchOutcome(refresher.start('expiring').outcome)
    await clock.settle()
    wake.wake()
    call().answer.reject(statusError(503))
    await clock.settle()
    expect([seen.outcome?.kind, calls.length]).toEqual(['unavailable', 1])
  })

  test('from when a request joins it', async () => {
    const { clock, refresher, call, calls } = await createSignedInRig()
    const seen = watchOutcome(refresher.start('expiring').outcome)
    await clock.settle()
    refresher.start('rejected')
    call().answer.reject(statusError(503))
    await clock.advance(500)
    expect([seen.outcome, calls.length]).toEqual([undefined, 2])
  })

  test('not from when a background refresh joins it', async () => {
    const { clock, refresher, call, calls } = await createSignedInRig()
    const seen = watchOutcome(refresher.start('expiring').outcome)
    await clock.settle()
    refresher.start('expiring')
    call().answer.reject(statusError(503))
    await clock.settle()
    expect([seen.outcome?.kind, calls.length]).toEqual(['unavailable', 1])
  })

  test('from when the first request waits, however many join: otherwise it might wait for ever', async () => {
    const { clock, refresher } = await signedIn(() => statusError(503))
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.advance(4000)
    refresher.start('rejected')
    await clock.advance(999)
    expect(seen.outcome).toBeUndefined()
    await clock.advance(1)
    expect(seen.outcome).toMatchObject({ kind: 'unavailable', reason: 'status' })
  })

  test('from when the page wakes: its user waits from then', async () => {
    const { clock, wake, refresher } = await signedIn(() => statusError(503))
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.advance(4900)
    wake.wake()
    await clock.advance(4999)
    expect(seen.outcome).toBeUndefined()
    await clock.advance(1)
    expect(seen.outcome?.kind).toBe('unavailable')
  })

  test('until just the end, if the server asks for so long', async () => {
    const { clock, refresher, times } = await signedIn(() => statusError(503, { 'retry-after': '5' }))
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.advance(4999)
    expect([seen.outcome, times]).toEqual([undefined, [0]])
    await clock.advance(1)
    expect(times).toEqual([0, 5000])
    expect(seen.outcome?.kind).toBe('unavailable')
  })

  test.each([
    [20, [0, 5020]],
    [60, [0]],
  ])('and a moment more, if the timer was early by the wall clock, but not %i ms', async (ms, expected) => {
    const { clock, refresher, times } = await signedIn(() => statusError(503, { 'retry-after': '5' }))
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.settle()
    clock.jumpWall(-ms)
    await clock.advance(5000 + ms)
    expect([seen.outcome?.kind, times]).toEqual(['unavailable', expected])
  })

  test('not a moment, if the app wants no waiting', async () => {
    const { store, clock, refresher, calls, stored } = await createSignedInRig({ ports: { patienceMs: 0 } })
    store.content = { ...stored(), revision: 'r', retryAt: clock.wallMs() + 20 }
    await rereadOf({ refresher, clock })
    expect(await refresher.start('rejected').outcome).toMatchObject({ reason: 'backing-off' })
    expect(calls).toEqual([])
  })

  test('not a moment more after an attempt: the requests have waited long enough', async () => {
    const { clock, refresher, times } = await signedIn(() => statusError(503))
    clock.setRandom(0.02)
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.advance(5000)
    expect(seen.outcome?.kind).toBe('unavailable')
    expect(Math.max(...times)).toBeLessThanOrEqual(5000)
  })
})

/** Lets the page see what another tab has stored: a refresh that is held back does that. */
const rereadOf = async ({
  refresher,
  clock,
}: Pick<Awaited<ReturnType<typeof createSignedInRig>>, 'refresher' | 'clock'>) => {
  refresher.start('expiring')
  await clock.settle()
}

describe('a wait that ends early', () => {
  const startWaiting = async () => {
    const rig = await createSignedInRig()
    const seen = watchOutcome(rig.refresher.start('rejected').outcome)
    await rig.clock.settle()
    rig.call().answer.reject(statusError(503))
    await rig.clock.settle()
    expect([seen.outcome, rig.calls.length]).toEqual([undefined, 1])
    return { ...rig, seen }
  }

  test('because something newer has come: it is adopted at once', async () => {
    const { clock, session, calls, seen } = await startWaiting()
    await session.signIn({ accessToken: 'again', refreshToken: 'refresh-again', subject: 'alice' })
    await clock.settle()
    expect([seen.outcome, calls.length, clock.pendingTimers]).toEqual([{ kind: 'adopted' }, 1, 0])
  })

  test('is none because of any other change', async () => {
    const { clock, session, calls, seen } = await startWaiting()
    session.suspend(false)
    session.resume()
    await clock.advance(499)
    expect([seen.outcome, calls.length]).toEqual([undefined, 1])
    await clock.advance(1)
    expect(calls).toHaveLength(2)
  })

  test('is none because of any other change, also where only the wait keeps it from trying again', async () => {
    const { store, clock, session, refresher, calls } = await createSignedInRig()
    store.fail('read', 'rejects', 1)
    refresher.start('rejected')
    await clock.settle()
    session.suspend(false)
    session.resume()
    await clock.advance(499)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls).toHaveLength(1)
  })

  test('is that of an ambient start without a network, although requests would wait for it', async () => {
    goOffline()
    const { clock, refresher } = failing(lost, { ambient: true, ports: { whenOffline: 'wait' } })
    const seen = watchOutcome(refresher.start('restore').outcome)
    await clock.advance(10_000)
    expect(seen.outcome).toMatchObject({ kind: 'unavailable', reason: 'offline' })
  })

  test.each<[string, () => unknown]>([
    ['a status', () => statusError(404)],
    ['a Retry-After', () => statusError(503, { 'retry-after': '30' })],
    ['a response that it cannot read', () => ({ code: 'configuration' })],
  ])(
    'is that of a server that has responded with %s, although the browser reports no network',
    async (_what, error) => {
      goOffline()
      const { clock, refresher } = await signedIn(error, { ports: { whenOffline: 'wait' } })
      const seen = watchOutcome(refresher.start('rejected').outcome)
      await clock.settle()
      expect(seen.outcome?.kind).toBe('unavailable')
    },
  )
})

describe('the end of a refresh', () => {
  test('is told with how long it took', async () => {
    const { clock, session, refresher, call } = await createSignedInRig({ ports: { patienceMs: 0 } })
    const durations: number[] = []
    session.listenersOf('refresh-failed').add(({ durationMs }) => void durations.push(durationMs))
    await clock.advance(1000)
    refresher.start('rejected')
    await clock.advance(250)
    call().answer.reject(statusError(503))
    await clock.settle()
    expect(durations).toEqual([250])
  })

  test('does not take away the refresh of a newer session', async () => {
    const { clock, session, refresher, call } = await createSignedInRig()
    refresher.start('rejected')
    await clock.settle()
    await session.signIn({ accessToken: 'of-bob', refreshToken: 'refresh-of-bob', subject: 'bob' })
    const newer = refresher.start('rejected')
    await clock.settle()
    call().answer.reject(oauthError('invalid_grant'))
    await clock.settle()
    expect(refresher.flightOf()).toBe(newer)
  })

  test('comes also where the lock fails with nothing', async () => {
    const { refresher } = await createSignedInRig({
      lock: { request: () => Promise.reject(undefined) },
      ports: { patienceMs: 0 },
    })
    expect(await refresher.start('rejected').outcome).toMatchObject({
      kind: 'unavailable',
      reason: 'store',
      retryAfterMs: 1000,
    })
  })

  test('comes at once for a client that was disposed of', async () => {
    const { refresher, calls, session, clock } = await createSignedInRig({ ports: { isDisposed: () => true } })
    const started = vi.fn()
    session.listenersOf('refresh-started').add(started)
    const flight = refresher.start('rejected')
    expect(await flight.outcome).toEqual({ kind: 'disposed' })
    await clock.settle()
    expect([refresher.flightOf(), calls, started.mock.calls]).toEqual([null, [], []])
  })

  test('of a page start is not kept off by an open circuit, and that of any other refresh is', async () => {
    const circuitBreaker = {
      openForMs: () => 30_000,
      countRefresh: () => ({ started: [], unhelpful: [] }),
      noteSent: () => {},
    }
    const { store, clock, refresher, call, calls } = createRefreshRig({
      ambient: true,
      ports: { circuitBreaker: circuitBreaker as never },
    })
    refresher.start('restore')
    await clock.settle()
    call().answer.resolve({ ...newerTokens, subject: 'alice' })
    await clock.settle()
    const before = store.calls.length
    expect(await refresher.start('rejected').outcome).toMatchObject({ reason: 'circuit-open' })
    // Not even the store is asked.
    expect([calls.length, store.calls.length]).toEqual([1, before])
  })
})
