import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { createSessionRig } from '../../support/session-rig.ts'

const alice = { accessToken: 'access-1', refreshToken: 'refresh-1', subject: 'alice' }

/** Alice is signed in, and what follows is recorded. */
const start = async (input: object = alice) => {
  const rig = createSessionRig()
  await rig.session.signIn(input)
  const events: unknown[] = []
  for (const type of ['signed-in', 'refreshed', 'ended'] as const) {
    rig.session.listenersOf(type).add(event => void events.push(event))
  }
  return { ...rig, events, id: String(rig.session.state.sessionId) }
}

describe('the events of a session', () => {
  test('after a sign-in with the current token name the user and the claims of that sign-in', async () => {
    const { session, events } = await start({ accessToken: 'access-1' })
    const credentials = session.state.credentials
    await session.signIn({ ...alice, accessToken: 'access-1' })
    expect(credentials?.subject).toBeNull()
    expect(events).toEqual([
      { type: 'signed-in', epoch: 1, generation: 0, tab: 'this', subject: 'alice', claims: null },
    ])
  })

  test('after a refresh of another tab say so, and no duration: this tab has not measured it', async () => {
    const { store, session, events, id } = await start()
    store.content = storedRecord({ sessionId: id, generation: 1, credentials: credentialsOf({ accessToken: 'newer' }) })
    await session.reread()
    expect(events).toEqual([
      { type: 'refreshed', epoch: 1, generation: 1, tab: 'other', cause: 'expiring', durationMs: null },
    ])
  })

  test('are none where another tab writes the same token with a higher generation', async () => {
    const { store, session, events } = await start()
    store.content = { ...(store.content as StoredRecord), revision: 'higher', generation: 1 }
    await session.reread()
    expect([session.state.generation, events]).toEqual([1, []])
  })

  test('after a refresh of this tab have the time since it started', async () => {
    const { session, records, events, clock } = await start()
    await clock.advance(1000)
    const credentials = credentialsOf({ accessToken: 'newer' })
    session.applyRenewal({ ...(records.latest as StoredRecord), generation: 1, credentials }, 500, {
      cause: 'expired',
      startedMs: 400,
    })
    expect(events).toEqual([
      { type: 'refreshed', epoch: 1, generation: 1, tab: 'this', cause: 'expired', durationMs: 600 },
    ])
  })

  test('after a sign-out and after an end name this tab, the reason and the user', async () => {
    const first = await start()
    await first.session.signOut()
    const second = await start()
    await second.session.end('key-lost')
    expect([first.events, second.events]).toEqual([
      [{ type: 'ended', epoch: 2, generation: 0, tab: 'this', reason: 'signed-out', subject: 'alice' }],
      [{ type: 'ended', epoch: 2, generation: 0, tab: 'this', reason: 'key-lost', subject: 'alice' }],
    ])
  })
})

describe('other tabs', () => {
  test.each<[string, (rig: Awaited<ReturnType<typeof start>>) => Promise<void>]>([
    ['a sign-in', ({ session }) => session.signIn({ accessToken: 'access-2', subject: 'alice' })],
    ['an end', ({ session }) => session.end('refresh-rejected')],
  ])('are notified of %s once, with the session that it led to', async (_, act) => {
    const rig = await start()
    rig.announced.length = 0
    await act(rig)
    expect(rig.announced).toEqual([rig.session.state.sessionId])
  })

  // An app goes to another page as soon as the session has ended: then nothing runs here any more when it is stored.
  test('are notified of a sign-out at once, and again when it is stored', async () => {
    const { session, store, announced } = await start()
    const told = () => announced.length
    const [before, held] = [told(), store.hold('overwrite')]
    const done = session.signOut()
    expect(told()).toBe(before + 1)
    held.open()
    await done
    expect(told()).toBe(before + 2)
  })
})

describe('a sign-in that continues a session in a store without tokens', () => {
  test('keeps the refresh token of this tab where another tab has written meanwhile', async () => {
    const { store, session, id } = await start()
    const credentials = credentialsOf({ accessToken: null, refreshToken: null, tokensElsewhere: true })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    await session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    const expected = { accessToken: 'stepped-up', refreshToken: 'refresh-1' }
    expect(session.state).toMatchObject({ sessionId: id, epoch: 1, credentials: expected })
    expect(store.content).toMatchObject({ sessionId: id, credentials: expected })
  })

  test('has a higher generation than the record that other tabs have written since, which this tab does not follow', async () => {
    const { store, session, id } = await start()
    const credentials = credentialsOf({ accessToken: null, refreshToken: null, tokensElsewhere: true })
    store.content = storedRecord({ sessionId: id, generation: 5, credentials })
    await session.reread()
    expect(session.state.generation).toBe(0)
    await session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    expect([session.state.generation, (store.content as StoredRecord).generation]).toEqual([6, 6])
  })
})

describe('the age of a token', () => {
  test('counts from the sign-in that first named its lifetime', async () => {
    const { session, clock } = await start({ accessToken: 'access-1' })
    await clock.advance(60_000)
    await session.signIn({ accessToken: 'access-1', expiresInSeconds: 300 })
    expect(session.state).toMatchObject({
      monotonicSentAt: 60_000,
      credentials: { lifetimeMs: 300_000, sentAt: clock.wallMs() },
    })
    await clock.advance(60_000)
    await session.signIn({ accessToken: 'access-1', expiresInSeconds: 300 })
    expect(session.state.monotonicSentAt).toBe(60_000)
  })

  test('counts anew for a newer token', async () => {
    const { session, clock } = await start({ ...alice, expiresInSeconds: 300 })
    await clock.advance(60_000)
    await session.signIn({ accessToken: 'access-2', subject: 'alice', expiresInSeconds: 300 })
    expect(session.state.monotonicSentAt).toBe(60_000)
  })
})

