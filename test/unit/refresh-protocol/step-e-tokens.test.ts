import { describe, expect, test } from 'vitest'
import { aliceTokens, createRefreshRig, createSignedInRig, newerTokens } from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

/** Alice's token is on its way to the token endpoint. */
const startSent = async (options?: Parameters<typeof createSignedInRig>[0]) => {
  const rig = await createSignedInRig(options)
  const flight = rig.start()
  await rig.clock.settle()
  return { ...rig, flight }
}

describe('step e: tokens came', () => {
  test('RF-08: they are in the store before the session or a waiting request has them', async () => {
    const { store, clock, session, flight, call, stored } = await startSent()
    const held = store.hold('compareAndSet', 'before')
    call().answer.resolve(newerTokens)
    await held.reached
    await clock.settle()
    expect(stored()).toMatchObject({ generation: 1, credentials: newerTokens })
    expect([session.state.generation, flight.outcome]).toEqual([0, undefined])
    held.open()
    expect((await flight.done).kind).toBe('refreshed')
    expect(session.state).toMatchObject({ generation: 1, credentials: newerTokens })
  })

  test('their record has no lease, no backoff and no failures left', async () => {
    const { store, clock, start, call, stored } = await createSignedInRig()
    store.content = { ...stored(), revision: 'r', failures: 3, retryAt: clock.wallMs() - 1 }
    start()
    await clock.settle()
    call().answer.resolve(newerTokens)
    await clock.settle()
    const { lease, failures, retryAt, rejected } = stored()
    expect([lease ?? null, failures, retryAt, rejected]).toEqual([null, undefined, undefined, undefined])
  })

  test('their record keeps the backoff that another tab has set since they were requested', async () => {
    const { store, clock, flight, call, stored } = await startSent()
    // That tab took this one for lost, sent the token too, and was told a Retry-After.
    const later = { failures: 2, retryAt: clock.wallMs() + 20_000 }
    store.content = { ...stored(), ...later, revision: 'of-another-tab', lease: null }
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    expect(stored()).toMatchObject({ ...later, generation: 1, credentials: newerTokens })
  })

  test('TM-05: their age is counted from when they were requested, by both clocks', async () => {
    const { clock, session, flight, call } = await startSent()
    const [sentAt, monotonicSentAt] = [clock.wallMs(), clock.monotonicMs()]
    await clock.advance(4000)
    call().answer.resolve({ ...newerTokens, expiresInSeconds: 300 })
    await flight.done
    expect(session.state).toMatchObject({ monotonicSentAt, credentials: { sentAt, lifetimeMs: 300_000 } })
  })

  test('RF-07: members that the response leaves out stay as they were', async () => {
    const { session, flight, call } = await startSent()
    call().answer.resolve({ access_token: 'access-2' })
    await flight.done
    expect(session.state.credentials).toMatchObject({ refreshToken: 'refresh-1', subject: 'alice' })
  })

  test.each(['throws', 'rejects', 'hangs'] as const)(
    'RF-08: if saving %s, they are in memory, the failure is reported, and the next refresh sends the new token',
    async fault => {
      const { store, clock, session, told, flight, call, start } = await startSent()
      store.fail('compareAndSet', fault, 1)
      call().answer.resolve(newerTokens)
      await clock.advance(2000)
      expect(flight.outcome?.kind).toBe('refreshed')
      expect(session.state.credentials).toMatchObject(newerTokens)
      expect(told).toContain('store-failed:write')
      start()
      await clock.settle()
      expect(call(1).refreshToken).toBe('refresh-2')
    },
  )

  test('RF-08: if saving failed, they are saved with the next read of the store', async () => {
    const { store, session, flight, call, stored } = await startSent()
    store.fail('compareAndSet', 'rejects', 2)
    store.fail('remove', 'rejects', 1)
    call().answer.resolve(newerTokens)
    await flight.done
    expect(stored().credentials?.refreshToken).toBe('refresh-1')
    await session.reread()
    expect(stored()).toMatchObject({ generation: 1, credentials: newerTokens })
  })

  test.each(['lands-then-throws', 'lands-then-rejects', 'lands-then-hangs'] as const)(
    'if saving %s they count as saved, and are neither dropped nor requested again',
    async fault => {
      const { store, clock, session, flight, call, discarded } = await startSent()
      store.fail('compareAndSet', fault, 1)
      call().answer.resolve(newerTokens)
      await clock.advance(2000)
      expect(flight.outcome?.kind).toBe('refreshed')
      expect([session.state.generation, discarded.length]).toEqual([1, 0])
    },
  )

  test('an irrelevant write meanwhile (a later lease on the same token) does not lose them', async () => {
    const { store, session, flight, call, stored } = await startSent()
    store.content = {
      ...stored(),
      revision: 'r',
      lease: { id: 'another', generation: 0, startedAt: 0, underLock: false },
    }
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    expect(stored()).toMatchObject({ generation: 1, credentials: newerTokens })
    expect(session.state.generation).toBe(1)
  })
})

