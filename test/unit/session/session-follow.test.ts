import { describe, expect, test } from 'vitest'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, createSessionRig, takeTicks } from '../../support/session-rig.ts'

const alice = { accessToken: 'of-alice', subject: 'alice' }
const bob = { accessToken: 'of-bob', subject: 'bob' }

/** Signed in as alice, and the store is what the test says when it is read again. */
const start = async () => {
  const rig = createSessionRig()
  await rig.session.signIn(alice)
  const { sessionId: id } = rig.session.state
  return { ...rig, id: String(id) }
}

describe('following the store, at the start', () => {
  test('no record: the status is signed-out, and no session has ended', async () => {
    const { session, told } = createSessionRig()
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: null, epoch: 0 })
    expect(told).toEqual([])
  })

  test('a session: it is restored, not signed in just now; its age is that of the wall clock alone', async () => {
    const { store, session, told } = createSessionRig()
    store.content = storedRecord({ generation: 4 })
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-in', sessionId: 'session-a', generation: 4, epoch: 1 })
    expect(session.state.monotonicSentAt).toBeNull()
    expect(told).toEqual(['restored:this'])
  })

  test('a session that ended: signed out, with the reason for the login page, and no event', async () => {
    const { store, session, told } = createSessionRig()
    store.content = storedRecord({ credentials: null, endedBy: 'refresh-rejected' })
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected', epoch: 0 })
    expect(told).toEqual([])
  })

  test('SG-04: a store that was cleared means signed out', async () => {
    const { session, told } = createSessionRig()
    await session.reread()
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: null })
    expect(told).toEqual([])
  })

  test('a record of a newer version: still unknown', async () => {
    const { store, session } = createSessionRig()
    store.content = storedRecord({ version: 3 })
    await session.reread()
    expect(session.state.status).toBe('unknown')
  })

  test.each(['throws', 'rejects'] as const)(
    'SG-03: a store that %s for two seconds: the status is signed-out',
    async fault => {
      const { store, clock, session } = createSessionRig()
      store.fail('all', fault)
      const reread = session.reread()
      await clock.advance(2000)
      await reread
      expect(session.state.status).toBe('signed-out')
    },
  )

  test('promise 9: a store that does not respond: the status is still unknown', async () => {
    const { store, clock, session } = createSessionRig()
    store.fail('all', 'hangs')
    const reread = session.reread()
    await clock.advance(2000)
    await reread
    expect(session.state.status).toBe('unknown')
  })

  test.each([
    ['nothing there', null],
    ['a session that ended', storedRecord({ credentials: null, endedBy: 'signed-out' })],
    [
      'a sign-out that the server may not know of',
      storedRecord({
        credentials: null,
        endedBy: 'signed-out',
        revocationPending: { id: 'a', subject: 'alice', signedOutAt: 0, calledAt: 0 },
      }),
    ],
    ['a session without a token', storedRecord({ credentials: credentialsOf({ accessToken: null }) })],
  ])('ambient, %s: still unknown, only the server knows', async (_name, content) => {
    const { store, session } = createSessionRig({ ambient: true })
    store.content = content
    await session.reread()
    expect(session.state.status).toBe('unknown')
  })

  test('promise 12: a user who signed in elsewhere while a sign-out here was written once more is followed', async () => {
    const { store, session, id } = await start()
    store.fail('overwrite', 'rejects', 1)
    const writing = store.hold('compareAndSet')
    const signedOut = session.signOut()
    await writing.reached
    expect(session.state).toMatchObject({ status: 'signed-out' })
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    writing.open()
    await signedOut
    expect(session.state).toMatchObject({ status: 'signed-in', sessionId: 'of-bob', credentials: { subject: 'bob' } })
    expect(session.state.sessionId).not.toBe(id)
  })
})

