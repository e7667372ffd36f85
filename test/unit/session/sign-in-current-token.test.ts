import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { allTicks, createSessionRig, takeTicks } from '../../support/session-rig.ts'
import { alice, signedOut, startSignedIn } from '../../support/sign-in-rig.ts'

describe('a sign-in with the current access token', () => {
  test.each([undefined, 'alice', 'bob'])(
    'is the same session and no newer token, whatever the subject: %s',
    async subject => {
      const { session, stored, id, told } = await startSignedIn()
      await session.signIn({ accessToken: 'access-1', subject })
      expect(session.state).toMatchObject({ sessionId: id, epoch: 1, generation: 0 })
      expect(session.state.credentials).toMatchObject({ refreshToken: 'refresh-1', subject: subject ?? 'alice' })
      expect(stored()).toMatchObject({ sessionId: id, generation: 0, credentials: { subject: subject ?? 'alice' } })
      expect(told).toEqual(['signed-in:this', 'signed-in:this'])
    },
  )

  test('leaves the lease, the backoff and the rejection of that token as they are', async () => {
    const { store, session, stored } = await startSignedIn()
    const lease = { id: 'theirs', generation: 0, startedAt: 0, underLock: false }
    store.content = { ...stored(), revision: 'refused', lease: lease, rejected: true, retryAt: 7, failures: 2 }
    await session.reread()
    await session.signIn({ accessToken: 'access-1' })
    expect(stored()).toMatchObject({ lease: lease, rejected: true, retryAt: 7, failures: 2 })
  })

  test('does not make that token younger than it is', async () => {
    const { clock, session } = createSessionRig()
    const same = { accessToken: 'access-1', expiresInSeconds: 300 }
    await session.signIn(same)
    const { credentials, monotonicSentAt } = session.state
    await clock.advance(60_000)
    await session.signIn(same)
    expect(session.state).toMatchObject({ monotonicSentAt, credentials: { sentAt: credentials?.sentAt } })
  })

  test('restores no session that another tab has signed out of', async () => {
    const { store, session, stored } = await startSignedIn()
    store.content = signedOut()
    await session.signIn(alice)
    expect(session.state).toMatchObject({ status: 'signed-out', sessionId: 'over' })
    expect(stored().credentials).toBeNull()
  })

  test.each([
    ['signed out', signedOut],
    ['wiped the storage', () => null],
  ])('restores no session, however close to reading that another tab has %s', async (_, record) => {
    for (const ticks of allTicks) {
      const { store, session, clock } = await startSignedIn()
      store.content = record()
      const reread = session.reread()
      await takeTicks(ticks)
      if (session.state.status === 'signed-out') break
      await Promise.all([reread, session.signIn(alice)])
      await clock.settle()
      const note = `after ${ticks} microtasks`
      expect(session.state.status, note).toBe('signed-out')
      expect((store.content as StoredRecord | null)?.credentials ?? null, note).toBeNull()
    }
  })

  test('counts if another user has signed in elsewhere since', async () => {
    const { store, session } = await startSignedIn()
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ accessToken: 'of-bob' }) })
    await session.reread()
    await session.signIn(alice)
    expect(session.state.credentials?.accessToken).toBe('access-1')
  })

  test('has no effect once that token was replaced, since its refresh token is used up', async () => {
    const { store, session, stored, id } = await startSignedIn()
    const credentials = credentialsOf({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    store.content = storedRecord({ sessionId: id, generation: 1, credentials })
    await session.reread()
    await session.signIn(alice)
    expect(session.state.credentials).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    expect(stored().credentials).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' })
  })
})