describe('step e: the same user signed in meanwhile without a refresh token', () => {
  test('the rotated refresh token is kept beside the newer access token, and nothing is discarded', async () => {
    const { store, session, flight, call, stored, discarded, id } = await startSent()
    const stepUp = credentialsOf({ accessToken: 'access-of-step-up' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: stepUp })
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    const { refreshToken } = newerTokens
    expect(stored()).toMatchObject({ generation: 2, credentials: { accessToken: 'access-of-step-up', refreshToken } })
    expect(session.state).toMatchObject({
      generation: 2,
      credentials: { accessToken: 'access-of-step-up', refreshToken },
    })
    expect(discarded).toEqual([])
  })

  test('A store that cannot be read just then loses nothing: the used token is not sent again', async () => {
    const { store, session, flight, call, calls, stored, discarded } = await startSent()
    await session.signIn({ accessToken: 'access-of-step-up', subject: 'alice' })
    store.fail('read', 'rejects', 2)
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    const { refreshToken } = newerTokens
    expect(stored()).toMatchObject({ credentials: { accessToken: 'access-of-step-up', refreshToken } })
    expect(session.state.credentials).toMatchObject({ accessToken: 'access-of-step-up', refreshToken })
    expect([calls.length, discarded]).toEqual([1, []])
  })

  test('A store that fails at every call from then on: the newer token is in memory', async () => {
    const { store, session, flight, call, calls } = await startSent()
    await session.signIn({ accessToken: 'access-of-step-up', subject: 'alice' })
    store.fail('all', 'rejects')
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    const { refreshToken } = newerTokens
    expect(session.state.credentials).toMatchObject({ accessToken: 'access-of-step-up', refreshToken })
    expect(calls.length).toBe(1)
  })
})

describe('step e: tokens came too late', () => {
  test.each([
    ['a sign-out', 'superseded', () => storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })],
    [
      'another person',
      'superseded',
      () =>
        storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob', refreshToken: 'of-bob' }) }),
    ],
    ['nothing any more', 'superseded', () => null],
  ])('RT-06: another tab left %s: they are dropped and discarded, and its record is followed', async (...arranged) => {
    const [, kind, record] = arranged
    const { store, session, flight, call, discarded } = await startSent()
    const others = record()
    store.content = others
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe(kind)
    expect(store.content).toBe(others)
    expect(discarded).toMatchObject([newerTokens])
    expect(session.state.sessionId === others?.sessionId || others === null).toBe(true)
    expect(JSON.stringify(session.state)).not.toContain('refresh-2')
  })

  test('RT-06: another tab left newer tokens of this session: they are dropped, and none of its family is revoked', async () => {
    const { store, session, flight, call, discarded, id } = await startSent()
    const credentials = credentialsOf({ refreshToken: 'refresh-of-another' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('adopted')
    expect([session.state.credentials?.refreshToken, discarded]).toEqual(['refresh-of-another', []])
  })

  test('promise 12: after a sign-out here they are dropped and discarded, and nothing restores the session', async () => {
    const { session, flight, call, discarded, stored } = await startSent()
    await session.signOut()
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('superseded')
    expect(discarded).toMatchObject([newerTokens])
    expect([session.state.status, stored().credentials]).toEqual(['signed-out', null])
  })

  test('promise 12: after a sign-in of another user here they are dropped and discarded', async () => {
    const { session, flight, call, discarded, stored } = await startSent()
    await session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('superseded')
    expect(discarded).toMatchObject([newerTokens])
    expect([session.state.credentials?.accessToken, stored().credentials?.accessToken]).toEqual(['of-bob', 'of-bob'])
  })

  test('after a new sign-in of the same user here they are dropped, and nothing of the session is revoked', async () => {
    const { session, flight, call, discarded, stored } = await startSent()
    await session.signIn({ ...aliceTokens, accessToken: 'again', refreshToken: 'refresh-again' })
    call().answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('adopted')
    expect(discarded).toEqual([])
    expect(stored()).toMatchObject({ generation: 1, credentials: { refreshToken: 'refresh-again' } })
    expect(session.state.credentials?.refreshToken).toBe('refresh-again')
  })
})

describe('step e: tokens of another user came', () => {
  const bobs = { accessToken: 'of-bob', refreshToken: 'refresh-of-bob', subject: 'bob' }

  test('they are dropped and discarded, and the session is over as replaced', async () => {
    const { session, flight, call, discarded, told } = await startSent()
    call().answer.resolve(bobs)
    expect((await flight.done).kind).toBe('superseded')
    expect(discarded).toMatchObject([bobs])
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'replaced' })
    expect(told).toEqual(['signed-in:this', 'ended:this'])
  })

  test('they end the session, which is not restored when the store is read again', async () => {
    const { session, flight, call, stored } = await startSent()
    call().answer.resolve(bobs)
    await flight.done
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'replaced' })
    expect(stored()).toMatchObject({ credentials: null, endedBy: 'replaced' })
  })

  test('at an ambient start they simply name the user who is signed in', async () => {
    const { store, clock, session, start, call } = createRefreshRig({ ambient: true })
    store.content = storedRecord({
      credentials: credentialsOf({ accessToken: null, refreshToken: null, subject: 'alice' }),
    })
    const flight = start(null, 'restore')
    await clock.settle()
    call().answer.resolve({ accessToken: 'of-bob', subject: 'bob' })
    expect((await flight.done).kind).toBe('refreshed')
    expect(session.state).toMatchObject({ status: 'signed-in', generation: 0, credentials: { subject: 'bob' } })
    expect(session.state.sessionId).not.toBe('session-a')
  })
})
