import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createSignedInRig,
  goOffline,
  newerTokens,
  type RefreshRigOptions,
  statusError,
} from '../../support/refresh-rig.ts'

afterEach(() => void vi.unstubAllGlobals())

/** Alice's token, of a thousand seconds, is 600 seconds old. */
const startLate = async (options: RefreshRigOptions = {}) => {
  const rig = await createSignedInRig(options)
  await rig.session.signIn({ accessToken: 'a', refreshToken: 'r', subject: 'alice', expiresInSeconds: 1000 })
  await rig.clock.advance(600_000)
  /** A refresh that ends with `error`. */
  const failWith = async (error: unknown, ...parameters: Parameters<typeof rig.refresher.start>) => {
    const { outcome } = rig.refresher.start(...parameters)
    await rig.clock.settle()
    rig.calls.at(-1)?.answer.reject(error)
    return outcome
  }
  return { ...rig, failWith }
}

describe('a token whose renewal failed rests: it is used as a good one', () => {
  test('for half of what is left of it, by chance', async () => {
    const { clock, refresher, failWith } = await startLate()
    expect(refresher.isResting()).toBe(false)
    await failWith(statusError(503), 'expiring')
    await clock.advance(199_999)
    expect(refresher.isResting()).toBe(true)
    await clock.advance(1)
    expect(refresher.isResting()).toBe(false)
  })

  test('counted by the clock that has gone further: a clock set back makes no token younger', async () => {
    const { clock, refresher, failWith } = await startLate()
    clock.jumpWall(-3_600_000)
    await failWith(statusError(503), 'expiring')
    await clock.advance(200_000)
    expect(refresher.isResting()).toBe(false)
  })

  test('not if the response was lost: it must be sent again while the server accepts it', async () => {
    const { refresher, failWith } = await startLate()
    await failWith(new TypeError('Failed to fetch'), 'expiring')
    expect(refresher.isResting()).toBe(false)
  })

  test('not if a request waits for it', async () => {
    const { refresher, failWith } = await startLate({ ports: { patienceMs: 0 } })
    await failWith(statusError(503), 'expired')
    expect(refresher.isResting()).toBe(false)
  })

  test('not if nothing was sent', async () => {
    const { store, refresher } = await startLate()
    store.fail('read', 'rejects')
    expect(await refresher.start('expiring').outcome).toMatchObject({ reason: 'store' })
    expect(refresher.isResting()).toBe(false)
  })

  test('until a refresh succeeds', async () => {
    const { clock, refresher, failWith, calls } = await startLate()
    await failWith(statusError(503), 'expiring')
    await clock.advance(1000)
    expect(refresher.isResting()).toBe(true)
    refresher.start('manual')
    await clock.settle()
    calls.at(-1)?.answer.resolve(newerTokens)
    await clock.settle()
    expect(refresher.isResting()).toBe(false)
  })

  test('of another audience by the wall clock, the only one that its request is known by', async () => {
    const { clock, session, refresher, failWith, call } = await startLate({ audienceOf: () => 'files' })
    refresher.start('expired', 'files')
    await clock.settle()
    call().answer.resolve({ accessToken: 'for-files', expiresInSeconds: 1000 })
    await clock.settle()
    expect(session.state.credentials?.audienceTokens).toMatchObject({ files: { accessToken: 'for-files' } })
    await clock.advance(100_000)
    clock.jumpWall(-50_000)
    await failWith(statusError(503), 'expiring', 'files')
    // 950 s are left of it, by the wall clock.
    await clock.advance(474_999)
    expect(refresher.isResting()).toBe(true)
    await clock.advance(1)
    expect(refresher.isResting()).toBe(false)
  })
})

describe('a reason not to refresh for which waiting is of no use', () => {
  const startBlocked = async (retryAfter: string, options: RefreshRigOptions = {}) => {
    const rig = await startLate({ ...options, ports: { patienceMs: 2000, ...options.ports } })
    rig.clock.setRandom(0)
    await rig.failWith(statusError(503, { 'retry-after': retryAfter }), 'expiring')
    return rig
  }

  test('is none where there is nothing in the way', async () => {
    const { refresher } = await startLate()
    expect(refresher.lastingBlock()).toBeNull()
  })

  test('is a backoff that lasts longer than requests wait', async () => {
    const { clock, refresher } = await startBlocked('3')
    expect(refresher.lastingBlock()).toMatchObject({ reason: 'backing-off', retryAfterMs: 3000 })
    await clock.advance(1001)
    expect([refresher.lastingBlock(), refresher.blockedBy()?.retryAfterMs]).toEqual([null, 1999])
  })

  test('is no missing network where the app wants requests to wait for it', async () => {
    for (const [whenOffline, isLasting] of [
      ['wait', false],
      ['fail', true],
    ] as const) {
      const { refresher, failWith, clock } = await startLate({ ports: { whenOffline, patienceMs: 0 } })
      goOffline()
      void failWith(new TypeError('Failed to fetch'), 'expiring')
      await clock.settle()
      expect(refresher.blockedBy()).toMatchObject({ reason: 'offline' })
      expect(refresher.lastingBlock() !== null, whenOffline).toBe(isLasting)
      vi.unstubAllGlobals()
    }
  })
})
