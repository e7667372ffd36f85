import { describe, expect, test } from 'vitest'
import {
  createRefreshRig,
  createSignedInRig,
  goOffline,
  newerTokens,
  oauthError,
  statusError,
  watchOutcome,
} from '../../support/refresh-rig.ts'
import { storedRecord } from '../../support/session-records.ts'
import { createTestLock } from '../../support/test-lock.ts'

describe('one refresh at a time', () => {
  test('a second caller joins the running refresh', async () => {
    const { clock, refresher, calls } = await createSignedInRig()
    const flight = refresher.start('expiring')
    expect(refresher.flightOf()).toBe(flight)
    expect(refresher.start('manual')).toBe(flight)
    await clock.settle()
    expect(refresher.start('rejected')).toBe(flight)
    expect(calls.length).toBe(1)
  })

  test.each([
    ['expiring', false],
    ['manual', false],
    ['expired', true],
    ['rejected', true],
    ['restore', true],
  ] as const)('a refresh for %s makes requests wait: %s', async (cause, blocks) => {
    const { refresher } = await createSignedInRig()
    expect(refresher.start(cause).blocksRequests).toBe(blocks)
  })

  test('a background refresh makes requests wait from the moment a 401 joins it, until its end', async () => {
    const { refresher } = await createSignedInRig()
    const flight = refresher.start('expiring')
    refresher.start('rejected')
    expect(flight.blocksRequests).toBe(true)
    refresher.start('expiring')
    expect(flight.blocksRequests).toBe(true)
  })

  test('after its end there is none, and the next one is another', async () => {
    const { clock, refresher, call, calls } = await createSignedInRig()
    const flight = refresher.start('rejected')
    await clock.settle()
    call().answer.resolve(newerTokens)
    expect((await flight.outcome).kind).toBe('refreshed')
    expect(refresher.flightOf()).toBeNull()
    expect(refresher.start('rejected')).not.toBe(flight)
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
  })

  test('a refresh of another session than the current one is not joined', async () => {
    const { clock, session, refresher, calls } = await createSignedInRig()
    const flight = refresher.start('rejected')
    await clock.settle()
    await session.signIn({ accessToken: 'of-bob', refreshToken: 'refresh-of-bob', subject: 'bob' })
    expect(refresher.flightOf()).toBeNull()
    expect(refresher.start('rejected')).not.toBe(flight)
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-of-bob'])
  })

  test('a refresh of an older generation than the current one is not joined', async () => {
    const { store, clock, session, refresher, id } = await createSignedInRig()
    refresher.start('rejected')
    await clock.settle()
    store.content = storedRecord({ sessionId: id, generation: 1 })
    await session.reread()
    expect(refresher.flightOf()).toBeNull()
  })

  test('a session that the store loses and restores has a refresh of its own: the outcome of the first is outdated', async () => {
    const { store, clock, session, refresher, call, calls } = await createSignedInRig({ audienceOf: () => 'files' })
    const start = () => refresher.start('expired', 'files')
    const first = start()
    await clock.settle()
    const leased = store.content
    store.content = storedRecord({ sessionId: 'of-bob' })
    await session.reread()
    expect(await first.outcome).toEqual({ kind: 'superseded' })
    store.content = leased
    await session.reread()
    expect(refresher.flightOf('files')).toBeNull()
    const seen = watchOutcome(start().outcome)
    await clock.settle()
    expect(seen.outcome).toBeUndefined()
    call().answer.resolve(newerTokens)
    await clock.advance(10_000)
    expect(seen.outcome?.kind).toBe('adopted')
    // The token was still under way: presented twice, it would have ended the session.
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1'])
  })

  test('an internal error ends it as unavailable, and leaves no request waiting', async () => {
    const { clock, refresher, session } = await createSignedInRig({
      ports: {
        isLeaseOpen: () => {
          throw new Error('a mistake')
        },
      },
    })
    await session.records.overwrite({
      ...storedRecord({ sessionId: String(session.state.sessionId) }),
      lease: { id: 'another', generation: 0, startedAt: 0, underLock: false },
    })
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await clock.advance(6000)
    expect(seen.outcome).toMatchObject({ kind: 'unavailable', reason: 'store', detail: 'a mistake' })
    expect(refresher.flightOf()).toBeNull()
  })
})

