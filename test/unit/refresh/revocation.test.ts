import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { pendingOf, refreshTimeoutMs, signedOut, createRevocationRig as start } from '../../support/revocation-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const reported = vi.fn()
beforeEach(() => {
  reported.mockClear()
  vi.stubGlobal('reportError', reported)
})
afterEach(() => void vi.unstubAllGlobals())

const failure = (status: number, more: object = {}) => Object.assign(new Error(`HTTP ${status}`), { status, ...more })
describe('the server hears of a sign-out', () => {
  test('in the very task, with the tokens that there were, and as no repetition', async () => {
    const { revocation, calls, callOf } = await start()
    void revocation.revoke(credentialsOf({ idToken: 'id-1' }))
    expect(calls).toHaveLength(1)
    expect(callOf().context).toEqual({
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      idToken: 'id-1',
      post: expect.any(Function),
      signedOutSession: undefined,
    })
  })

  test.each([null, credentialsOf({ accessToken: null, refreshToken: null })])(
    'without a token where there is none',
    async credentials => {
      const { revocation, callOf } = await start()
      void revocation.revoke(credentials)
      const { accessToken, refreshToken, idToken } = callOf().context
      expect([accessToken, refreshToken, idToken]).toEqual([undefined, undefined, undefined])
    },
  )

  test('by a post that outlives the page', async () => {
    const { revocation, callOf, transport } = await start()
    void revocation.revoke(null)
    await callOf().context.post('logout')
    expect(transport).toHaveBeenCalledWith(
      new URL('https://api.test/logout'),
      expect.objectContaining({ keepalive: true }),
    )
  })

  test('and has not heard if there is no way to tell it', async () => {
    const { revocation } = await start(signedOut(), { revoke: undefined })
    expect(await revocation.revoke(null)).toBe(false)
  })

  test.each([
    ['has failed until it responds', {}, [false, true, false]],
    [
      'has not failed if a start had made it: found once more, it is a login made since',
      { repeated: true },
      [false, false, false],
    ],
  ])('a call without a response for four seconds %s', async (_, more, failed) => {
    const pending = pendingOf({ failed: false, ...more })
    const { revocation, callOf, stored, clock } = await start(
      signedOut({ revocationPending: { ...pending, leaseId: 'under-way' } }),
    )
    void revocation.revoke(null, pending)
    const seen: unknown[] = []
    for (const ms of [3999, 1]) {
      await clock.advance(ms)
      seen.push(stored().revocationPending?.failed)
    }
    callOf().answer.resolve(null)
    await clock.settle()
    expect([...seen, stored().revocationPending?.failed]).toEqual(failed)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a response that comes while the store notes that there was none for four seconds counts', async () => {
    const pending = pendingOf({ failed: false })
    const { revocation, callOf, stored, store, clock } = await start(
      signedOut({ revocationPending: { ...pending, leaseId: 'under-way' } }),
    )
    void revocation.revoke(null, pending)
    const { reached, open } = store.hold('compareAndSet')
    await clock.advance(4000)
    await reached
    callOf().answer.resolve(null)
    await clock.settle()
    open()
    await clock.settle()
    expect(stored().revocationPending?.failed).toBe(false)
  })

  test('and has not heard by the deadline if it does not respond', async () => {
    const { revocation, clock } = await start()
    const heard = vi.fn()
    void revocation.revoke(null).then(heard)
    await clock.advance(refreshTimeoutMs - 1)
    expect(heard).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(heard).toHaveBeenCalledWith(false)
  })

  test('and a login that the page makes waits for its response', async () => {
    const { revocation, pendingCalls, callOf, clock } = await start()
    void revocation.revoke(null)
    expect(pendingCalls.whenSettled()).toBeInstanceOf(Promise)
    callOf().answer.resolve(undefined)
    await clock.settle()
    expect(pendingCalls.whenSettled()).toBeUndefined()
  })
})

