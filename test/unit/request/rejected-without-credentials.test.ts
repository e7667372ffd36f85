import { describe, expect, test } from 'vitest'
import type { RequestContext } from '../../../src/request/request-context.ts'
import { dialogOf, type RejectedIn, rejectRequest } from '../../support/rejected-request.ts'
import { createRequestRig, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'

const target = { method: 'GET', url: 'https://api.test/a' }

describe('A 401 of a request that was sent without credentials, as no user was signed in', () => {
  const anonymous = { isAnonymous: true, sessionId: null }
  const state = signedOut
  const unread = { ...signedOut, status: 'unknown' } as const

  /** A dialog is open, or opens. When it is waited for, the user signs in, and `later` is the state after that. */
  const start = (opened: 'dialog' | 'reauthentication', later: Surroundings['state']) => {
    const rig = createRequestRig({ state })
    rig.around[opened] = {
      ...dialogOf('signed-in'),
      get outcome() {
        rig.around.state = later
        return Promise.resolve('signed-in' as const)
      },
    }
    const context = rig.sent(anonymous)
    return { rig, context, handled: Promise.resolve(rig.afterResponse(context, new Response('', { status: 401 }))) }
  }

  test('opens a login dialog, and is sent again in the session that this brings', async () => {
    const { rig, context, handled } = start('dialog', signedIn)
    expect(await handled).toBeNull()
    expect(rig.told).toEqual([['notSignedIn', target]])
    expect(context).toMatchObject({ sessionId: 'session-a', isAnonymous: false, isReplay: true })
    expect(rig.steps()).toEqual(['rejected', 'waiting for login', 'replayed'])
  })
  test('rejects if another user than that of the dialog is signed in by then', async () => {
    const { handled } = start('dialog', { ...signedIn, sessionId: 'session-b' })
    await expect(handled).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
  })
  test('waits for the dialog that is open already', async () => {
    const { rig, handled } = start('reauthentication', signedIn)
    expect([await handled, rig.told]).toEqual([null, []])
  })

  const returned = { end: 'returned', isReleased: false }
  test.each<[string, Partial<RequestContext>, RejectedIn, readonly unknown[]]>([
    ['if there is no dialog', {}, { state }, [['notSignedIn', target]]],
    ['if the user declines', {}, { state, dialog: dialogOf('declined') }, [['notSignedIn', target]]],
    [
      'if it cannot be sent again',
      { notReplayableReason: 'keepalive' },
      { state, dialog: dialogOf('signed-in') },
      [['notSignedIn', target]],
    ],
    ['with `auth: optional`, and asks nobody', { auth: 'optional' }, { state, dialog: dialogOf('signed-in') }, []],
    [
      'with `auth: optional`, also while a dialog is open',
      { auth: 'optional' },
      { state, reauthentication: dialogOf('signed-in') },
      [],
    ],
    ['if a user has signed in since', {}, { state, since: { state: signedIn } }, []],
    ['if it is not known whether a user is signed in', {}, { state: unread }, []],
  ])('is returned unread %s', async (_, changes, given, told) => {
    expect(await rejectRequest({ ...anonymous, ...changes }, given)).toMatchObject({ ...returned, told })
  })

  test('asks only after the store was read, and `auth: optional` reads nothing', async () => {
    const given = { state, syncing: Promise.resolve(), dialog: dialogOf('declined') }
    expect(await rejectRequest(anonymous, given)).toMatchObject({
      steps: ['rejected', 'waiting for store', 'waiting for login', 'completed'],
    })
    expect(await rejectRequest({ ...anonymous, auth: 'optional' }, given)).toMatchObject({
      steps: ['rejected', 'completed'],
    })
    expect(await rejectRequest(anonymous, { ...given, isDisposed: true })).toMatchObject({
      steps: ['rejected', 'waiting for login', 'completed'],
    })
  })
})

describe('A 401 of a request that was sent without credentials while a login dialog was open', () => {
  const anonymous = { isAnonymous: true }
  test('waits for that dialog', async () => {
    expect(await rejectRequest(anonymous, { reauthentication: dialogOf('signed-in') })).toMatchObject({
      end: 'sent again',
      told: [],
      steps: ['rejected', 'waiting for login', 'replayed'],
      context: { isAnonymous: false, sessionId: 'session-a' },
      isReleased: true,
    })
  })
  test('is sent again with the token that is here, once the dialog is over, or only a step-up is open', async () => {
    for (const reauthentication of [null, dialogOf('declined', 'step-up')])
      expect(await rejectRequest(anonymous, { reauthentication })).toMatchObject({
        end: 'sent again',
        steps: ['rejected', 'replayed'],
        context: { isAnonymous: false },
      })
  })
  test.each<[string, Partial<RequestContext>, RejectedIn]>([
    ['with `auth: optional`', { auth: 'optional' }, { reauthentication: dialogOf('signed-in') }],
    ['if it cannot be sent again', { notReplayableReason: 'keepalive' }, { reauthentication: dialogOf('signed-in') }],
    ['if it cannot be sent again, and the dialog is over', { notReplayableReason: 'keepalive' }, {}],
    ['if the user declines', {}, { reauthentication: dialogOf('declined') }],
    ['if another user is signed in by now', {}, { since: { state: { ...signedIn, sessionId: 'session-b' } } }],
  ])('is returned %s', async (_, changes, given) => {
    expect(await rejectRequest({ ...anonymous, ...changes }, given)).toMatchObject({
      end: 'returned',
      told: [],
      isReleased: false,
    })
  })
  test('is sent again with `auth: optional`, too, once the dialog is over', async () => {
    expect(await rejectRequest({ ...anonymous, auth: 'optional' })).toMatchObject({ end: 'sent again' })
  })
})