describe('following the store, while signed in', () => {
  test('a newer generation is adopted, in the same epoch', async () => {
    const { store, session, told, id } = await start()
    store.content = storedRecord({ sessionId: id, generation: 1 })
    await session.reread()
    expect(session.state).toMatchObject({ generation: 1, epoch: 1, monotonicSentAt: null })
    expect(told).toEqual(['signed-in:this', 'refreshed:other'])
  })

  test('a newer generation of a cookie session, which has no token to compare, is adopted', async () => {
    const { store, session, told } = createSessionRig()
    await session.signIn({ cookie: true, subject: 'alice' })
    store.content = { ...(store.content as object), revision: 'r', generation: 1 }
    await session.reread()
    expect(session.state.generation).toBe(1)
    expect(told).toEqual(['signed-in:this', 'refreshed:other'])
  })

  test('a record that this page knows already changes nothing, without an event', async () => {
    const { store, session, told } = await start()
    const before = session.state
    store.content = { ...(store.content as object), revision: 'r', failures: 1 }
    await session.reread()
    expect(session.state).toBe(before)
    expect(told).toEqual(['signed-in:this'])
  })

  test.each([0, -1])(
    'promise 16: a sign-in of the same user in a tab that had missed a refresh is adopted, although its generation is %i',
    async generation => {
      const { store, session, told, id } = await start()
      store.content = storedRecord({ sessionId: id, generation, credentials: credentialsOf({ accessToken: 'newest' }) })
      await session.reread()
      expect(session.state).toMatchObject({ epoch: 1, generation, credentials: { accessToken: 'newest' } })
      expect(told).toEqual(['signed-in:this', 'refreshed:other'])
    },
  )

  test('promise 12: another session is entered, and the former one has ended', async () => {
    const { store, session, told } = await start()
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    await session.reread()
    expect(session.state).toMatchObject({ sessionId: 'of-bob', epoch: 2, credentials: { subject: 'bob' } })
    expect(told).toEqual(['signed-in:this', 'ended:other', 'signed-in:other'])
  })

  test.each(['signed-out', 'refresh-rejected'] as const)(
    'promise 12: an end (%s) in another tab is one here',
    async endedBy => {
      const { store, session, told } = await start()
      store.content = storedRecord({ sessionId: 'over', credentials: null, endedBy })
      await session.reread()
      expect(session.state).toMatchObject({
        status: 'signed-out',
        sessionId: 'over',
        endReason: endedBy,
        credentials: null,
      })
      expect(told).toEqual(['signed-in:this', 'ended:other'])
    },
  )

  test('SG-04: a record once seen and now absent means signed out elsewhere', async () => {
    const { store, session, told } = await start()
    store.content = null
    await session.reread()
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
    expect(told).toEqual(['signed-in:this', 'ended:other'])
  })

  test('SG-03: garbage in its place means signed out elsewhere, too', async () => {
    const { store, session } = await start()
    store.content = { nothing: 'of ours' }
    await session.reread()
    expect(session.state.status).toBe('signed-out')
  })

  test('a record of a newer version in its place changes nothing: unavailable is not signed out', async () => {
    const { store, session, id } = await start()
    const before = session.state
    store.content = storedRecord({ version: 3, sessionId: id, generation: 9 })
    await session.reread()
    expect(session.state).toBe(before)
  })

  test.each(['throws', 'rejects', 'hangs'] as const)('SG-03: a store that %s now changes nothing', async fault => {
    const { store, clock, session } = await start()
    const before = session.state
    store.fail('all', fault)
    const reread = session.reread()
    await clock.advance(2000)
    await reread
    expect(session.state).toBe(before)
  })

  test('suspended, it stays so through a refresh in another tab', async () => {
    const { store, session, id } = await start()
    session.suspend(true)
    store.content = storedRecord({ sessionId: id, generation: 1 })
    await session.reread()
    expect(session.state).toMatchObject({ status: 'reauthenticating', generation: 1 })
  })
})

test('promise 13: an end of this page’s session, however close to reading another session, removes nothing of that', async () => {
  for (const ticks of allTicks) {
    const { store, session, clock } = await start()
    const bobs = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    store.content = bobs
    const reread = session.reread()
    await takeTicks(ticks)
    if (session.state.sessionId === 'of-bob') break
    await Promise.all([reread, session.end('refresh-rejected')])
    await clock.settle()
    expect(store.content, `after ${ticks} microtasks`).toBe(bobs)
  }
})

describe('an action on this page between the store’s response and its effect', () => {
  const acts = {
    'signed out': async ({ session }: Awaited<ReturnType<typeof start>>) => session.signOut(),
    'bob signed in': async ({ session }: Awaited<ReturnType<typeof start>>) => session.signIn(bob),
  } as const
  const found = {
    'an older session': () =>
      storedRecord({ sessionId: 'older', credentials: credentialsOf({ accessToken: 'stale' }) }),
    'a newer generation': (id: string) =>
      storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf({ accessToken: 'stale' }) }),
    'a sign-out': () => storedRecord({ sessionId: 'over', credentials: null, endedBy: 'signed-out' }),
    'nothing any more': () => null,
  } as const
  const cases = Object.entries(acts).flatMap(([act, happens]) =>
    Object.entries(found).map(([name, record]) => [act, name, happens, record] as const),
  )

  test.each(cases)(
    'RT-06: %s, however close to reading %s: the action of this page is newer, and stays',
    async (...arranged) => {
      const [, , happens, record] = arranged
      for (const ticks of allTicks) {
        const rig = await start()
        rig.store.content = record(rig.id)
        const held = rig.store.hold('read', 'before')
        const reread = rig.session.reread()
        held.open()
        await takeTicks(ticks)
        const done = happens(rig)
        const expected = rig.session.state
        await Promise.all([reread, done])
        await rig.clock.settle()
        expect(rig.session.state, `after ${ticks} microtasks`).toBe(expected)
        expect(rig.store.content, `after ${ticks} microtasks`).toMatchObject({ sessionId: expected.sessionId })
      }
    },
  )

  test.each(Object.entries(found))(
    'promise 12: alice signs in again, however close to reading %s: her token counts, in her session only if that continues',
    async (name, record) => {
      for (const ticks of allTicks) {
        const { store, session, clock, id } = await start()
        store.content = record(id)
        const held = store.hold('read', 'before')
        const reread = session.reread()
        held.open()
        await takeTicks(ticks)
        const [goesOn, done] = [session.state.sessionId === id, session.signIn({ ...alice, accessToken: 'again' })]
        expect(session.state.credentials?.accessToken).toBe('again')
        await Promise.all([reread, done])
        await clock.settle()
        const note = `after ${ticks} microtasks`
        expect(session.state.credentials?.accessToken, note).toBe('again')
        expect(session.state.sessionId === id, note).toBe(name === 'a newer generation')
        expect(goesOn || name !== 'a newer generation', note).toBe(true)
        expect(store.content, note).toMatchObject({
          sessionId: session.state.sessionId,
          generation: session.state.generation,
          credentials: { accessToken: 'again' },
        })
      }
    },
  )
})