describe('what the server makes of a sign-out', () => {
  /** Whether it has heard; what stays pending; whether the app's own mistake is reported. */
  test.each<[string, unknown, { readonly heard: boolean; readonly failed?: boolean; readonly isReported?: boolean }]>([
    ['199', failure(199), { heard: false, failed: true }],
    ['200', failure(200), { heard: true }],
    ['299', failure(299), { heard: true }],
    ['a redirect', failure(302), { heard: true }],
    ['a redirect whose status is hidden', failure(0, { redirected: true }), { heard: true }],
    ['400', failure(400), { heard: false, isReported: true }],
    ['401', failure(401), { heard: true }],
    ['404', failure(404), { heard: false, isReported: true }],
    ['429', failure(429), { heard: false, failed: true }],
    ['503', failure(503), { heard: false, failed: true }],
    ['no response', new TypeError('Failed to fetch'), { heard: false, failed: true }],
  ])('after %s', async (_answer, error, { heard, failed, isReported = false }) => {
    const { revocation, callOf, stored, clock } = await start()
    const told = revocation.revoke(null, pendingOf({ failed: false }))
    callOf().answer.reject(error)
    expect(await told).toBe(heard)
    await clock.settle()
    expect(stored().revocationPending).toEqual(failed ? pendingOf({ failed: true }) : undefined)
    expect(reported.mock.calls).toEqual(isReported ? [[error]] : [])
  })

  test('is not reported where nothing has to be remembered: the session is over here', async () => {
    const { revocation, callOf } = await start(signedOut(), { ambient: false })
    const told = revocation.revoke(null)
    callOf().answer.reject(failure(404))
    expect([await told, reported.mock.calls]).toEqual([false, []])
  })

  test('changes nothing of a later sign-out', async () => {
    const { revocation, callOf, stored } = await start()
    const told = revocation.revoke(null, pendingOf({ id: 'earlier' }))
    callOf().answer.resolve(undefined)
    expect(await told).toBe(true)
    expect(stored().revocationPending).toEqual(pendingOf({ failed: false }))
  })

  test('is none of a user who has signed in meanwhile', async () => {
    const { revocation, callOf, store } = await start(signedOut({ revocationPending: undefined }))
    const told = revocation.revoke(null, pendingOf())
    callOf().answer.resolve(undefined)
    expect(await told).toBe(true)
    expect(store.calls).not.toContain('compareAndSet')
  })

  test('changes no record where nothing is pending', async () => {
    const { revocation, callOf, store } = await start()
    const told = revocation.revoke(null)
    callOf().answer.reject(failure(503))
    await told
    expect(store.calls).not.toContain('compareAndSet')
  })

  test.each([
    [undefined, false],
    [failure(404), false],
    [failure(503), true],
  ])('stays pending while a token request may bring the cookie again: after %s', async (error, failed) => {
    const pending = pendingOf({ leaseId: 'under-way', failed: false })
    const { revocation, callOf, stored } = await start(signedOut({ revocationPending: pending }))
    const told = revocation.revoke(null, pending)
    if (error) callOf().answer.reject(error)
    else callOf().answer.resolve(undefined)
    await told
    expect(stored().revocationPending).toEqual({ ...pending, failed })
  })

  test('is noted although another tab writes meanwhile, and given up after the third time', async () => {
    for (const [times, isNoted] of [
      [2, true],
      [3, false],
    ] as const) {
      const { revocation, callOf, store, stored } = await start()
      store.fail('compareAndSet', { answers: false }, times)
      const told = revocation.revoke(null, pendingOf())
      callOf().answer.resolve(undefined)
      await told
      expect(stored().revocationPending === undefined).toBe(isNoted)
    }
  })

  test('is compared with what another tab has written meanwhile', async () => {
    const { revocation, callOf, store, stored } = await start()
    const told = revocation.revoke(null, pendingOf())
    const later = { ...stored(), revision: 'r', revocationPending: pendingOf({ id: 'later' }) }
    store.content = later
    callOf().answer.resolve(undefined)
    await told
    expect(stored().revocationPending?.id).toBe('later')
  })
})

describe('a sign-out that a start has found outstanding', () => {
  test('is told once more, with whose session it was and how long ago, and without a token', async () => {
    const { revocation, callOf, stored, clock } = await start(signedOut({ revocationPending: pendingOf() }))
    await clock.advance(1501)
    revocation.revokeAgain(pendingOf())
    expect(callOf().context).toMatchObject({ accessToken: undefined, refreshToken: undefined, idToken: undefined })
    expect(callOf().context.signedOutSession).toEqual({
      subject: 'alice',
      sid: 'session-1',
      authTime: 1_700_000_000,
      secondsAgo: 62,
    })
    callOf().answer.resolve(undefined)
    await clock.settle()
    expect(stored().revocationPending).toBeUndefined()
  })

  test('was never in the future, whatever the clock says', async () => {
    const { revocation, callOf, clock } = await start()
    clock.jumpWall(-3_600_000)
    revocation.revokeAgain(pendingOf())
    expect(callOf().context.signedOutSession?.secondsAgo).toBe(0)
  })

  test('is waited for by a login', async () => {
    const { revocation, pendingCalls } = await start()
    revocation.revokeAgain(pendingOf())
    expect(pendingCalls.whenSettled()).toBeInstanceOf(Promise)
  })

  test('ends no session a third time if the second call failed, too', async () => {
    const repeated = pendingOf({ repeated: true, failed: false })
    const { revocation, callOf, stored, clock } = await start(signedOut({ revocationPending: repeated }))
    revocation.revokeAgain(repeated)
    callOf().answer.reject(failure(503))
    await clock.settle()
    expect(stored().revocationPending).toEqual({ ...repeated, failed: false })
  })
})
