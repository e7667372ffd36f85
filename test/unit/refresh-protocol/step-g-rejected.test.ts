import { describe, expect, test } from 'vitest'
import {
  createRefreshRig,
  createSignedInRig,
  newerTokens,
  oauthError,
  type RefreshRigOptions,
} from '../../support/refresh-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const startSent = async (options?: RefreshRigOptions) => {
  const rig = await createSignedInRig(options)
  const flight = rig.start()
  await rig.clock.settle()
  return { ...rig, flight }
}

describe('step g: rejected, and the store still holds the rejected token', () => {
  test.each([
    ['an answer of null', null],
    ['invalid_grant', oauthError('invalid_grant')],
    ['a 401', Object.assign(new Error('no'), { status: 401 })],
  ])('RF-09: by %s: the session is over, here and in the store', async (_name, answer) => {
    const { session, flight, call, stored, told } = await startSent()
    if (answer === null) call().answer.resolve(null)
    else call().answer.reject(answer)
    expect(await flight.done).toEqual({ kind: 'rejected', reason: 'refresh-rejected' })
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected', credentials: null })
    expect(stored()).toMatchObject({
      sessionId: session.state.sessionId,
      credentials: null,
      endedBy: 'refresh-rejected',
    })
    expect(told).toEqual(['signed-in:this', 'ended:this'])
  })

  test('RF-11: by invalid_client: the reason is a configuration error', async () => {
    const { session, flight, call } = await startSent()
    call().answer.reject(oauthError('invalid_client'))
    expect(await flight.done).toEqual({ kind: 'rejected', reason: 'misconfigured' })
    expect(session.state.endReason).toBe('misconfigured')
  })

  test('without a way to refresh it has expired', async () => {
    const { session, flight, call } = await startSent({ ports: { canRefresh: () => false } })
    call().answer.resolve(null)
    expect(await flight.done).toEqual({ kind: 'rejected', reason: 'expired' })
    expect(session.state.endReason).toBe('expired')
  })

  test('although another tab has leased the same token since, the session is over', async () => {
    const { store, session, flight, call, stored } = await startSent()
    const lease = { id: 'another', generation: 0, startedAt: 0, underLock: false }
    store.content = { ...stored(), revision: 'r', lease }
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe('rejected')
    expect([session.state.status, stored().credentials]).toEqual(['signed-out', null])
  })

  test('with reauthenticate the session is suspended: nothing is removed, and the rejection is in the record', async () => {
    const { session, flight, call, stored, told } = await startSent({ ports: { reauthenticate: async () => null } })
    call().answer.resolve(null)
    expect(await flight.done).toEqual({ kind: 'rejected', reason: 'refresh-rejected' })
    expect(session.state.status).toBe('signed-in')
    expect(stored()).toMatchObject({ generation: 0, rejected: true, credentials: { refreshToken: 'refresh-1' } })
    expect(stored().lease).toBeUndefined()
    expect(told).toEqual(['signed-in:this'])
  })

  test('a configuration error opens no dialog: the session ends', async () => {
    const { session, flight, call } = await startSent({ ports: { reauthenticate: async () => null } })
    call().answer.reject(oauthError('unauthorized_client'))
    await flight.done
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'misconfigured' })
  })

  test.each(['throws', 'rejects', 'hangs'] as const)(
    'if removing %s, the session is over here all the same',
    async fault => {
      const { store, clock, session, flight, call } = await startSent()
      store.fail('compareAndSet', fault, 1)
      call().answer.resolve(null)
      await clock.advance(2000)
      expect(flight.outcome?.kind).toBe('rejected')
      expect(session.state.status).toBe('signed-out')
    },
  )

  test('at an ambient start the status is signed-out, and no session has ended', async () => {
    const { clock, session, start, call, told } = createRefreshRig({ ambient: true })
    const flight = start(null, 'restore')
    await clock.settle()
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe('rejected')
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: null, epoch: 0 })
    expect(told).toEqual([])
  })

  test('at an ambient start after an end the reason of that end is still reported', async () => {
    const { store, clock, session, start, call } = createRefreshRig({ ambient: true })
    store.content = storedRecord({ credentials: null, endedBy: 'refresh-rejected' })
    const flight = start(null, 'restore')
    await clock.settle()
    call().answer.resolve(null)
    await flight.done
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
  })
})

describe('step g, promise 13, RT-09: rejected, and the store has moved on', () => {
  test.each([
    [
      'newer tokens of this session',
      'adopted',
      (id: string) => storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) }),
    ],
    [
      'another person',
      'superseded',
      () => storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) }),
    ],
  ])('to %s: that is followed, and an old rejection removes nothing of it', async (_name, kind, record) => {
    const { store, session, flight, call, id } = await startSent()
    const others = record(id)
    store.content = others
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe(kind)
    expect(store.content).toBe(others)
    expect(session.state).toMatchObject({ status: 'signed-in', sessionId: others.sessionId })
  })

  test('to newer tokens, however late they come, also between the read and the removal', async () => {
    const { store, session, flight, call, id } = await startSent()
    const held = store.hold('compareAndSet')
    call().answer.resolve(null)
    await held.reached
    const newer = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf(newerTokens) })
    store.content = newer
    held.open()
    expect((await flight.done).kind).toBe('adopted')
    expect(store.content).toBe(newer)
    expect(session.state).toMatchObject({ status: 'signed-in', generation: 1 })
  })

  test('to another refresh token under the same generation: that one is tried, once', async () => {
    const { store, clock, session, flight, call, calls, stored } = await startSent()
    store.content = { ...stored(), revision: 'r', lease: null, credentials: credentialsOf({ refreshToken: 'other' }) }
    call().answer.resolve(null)
    await clock.settle()
    expect(calls.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'other'])
    call(1).answer.resolve(newerTokens)
    expect((await flight.done).kind).toBe('refreshed')
    expect(session.state.credentials).toMatchObject(newerTokens)
  })

  test('to a sign-out: the refresh is superseded, and the sign-out stands', async () => {
    const { store, session, flight, call } = await startSent()
    const over = storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' })
    store.content = over
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe('superseded')
    expect(store.content).toBe(over)
    expect(session.state.endReason).toBe('signed-out')
  })

  test('after a new sign-in here the rejection of the old token ends nothing', async () => {
    const { session, flight, call, stored } = await startSent()
    await session.signIn({ accessToken: 'again', refreshToken: 'refresh-again', subject: 'alice' })
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe('adopted')
    expect(session.state.credentials?.refreshToken).toBe('refresh-again')
    expect(stored().credentials?.refreshToken).toBe('refresh-again')
  })

  test('to a store that cannot be read now: unavailable, and nothing ends by the rejection alone', async () => {
    const { store, clock, session, flight, call, id } = await startSent()
    store.content = storedRecord({ sessionId: id, generation: 1 })
    store.fail('read', 'rejects')
    call().answer.resolve(null)
    await clock.advance(2000)
    expect(flight.outcome?.kind).toBe('unavailable')
    expect(session.state.status).toBe('signed-in')
  })

  test('cookie mode: another tab’s generation is adopted, though both have no refresh token', async () => {
    const { store, session, flight, call, id } = await startSent({ ambient: true })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf({ refreshToken: null }) })
    call().answer.resolve(null)
    expect((await flight.done).kind).toBe('adopted')
    expect(session.state).toMatchObject({ status: 'signed-in', generation: 1 })
  })
})
