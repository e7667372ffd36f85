import { describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../../src/refresh/refresh-ports.ts'
import { unavailable } from '../../../src/refresh/unavailable.ts'
import type { Reauthentication } from '../../../src/request/pipeline-ports.ts'
import { createRequestRig, flightOf, type Surroundings, signedIn, signedOut } from '../../support/request-rig.ts'

type Answer = Awaited<Reauthentication['outcome']>
const dialogOf = (answer: Answer | Promise<Answer>, kind: Reauthentication['kind'] = 'login'): Reauthentication => ({
  kind,
  outcome: Promise.resolve(answer),
  sessionId: 'session-a',
})
const rejected = { kind: 'rejected', reason: 'refresh-rejected' } as const

describe('A request goes on only in the session in which it began', () => {
  test.each<[string, string | null, Surroundings['state'], string | null]>([
    ['the same session', 'session-a', signedIn, null],
    ['no session yet, and a user is signed in', null, signedIn, null],
    ['another session', 'session-b', signedIn, 'replaced'],
    ['a session that has ended', 'session-a', { ...signedOut, endReason: 'refresh-rejected' }, 'refresh-rejected'],
    ['no session, and no user is signed in', null, signedOut, 'not-signed-in'],
    [
      'a session whose id stays, without credentials',
      'session-a',
      { ...signedOut, sessionId: 'session-a' },
      'not-signed-in',
    ],
  ])('%s', (_, sessionId, state, reason) => {
    const { waits } = createRequestRig({ state })
    const check = () => waits.assertSameSession({ sessionId })
    if (reason === null) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'session-ended', reason }))
  })

  test('and its error has the 401 because of which it waited', () => {
    const rejectedResponse = new Response(null, { status: 401 })
    const { waits } = createRequestRig({ state: signedOut })
    expect(() => waits.assertSameSession({ sessionId: null, rejectedResponse })).toThrow(
      expect.objectContaining({ rejectedResponse }),
    )
  })
})

describe('A request that waits for a refresh', () => {
  const wait = async (outcome: Outcome, given: Partial<Surroundings> = {}) => {
    const rig = createRequestRig(given)
    const context = Object.assign(rig.request(), { sessionId: 'session-a' })
    const end = await rig.waits
      .awaitRefresh(flightOf(outcome), context)
      .catch(({ code, reason }) => `${code}: ${reason}`)
    return { end, steps: rig.steps(), awaited: context.awaitedCredentials }
  }
  const goesOn = { end: true, awaited: signedIn.credentials }

  test.each(['refreshed', 'adopted', 'superseded'] as const)(
    'goes on where it was %s, with what that brought',
    async kind => {
      expect(await wait({ kind })).toEqual({ ...goesOn, steps: ['waiting for refresh'] })
    },
  )

  test('says that it waits for the network, where the browser is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    expect(await wait({ kind: 'refreshed' })).toMatchObject({ steps: ['waiting for online'] })
  })

  test.each<[string, Outcome, Partial<Surroundings>, string]>([
    ['is unavailable', unavailable('status', 1000, ''), {}, 'refresh-unavailable: status'],
    ['is given up by dispose()', { kind: 'disposed' }, {}, 'session-ended: disposed'],
    [
      'is given up by dispose(), though a dialog was open',
      { kind: 'disposed' },
      { reauthentication: dialogOf('signed-in') },
      'session-ended: disposed',
    ],
    [
      'was rejected, and the client disposed as the dialog opened',
      rejected,
      { isDisposed: true },
      'session-ended: disposed',
    ],
    [
      'was rejected, which ended the session',
      rejected,
      { state: { ...signedOut, endReason: 'expired' } },
      'session-ended: expired',
    ],
    [
      'brought the session of another user',
      { kind: 'superseded' },
      { state: { ...signedIn, sessionId: 'session-b' } },
      'session-ended: replaced',
    ],
  ])('rejects where it %s', async (_, outcome, given, end) => {
    expect(await wait(outcome, given)).toEqual({ end, steps: ['waiting for refresh'], awaited: null })
  })

  test('goes on where it was refreshed, though the client was disposed since', async () => {
    expect(await wait({ kind: 'refreshed' }, { isDisposed: true })).toMatchObject(goesOn)
  })

  test.each(['signed-in', 'declined'] as const)(
    'waits for the login dialog that follows a rejection, and goes on in its session (%s)',
    async answer => {
      const given = { reauthentication: dialogOf(answer) }
      expect(await wait(rejected, given)).toEqual({ ...goesOn, steps: ['waiting for refresh', 'waiting for login'] })
      expect(await wait(rejected, { ...given, state: { ...signedOut, endReason: 'refresh-rejected' } })).toMatchObject({
        end: 'session-ended: refresh-rejected',
        awaited: null,
      })
    },
  )
  test('rejects if that dialog is closed by dispose()', async () => {
    expect(await wait(rejected, { reauthentication: dialogOf('disposed') })).toMatchObject({
      end: 'session-ended: disposed',
    })
  })
  test('does not wait for a step-up dialog, nor for a login dialog if the refresh was not rejected', async () => {
    const never = new Promise<Answer>(() => {})
    const steps = ['waiting for refresh']
    expect(await wait(rejected, { reauthentication: dialogOf(never, 'step-up') })).toEqual({ ...goesOn, steps })
    expect(await wait({ kind: 'adopted' }, { reauthentication: dialogOf(never) })).toEqual({ ...goesOn, steps })
  })
})

test('A call of the session API waits without steps, and gets what the promise brings', async () => {
  const rig = createRequestRig()
  const promise = Promise.resolve(7)
  expect(rig.waits.waitFor(promise, { sessionId: 'session-a' }, 'refresh')).toBe(promise)
  expect(await rig.waits.awaitRefresh(flightOf({ kind: 'refreshed' }), { sessionId: 'session-a' })).toBe(true)
  expect(rig.steps()).toEqual([])
})

test.each([
  ['signed-in', true],
  ['declined', false],
] as const)('After a dialog that ended as %s, it is known whether a user signed in: %s', async (answer, expected) => {
  const rig = createRequestRig()
  for (const kind of ['login', 'step-up'] as const)
    expect(await rig.waits.awaitReauthentication(dialogOf(answer, kind), rig.request())).toBe(expected)
  expect(rig.steps()).toEqual(['waiting for login', 'waiting for step-up'])
})

test('A dialog that dispose() closed rejects with the 401', async () => {
  const rig = createRequestRig()
  const rejectedResponse = new Response(null, { status: 401 })
  const context = Object.assign(rig.request(), { rejectedResponse })
  await expect(rig.waits.awaitReauthentication(dialogOf('disposed'), context)).rejects.toMatchObject({
    code: 'session-ended',
    reason: 'disposed',
    rejectedResponse,
  })
})

test('ky’s form of a call is told before each wait, so that its timeout rests', async () => {
  const onWait = vi.fn()
  const rig = createRequestRig()
  await rig.waits.waitFor(Promise.resolve(), rig.request({}, { onWait }), 'store')
  expect(onWait).toHaveBeenCalledTimes(1)
})
