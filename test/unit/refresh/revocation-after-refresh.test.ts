import { describe, expect, test } from 'vitest'
import type { Lease, StoredRecord } from '../../../src/session/session-store.ts'
import { pendingOf, signedOut, createRevocationRig as start } from '../../support/revocation-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

describe('a token request that ends after a sign-out', () => {
  const own: Lease = { id: 'own', generation: 0, startedAt: 0, underLock: false }
  const another: Lease = { ...own, id: 'another' }
  const claims = { sid: 'session-1', auth_time: 1_700_000_000 }
  /** The record that the token request was leased in. */
  const leased: StoredRecord = {
    version: 2,
    revision: 'leased',
    sessionId: 'main',
    generation: 0,
    credentials: credentialsOf({ claims }),
    lease: own,
  }
  const pending = pendingOf({ leaseId: 'own', failed: false })

  test('tells the server again, since its cookie came later, and takes its lease out of the record', async () => {
    const { revocation, clock, calls, callOf, stored } = await start(
      signedOut({ lease: own, revocationPending: pending }),
    )
    revocation.noteRefreshEnded(leased, true)
    await clock.settle()
    expect(calls).toHaveLength(1)
    expect(callOf().context.signedOutSession).toMatchObject({ subject: 'alice', secondsAgo: 60 })
    expect(stored()).toMatchObject({
      lease: null,
      revocationPending: { calledAt: clock.wallMs(), failed: false, signedOutAt: pending.signedOutAt },
    })
    // The response to the call before this one says nothing of the newer cookie.
    expect(stored().revocationPending?.id).not.toBe(pending.id)
    expect(stored().revocationPending?.leaseId).toBeUndefined()
    callOf().answer.resolve(undefined)
    await clock.settle()
    expect(stored().revocationPending).toBeUndefined()
  })

  test('tells the server again also if it had heard of the sign-out', async () => {
    const { revocation, clock, callOf, stored } = await start(signedOut({ revocationPending: undefined }))
    revocation.noteRefreshEnded(leased, true)
    await clock.settle()
    expect(callOf().context.signedOutSession).toEqual({
      subject: 'alice',
      sid: 'session-1',
      authTime: 1_700_000_000,
      secondsAgo: 0,
    })
    expect(stored().revocationPending).toMatchObject({ id: expect.stringMatching(/\d/), failed: false })
  })

  test('is waited for by a login, until the server has heard', async () => {
    const { revocation, clock, pendingCalls, callOf } = await start(signedOut({ lease: own }))
    revocation.noteRefreshEnded(leased, true)
    expect(pendingCalls.whenSettled()).toBeInstanceOf(Promise)
    await clock.settle()
    expect(pendingCalls.whenSettled()).toBeInstanceOf(Promise)
    callOf().answer.resolve(undefined)
    await clock.settle()
    expect(pendingCalls.whenSettled()).toBeUndefined()
  })

  test('and brought nothing: the sign-out no longer waits for it, and the server is not called', async () => {
    const { revocation, clock, calls, stored } = await start(signedOut({ lease: own, revocationPending: pending }))
    revocation.noteRefreshEnded(leased, false)
    await clock.settle()
    expect([calls.length, stored().lease]).toEqual([0, null])
    expect(stored().revocationPending).toEqual({ ...pendingOf(), failed: undefined })
  })

  test('and brought nothing, when the server had heard: nothing is pending', async () => {
    const { revocation, clock, calls, stored } = await start(signedOut({ lease: own, revocationPending: undefined }))
    revocation.noteRefreshEnded(leased, false)
    await clock.settle()
    expect([calls.length, stored().lease, stored().revocationPending]).toEqual([0, null, undefined])
  })

  test('and brought nothing, when the call of this page has failed: the next start still tells the server', async () => {
    const { revocation, clock, callOf, stored } = await start(signedOut({ lease: own, revocationPending: pending }))
    void revocation.revoke(credentialsOf(), pending)
    callOf().answer.reject(new TypeError('no network'))
    await clock.settle()
    revocation.noteRefreshEnded(leased, false)
    await clock.settle()
    expect(stored().revocationPending).toMatchObject({ id: pending.id, failed: true })
  })

  test('leaves the lease of another tab, and tells the server all the same', async () => {
    const { revocation, clock, calls, stored } = await start(signedOut({ lease: another }))
    revocation.noteRefreshEnded(leased, true)
    await clock.settle()
    expect([calls.length, stored().lease]).toEqual([1, another])
  })

  test.each<[string, Partial<StoredRecord>, boolean]>([
    ['the session goes on', { sessionId: 'main' }, true],
    ['a user has signed in since', { credentials: credentialsOf() }, true],
    ['the session ended in another way', { endedBy: 'refresh-rejected' }, true],
    ['it brought nothing, and the lease is another tab’s', { lease: another }, false],
    ['it brought nothing, and there is no lease', {}, false],
  ])('writes nothing and calls nobody if %s', async (_when, record, mayBring) => {
    const { revocation, clock, calls, store } = await start(signedOut(record))
    revocation.noteRefreshEnded(leased, mayBring)
    await clock.settle()
    expect([calls.length, store.calls]).toEqual([0, ['read']])
  })

  test('calls nobody if a user signs in while it writes', async () => {
    const { revocation, clock, calls, store } = await start(signedOut({ lease: own }))
    const held = store.hold('compareAndSet')
    revocation.noteRefreshEnded(leased, true)
    await held.reached
    store.content = { ...leased, revision: 'bob', sessionId: 'of-bob' }
    held.open()
    await clock.settle()
    expect([calls.length, (store.content as StoredRecord).revision]).toEqual([0, 'bob'])
  })

  test.each([
    ['whose tokens are in the page', { ambient: false }],
    ['without a way to tell the server', { revoke: undefined }],
  ])('is no concern of a strategy %s', async (_which, strategy) => {
    const { revocation, clock, calls, store } = await start(signedOut({ lease: own }), strategy)
    revocation.noteRefreshEnded(leased, true)
    await clock.settle()
    expect([calls.length, store.calls]).toEqual([0, ['read']])
  })

  test('is no concern where there is no record', async () => {
    const rig = await start(null)
    rig.revocation.noteRefreshEnded(leased, true)
    await rig.clock.settle()
    expect([rig.calls.length, rig.store.calls]).toEqual([0, ['read']])
  })
})