describe('what a refresh reports', () => {
  test('step f: first the tokens are stored, then the lock is released, then tabs get a message, then waiting requests continue', async () => {
    const lock = createTestLock()
    const order: string[] = []
    const rig = await createSignedInRig({ lock, ports: { announce: () => void note('told') } })
    const { clock, session, refresher, call, stored } = rig
    const note = (what: string) =>
      void order.push(`${what}: stored ${stored().generation}, held ${lock.isHeld}, here ${session.state.generation}`)
    const done = refresher.start('rejected').outcome.then(() => note('waiting'))
    await clock.settle()
    call().answer.resolve(newerTokens)
    await done
    expect(order).toEqual(['told: stored 1, held false, here 1', 'waiting: stored 1, held false, here 1'])
  })

  test('a failure once, with its reason and when to try again', async () => {
    const { clock, session, refresher, call } = await createSignedInRig({ ports: { patienceMs: 0 } })
    const failures: unknown[] = []
    session.listenersOf('refresh-failed').add(({ error }) => void failures.push(error))
    for (const cause of ['rejected', 'expired', 'manual'] as const) refresher.start(cause)
    await clock.settle()
    call().answer.reject(statusError(503))
    await clock.settle()
    expect(failures).toMatchObject([{ code: 'refresh-unavailable', status: 503, retryAfterMs: 500 }])
  })

  test('a rejection that suspends the session once, while that session is the current one', async () => {
    const { clock, refresher, call, refusals } = await createSignedInRig({
      ports: { reauthenticate: async () => null },
    })
    refresher.start('rejected')
    await clock.settle()
    call().answer.reject(oauthError('invalid_grant'))
    await clock.settle()
    expect(refusals).toEqual(['refresh-rejected'])
  })

  test('a rejection that ended the session not a second time', async () => {
    const { clock, session, refresher, call, refusals, told } = await createSignedInRig()
    refresher.start('rejected')
    await clock.settle()
    call().answer.reject(oauthError('invalid_grant'))
    await clock.settle()
    expect([refusals, session.state.status, told]).toEqual([[], 'signed-out', ['signed-in:this', 'ended:this']])
  })
})

describe('promise 8: reasons not to start a refresh', () => {
  test('RF-12: a backoff in the record, until it is over', async () => {
    const { clock, refresher, call, calls } = await createSignedInRig()
    refresher.start('rejected')
    await clock.settle()
    call().answer.reject(statusError(503, { 'retry-after': '30' }))
    await clock.settle()
    expect(refresher.blockedBy()).toMatchObject({
      reason: 'backing-off',
      retryAfterMs: 30_500,
      cause: { code: 'refresh-unavailable', reason: 'status', status: 503 },
    })
    expect((await refresher.start('rejected').outcome).kind).toBe('unavailable')
    await clock.advance(30_500)
    expect(refresher.blockedBy()).toBeNull()
    refresher.start('rejected')
    await clock.settle()
    expect(calls.length).toBe(2)
  })

  test('being offline is a hint: the refresh is tried, and if the hint is right other tabs need not wait for it', async () => {
    const { clock, refresher, call, calls, stored } = await createSignedInRig({ ports: { patienceMs: 0 } })
    goOffline()
    const { outcome } = refresher.start('rejected')
    await clock.settle()
    call().answer.reject(new TypeError('Failed to fetch'))
    expect(await outcome).toMatchObject({ reason: 'offline', retryAfterMs: 500 })
    expect([calls.length, stored().retryAt]).toEqual([1, clock.wallMs()])
    expect(await refresher.start('rejected').outcome).toMatchObject({ reason: 'offline', cause: { reason: 'offline' } })
    goOffline(false)
    refresher.start('rejected')
    await clock.settle()
    expect(calls.length).toBe(2)
  })

  test('being offline wrongly is none: a refresh that succeeds counts as any other', async () => {
    const { clock, refresher, call } = await createSignedInRig()
    goOffline()
    const { outcome } = refresher.start('rejected')
    await clock.settle()
    call().answer.resolve(newerTokens)
    expect((await outcome).kind).toBe('refreshed')
  })

  test('whenOffline wait: requests wait without end, and continue at once when the network is back', async () => {
    const { clock, wake, refresher, calls } = await createSignedInRig({ ports: { whenOffline: 'wait' } })
    goOffline()
    const seen = watchOutcome(refresher.start('rejected').outcome)
    for (let seconds = 0; seconds < 600; seconds += 1) {
      await clock.advance(1000)
      calls.at(-1)?.answer.reject(new TypeError('Failed to fetch'))
    }
    await clock.settle()
    expect(seen.outcome).toBeUndefined()
    const before = calls.length
    goOffline(false)
    wake.wake()
    await clock.settle()
    expect(calls.length).toBe(before + 1)
    calls.at(-1)?.answer.resolve(newerTokens)
    await clock.settle()
    expect(seen.outcome?.kind).toBe('refreshed')
  })

  test('whenOffline wait: a sign-out ends the waiting at once', async () => {
    const { clock, session, refresher, calls } = await createSignedInRig({ ports: { whenOffline: 'wait' } })
    goOffline()
    const seen = watchOutcome(refresher.start('rejected').outcome)
    await session.signOut()
    await clock.settle()
    expect([calls.length, seen.outcome?.kind]).toEqual([0, 'superseded'])
  })

  test('whenOffline wait: an ambient start is tried at once, so that ready() settles', async () => {
    const { clock, refresher, calls } = createRefreshRig({ ambient: true, ports: { whenOffline: 'wait' } })
    goOffline()
    refresher.start('restore')
    await clock.settle()
    expect(calls.length).toBe(1)
  })
})
