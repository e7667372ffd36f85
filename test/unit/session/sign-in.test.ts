import { describe, expect, test } from 'vitest'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, createSessionRig, takeTicks } from '../../support/session-rig.ts'
import { signedOut, startSignedIn, stepUp } from '../../support/sign-in-rig.ts'

describe('a sign-in that continues a session which another tab has signed out of', () => {
  test.each([
    ['signed out', signedOut],
    ['signed in anew', () => storedRecord({ sessionId: 'newer' })],
    ['wiped', () => null],
  ])('starts another, without the former refresh token: %s there', async (_name, record) => {
    const { store, session, stored, id, told } = await startSignedIn()
    store.content = record()
    await session.signIn(stepUp)
    expect(session.state.sessionId).not.toBe(id)
    expect(stored()).toMatchObject({
      sessionId: session.state.sessionId,
      generation: 0,
      credentials: { accessToken: 'stepped-up', refreshToken: null },
    })
    expect(JSON.stringify([stored(), session.state])).not.toContain('refresh-1')
    expect(told.slice(-2)).toEqual(['ended:this', 'signed-in:this'])
  })

  test('counts at once all the same, and nothing that is read meanwhile takes that back', async () => {
    const { store, session } = await startSignedIn()
    store.content = signedOut()
    const held = store.hold('compareAndSet', 'before')
    const done = session.signIn(stepUp)
    expect(session.state.credentials?.accessToken).toBe('stepped-up')
    await held.reached
    await session.reread()
    expect(session.state.credentials?.accessToken).toBe('stepped-up')
    held.open()
    await done
    expect(session.state.credentials).toMatchObject({ accessToken: 'stepped-up', refreshToken: null })
  })

  test('is over if the user signs out here before it is stored', async () => {
    for (const ticks of allTicks) {
      const { store, session, stored, clock } = await startSignedIn()
      store.content = signedOut()
      const done = session.signIn(stepUp)
      await takeTicks(ticks)
      await Promise.all([done, session.signOut()])
      await clock.settle()
      const note = `after ${ticks} microtasks`
      expect(session.state, note).toMatchObject({ status: 'signed-out', credentials: null })
      expect(stored().credentials, note).toBeNull()
    }
  })

  test('is Bob’s if he signs in here before it is stored', async () => {
    for (const ticks of allTicks) {
      const { store, session, stored, clock } = await startSignedIn()
      store.content = signedOut()
      const done = session.signIn(stepUp)
      await takeTicks(ticks)
      await Promise.all([done, session.signIn({ accessToken: 'of-bob', subject: 'bob' })])
      await clock.settle()
      const note = `after ${ticks} microtasks`
      expect(session.state.credentials?.accessToken, note).toBe('of-bob')
      expect(stored().credentials?.accessToken, note).toBe('of-bob')
    }
  })

  test('follows a sign-out that comes after it was stored', async () => {
    const { store, session } = await startSignedIn()
    const held = store.hold('compareAndSet', 'before')
    const done = session.signIn(stepUp)
    await held.reached
    store.content = signedOut()
    await session.reread()
    held.open()
    await done
    expect(session.state).toMatchObject({ status: 'signed-out', sessionId: 'over' })
  })
})

describe('two actions of this page at once', () => {
  test.each(['before', 'after'] as const)(
    'a sign-out counts while an end is stored (%s it is stored)',
    async effect => {
      const { store, session, stored, clock } = await startSignedIn()
      const held = store.hold('compareAndSet', effect)
      const ending = session.end('refresh-rejected')
      await held.reached
      const done = session.signOut()
      held.open()
      await Promise.all([ending, done])
      await clock.settle()
      expect(stored()).toMatchObject({ credentials: null, endedBy: 'signed-out' })
      expect(session.state).toMatchObject({ status: 'signed-out', sessionId: stored().sessionId })
    },
  )

  test('of two sign-ins the second counts, although the first ends earlier and another tab has signed out', async () => {
    const { store, session } = await startSignedIn()
    store.content = signedOut()
    const [first, second] = [store.hold('compareAndSet'), store.hold('compareAndSet')]
    const one = session.signIn(stepUp)
    const two = session.signIn({ ...stepUp, accessToken: 'stepped-up-again' })
    first.open()
    await one
    await session.reread()
    second.open()
    await two
    expect(session.state.credentials?.accessToken).toBe('stepped-up-again')
  })

  test('a sign-in is not taken back while it is stored, although the end of the former session is stored meanwhile', async () => {
    const { store, session } = await startSignedIn()
    const ending = store.hold('compareAndSet')
    const ended = session.end('expired')
    await ending.reached
    const writing = store.hold('overwrite')
    const done = session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    ending.open()
    await ended
    store.content = storedRecord({ sessionId: 'other' })
    await session.reread()
    expect(session.state.credentials?.accessToken).toBe('of-bob')
    writing.open()
    await done
  })
})

