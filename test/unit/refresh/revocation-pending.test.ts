import { describe, expect, test } from 'vitest'
import { isSignedOut } from '../../../src/refresh/revocation.ts'
import type { Lease } from '../../../src/session/session-store.ts'
import { goOffline } from '../../support/refresh-rig.ts'
import { createRevocationRig, pendingOf } from '../../support/revocation-rig.ts'
import { credentialsOf } from '../../support/session-records.ts'

const now = Date.UTC(2026, 0, 1)
const claims = { sid: 'session-1', auth_time: 1_700_000_000 }
const leaseOf = (agoMs: number, more: Partial<Lease> = {}): Lease => ({
  id: 'under-way',
  generation: 0,
  startedAt: now - agoMs,
  underLock: false,
  ...more,
})

describe('a sign-out is remembered until the server has surely heard of it', () => {
  test('with whose session it was, and when', async () => {
    const { revocation } = await createRevocationRig({})
    const pending = revocation.pendingOf(credentialsOf({ subject: 'alice', claims }))
    expect(pending).toEqual({
      id: expect.stringMatching(/\d/),
      subject: 'alice',
      sid: 'session-1',
      authTime: 1_700_000_000,
      signedOutAt: now,
      calledAt: now,
      failed: false,
      leaseId: undefined,
    })
  })

  test('as one of its own each time', async () => {
    const { revocation } = await createRevocationRig({})
    const ids = [1, 2, 3].map(() => revocation.pendingOf(credentialsOf())?.id)
    expect(new Set(ids).size).toBe(3)
  })

  test.each([
    ['whose tokens are in the page', { ambient: false }],
    ['that says nothing of where its credential is', { ambient: undefined }],
    ['without a way to tell the server', { revoke: undefined }],
  ])('but not for a strategy %s', async (_which, strategy) => {
    const { revocation } = await createRevocationRig({}, strategy)
    expect(revocation.pendingOf(credentialsOf())).toBeUndefined()
  })

  test('as one that has not arrived, if the browser reports no network', async () => {
    goOffline()
    const { revocation } = await createRevocationRig({})
    expect(revocation.pendingOf(credentialsOf())?.failed).toBe(true)
  })

  test.each([
    ['was just begun', leaseOf(0), 'under-way'],
    ['may still bring a cookie', leaseOf(14_999), 'under-way'],
    ['can bring nothing any more', leaseOf(15_000), undefined],
    ['is over', leaseOf(1000, { closed: true }), undefined],
    ['was begun in the future: the clock has jumped', leaseOf(-1), undefined],
  ])('with the token request that %s', async (_what, lease, leaseId) => {
    const { revocation } = await createRevocationRig({ lease })
    expect(revocation.pendingOf(credentialsOf())?.leaseId).toBe(leaseId)
  })

  test.each([
    [
      'the sign-out before it, of which the server may not have heard',
      { credentials: null, revocationPending: pendingOf({ subject: 'bob', sid: 'session-2' }) },
      { subject: 'bob', sid: 'session-2', authTime: 1_700_000_000 },
    ],
    [
      'the stored session',
      { credentials: credentialsOf({ subject: 'carol', claims }) },
      { subject: 'carol', sid: 'session-1', authTime: 1_700_000_000 },
    ],
    ['no session', { credentials: null }, { subject: null, sid: undefined, authTime: undefined }],
    ['nothing: there is no record', null, { subject: null, sid: undefined, authTime: undefined }],
  ])('where this page knows no user, as one of %s', async (_whose, record, name) => {
    const { revocation } = await createRevocationRig(record)
    const { subject, sid, authTime, failed } = revocation.pendingOf(null) ?? {}
    expect({ subject, sid, authTime, failed }).toEqual({ ...name, failed: false })
  })
})

describe('the session that a start finds is the one that was signed out', () => {
  const found = credentialsOf({ subject: 'alice', claims })
  test.each([
    ['if all that names it is the same', pendingOf(), found, true],
    ['if nothing but the user names it', pendingOf({ sid: undefined, authTime: undefined }), credentialsOf(), true],
    ['not if it is another user’s', pendingOf({ subject: 'bob' }), found, false],
    ['not if the user signed in another time', pendingOf({ authTime: 1 }), found, false],
    ['not if it has another id', pendingOf({ sid: 'session-2' }), found, false],
    [
      'not if no user is known',
      pendingOf({ subject: null, sid: undefined, authTime: undefined }),
      credentialsOf({ subject: null }),
      false,
    ],
  ])('%s', (_when, pending, credentials, expected) => {
    expect(isSignedOut(pending, credentials)).toBe(expected)
  })
})