describe('a dialog of an ambient strategy that returns a cookie without a user', () => {
  const suspended = async () => {
    const rig = createSessionRig({ ambient: true })
    await rig.session.signIn({ cookie: true, subject: 'alice' })
    const { sessionId: id } = rig.session.state
    rig.session.suspend(true)
    return { ...rig, id }
  }

  test('continues the session, but no request is sent before the server has named the user', async () => {
    const { session, id } = await suspended()
    await session.signIn({ cookie: true })
    expect(session.state).toMatchObject({
      sessionId: id,
      credentials: { subject: 'alice', lifetimeMs: 0, tokensElsewhere: true, ownerUnverified: true },
    })
  })

  test.each<[string, object]>([
    ['names the user', { cookie: true, subject: 'alice' }],
    ['brings a token', { accessToken: 'access-2' }],
  ])('is believed if it %s', async (_, input) => {
    const { session } = await suspended()
    await session.signIn(input)
    expect(session.state.credentials).not.toHaveProperty('ownerUnverified')
  })

  test('closes the dialog if it brings a newer token of the same user', async () => {
    const { session, id } = await suspended()
    await session.signIn({ accessToken: 'access-2', subject: 'alice' })
    expect(session.state).toMatchObject({ status: 'signed-in', sessionId: id, generation: 1 })
  })

  test('is believed where the strategy is not ambient, or no user was signed in', async () => {
    const [tokens, signedOut] = [createSessionRig(), createSessionRig({ ambient: true })]
    await tokens.session.signIn({ cookie: true, subject: 'alice' })
    for (const { session } of [tokens, signedOut]) {
      session.suspend(true)
      await session.signIn({ cookie: true })
      expect(session.state.status).toBe('signed-in')
      expect(session.state.credentials).not.toHaveProperty('ownerUnverified')
    }
  })

  test('begins another session if no dialog is open', async () => {
    const { session, id } = await suspended()
    session.resume()
    await session.signIn({ cookie: true })
    expect(session.state.sessionId).not.toBe(id)
    expect(session.state.credentials).not.toHaveProperty('ownerUnverified')
  })
})

describe('without a session', () => {
  test('a record that was renewed is taken over, whichever session it is of', async () => {
    const { session } = createSessionRig()
    await session.reread()
    session.applyRenewal(storedRecord({ sessionId: 'any' }), 77, { cause: 'manual', startedMs: 0 })
    expect(session.state).toMatchObject({ status: 'signed-in', sessionId: 'any', monotonicSentAt: 77 })
  })

  test('an end that is not stored, since the store holds another session, leaves that alone', async () => {
    const { store, session } = createSessionRig()
    await session.reread()
    const other = storedRecord({ sessionId: 'other' })
    store.content = other
    const { length } = store.calls
    await session.end('expired')
    expect([store.content, store.calls.slice(length)]).toEqual([other, []])
  })
})

describe('a sign-in that continues a session', () => {
  const stepUp = { accessToken: 'stepped-up', subject: 'alice' }

  test('is one call of the store, and one more generation', async () => {
    const { store, session } = await start()
    const { length } = store.calls
    await session.signIn(stepUp)
    expect(store.calls.slice(length)).toEqual(['compareAndSet'])
    expect(session.state.generation).toBe(1)
  })

  test('is not repeated if it was stored although the store said otherwise', async () => {
    const { store, session } = await start()
    store.fail('compareAndSet', 'lands-then-rejects', 1)
    const { length } = store.calls
    await session.signIn(stepUp)
    expect(store.calls.slice(length)).toEqual(['compareAndSet', 'read'])
    expect([session.state.generation, session.records.state]).toEqual([1, 'synced'])
  })

  test('waits for a slow store once', async () => {
    const { store, session, clock } = await start()
    store.fail('all', 'hangs')
    let isStored = false
    const done = session.signIn(stepUp).then(() => {
      isStored = true
    })
    await clock.advance(2000)
    expect(isStored).toBe(true)
    await done
  })

  test('writes nothing over the record of a newer release', async () => {
    const { store, session } = await start()
    const newer = storedRecord({ version: 3 })
    store.content = newer
    await session.reread()
    await session.signIn(stepUp)
    expect(store.content).toBe(newer)
    expect(session.state.credentials?.accessToken).toBe('stepped-up')
  })
})

test('a sign-in that meets a newer write of another tab each time is tried ten times, and then starts another session', async () => {
  const { store, session, id } = await start()
  let refreshes = 0
  store.compareAndSet = () => {
    refreshes += 1
    store.content = storedRecord({ sessionId: id, generation: refreshes })
    return false
  }
  await session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
  expect(refreshes).toBe(10)
  expect(session.state.sessionId).not.toBe(id)
  expect(store.content).toMatchObject({
    sessionId: session.state.sessionId,
    credentials: { accessToken: 'stepped-up', refreshToken: null },
  })
})