describe('a sign-in that continues a session which has moved in another tab', () => {
  test('continues with the refresh token that the other tab was given', async () => {
    const { store, session, stored, id, told } = await startSignedIn()
    const credentials = credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    await session.signIn(stepUp)
    const expected = { accessToken: 'stepped-up', refreshToken: 'refresh-2' }
    expect(stored()).toMatchObject({ sessionId: id, generation: 2, credentials: expected })
    expect(session.state).toMatchObject({ sessionId: id, epoch: 1, generation: 2, credentials: expected })
    expect(told).toEqual(['signed-in:this', 'signed-in:this'])
  })

  test('keeps the other tab’s lease on the refresh token that stays in use', async () => {
    const { store, session, stored, id } = await startSignedIn()
    const lease = { id: 'theirs', generation: 0, startedAt: 0, underLock: false }
    store.content = { ...stored(), revision: 'leased', lease }
    await session.signIn(stepUp)
    expect(stored()).toMatchObject({ sessionId: id, generation: 1, lease, credentials: { refreshToken: 'refresh-1' } })
  })

  test.each(['throws', 'rejects', 'hangs'] as const)('goes on in memory where the store %s', async fault => {
    const { store, session, clock, id } = await startSignedIn()
    store.fail('all', fault)
    const done = session.signIn(stepUp)
    await clock.advance(10_000)
    await done
    expect(session.state).toMatchObject({ sessionId: id, credentials: { accessToken: 'stepped-up' } })
    store.mend()
    await session.reread()
    expect(store.content).toMatchObject({ sessionId: id, credentials: { accessToken: 'stepped-up' } })
  })
})

// Found by the random worlds: the backoff was forgotten, and the next refresh began before it was over.
test('promise 8: a step-up keeps the backoff that the server asked for, as long as its refresh token stays', async () => {
  const { store, session, stored } = await startSignedIn()
  store.content = { ...stored(), retryAt: 4711, failures: 2 }
  await session.reread()
  await session.signIn(stepUp)
  expect(stored()).toMatchObject({ retryAt: 4711, failures: 2, credentials: { refreshToken: 'refresh-1' } })
  await session.signIn({ accessToken: 'access-2', refreshToken: 'refresh-2', subject: 'alice' })
  expect(stored().retryAt).toBeUndefined()
})

// Found by the random worlds: every request that missed the key of a DPoP session ended that session once more.
test('an end that is not stored yet is not undone by a read that began before it', async () => {
  const { store, session, stored, told } = await startSignedIn()
  const held = store.hold('compareAndSet', 'after')
  const done = session.end('key-lost')
  await held.reached
  await session.reread()
  expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'key-lost' })
  held.open()
  await done
  await session.reread()
  expect(session.state).toMatchObject({ status: 'signed-out', credentials: null })
  expect([stored().credentials, told]).toEqual([null, ['signed-in:this', 'ended:this']])
})

test('a sign-in with the current refresh token continues the session, unless it names another user', async () => {
  const { session } = createSessionRig()
  await session.signIn({ accessToken: 'access-1', refreshToken: 'refresh-1' })
  const { sessionId: id } = session.state
  await session.signIn({ accessToken: 'access-2', refreshToken: 'refresh-1', subject: 'alice' })
  expect(session.state).toMatchObject({ sessionId: id, generation: 1 })
  await session.signIn({ accessToken: 'access-3', refreshToken: 'refresh-1', subject: 'bob' })
  expect(session.state.sessionId).not.toBe(id)
})

test('A step-up never stores the refresh token that another tab has used up, however lately its successor was read', async () => {
  for (const ticks of allTicks) {
    const { store, session, stored, clock, id } = await startSignedIn()
    store.content = storedRecord({
      sessionId: id,
      generation: 1,
      credentials: credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2' }),
    })
    const reading = session.reread()
    await takeTicks(ticks)
    await Promise.all([reading, session.signIn(stepUp)])
    await clock.settle()
    const continued = { accessToken: 'stepped-up', refreshToken: 'refresh-2' }
    expect(stored(), `after ${ticks} microtasks`).toMatchObject({
      sessionId: id,
      generation: 2,
      credentials: continued,
    })
    expect(session.state.credentials, `after ${ticks} microtasks`).toMatchObject(continued)
  }
})
