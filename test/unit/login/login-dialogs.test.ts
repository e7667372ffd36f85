import { describe, expect, test, vi } from 'vitest'
import { jwtOf } from '../../support/jwt.ts'
import { createReauthenticatorRig, type ReauthenticatorRigOptions } from '../../support/reauthenticator-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const alice = { accessToken: 'of-alice', refreshToken: 'refresh-of-alice', subject: 'alice' }
const again = { accessToken: 'of-alice-again', refreshToken: 'refresh-of-alice-again', subject: 'alice' }
const request = { method: 'GET', url: 'https://api.test/x' }

/** Alice is signed in. */
const start = async (options: ReauthenticatorRigOptions = {}) => {
  const rig = createReauthenticatorRig(options)
  await rig.session.signIn(alice)
  return rig
}

/** Her refresh was rejected, and the dialog is open. */
const openLogin = async () => {
  const rig = await start()
  const listeners = rig.listeners()
  rig.login.onRefreshRejected('refresh-rejected')
  await rig.clock.settle()
  const dialog = rig.login.reauthentication
  if (!dialog) throw new Error('No dialog was opened')
  return { ...rig, dialog, listenersBefore: listeners }
}

describe('after a rejected refresh', () => {
  test('the dialog is told why, and whose session it is, with the claims', async () => {
    const rig = createReauthenticatorRig()
    await rig.session.signIn({ ...alice, idToken: jwtOf({ sub: 'alice', name: 'Alice' }) })
    rig.login.onRefreshRejected('key-lost')
    await rig.clock.settle()
    expect(rig.asked[0]?.need).toMatchObject({
      kind: 'login',
      reason: 'key-lost',
      subject: 'alice',
      claims: { name: 'Alice' },
    })
  })

  test('the event names the kind of dialog and the user', async () => {
    const rig = await start()
    const events: unknown[] = []
    rig.session.listenersOf('reauthentication-started').add(({ kind, subject }) => void events.push([kind, subject]))
    rig.login.onRefreshRejected('refresh-rejected')
    expect(events).toEqual([['login', 'alice']])
    expect(rig.session.state.status).toBe('reauthenticating')
  })

  test('a sign-in of the same user closes the dialog, which leaves no listeners and changes the state once more', async () => {
    const { session, login, dialog, asked, answerDialog, listeners, listenersBefore } = await openLogin()
    const { sessionId } = session.state
    expect([login.reauthentication?.kind, dialog.sessionId]).toEqual(['login', null])
    const statuses: string[] = []
    const undo = session.changed.add(({ status }) => void statuses.push(status))
    await answerDialog(again)
    undo()
    expect(await dialog.outcome).toBe('signed-in')
    expect(dialog.sessionId).toBe(sessionId)
    expect([login.reauthentication, asked[0]?.need.signal.aborted]).toEqual([null, true])
    expect([statuses, listeners()]).toEqual([['signed-in'], listenersBefore])
  })

  test('a declined dialog ends the session with the reason of the rejection', async () => {
    const { session, dialog, answerDialog, listeners, listenersBefore } = await openLogin()
    await answerDialog(null)
    expect(await dialog.outcome).toBe('declined')
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    expect(listeners()).toBe(listenersBefore)
  })

  test('a sign-out closes the dialog, and stays the reason of the end', async () => {
    const { session, dialog, clock } = await openLogin()
    await session.signOut()
    await clock.settle()
    expect(await dialog.outcome).toBe('declined')
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'signed-out' })
  })

  test('a second rejection opens no second dialog, and leaves the first one open', async () => {
    const { session, login, dialog, asked, clock } = await openLogin()
    login.onRefreshRejected('refresh-rejected')
    await clock.settle()
    expect([asked.length, login.reauthentication, session.state.status]).toEqual([1, dialog, 'reauthenticating'])
  })

  test('a sign-in of another user closes the dialog as a sign-in, and names the new session', async () => {
    const { session, dialog, answerDialog } = await openLogin()
    await answerDialog({ accessToken: 'of-bob', subject: 'bob' })
    expect(await dialog.outcome).toBe('signed-in')
    expect(dialog.sessionId).toBe(session.state.sessionId)
    expect(session.state).toMatchObject({ status: 'signed-in', credentials: { subject: 'bob' } })
  })

  test.each([
    ['the rejected tokens do not', alice, false],
    ['the rejected access token without a refresh token does not', { ...alice, refreshToken: undefined }, false],
    ['the rejected access token with a newer refresh token does', { ...alice, refreshToken: 'newer' }, true],
    ['a newer access token with the same refresh token does', { ...alice, accessToken: 'newer' }, true],
  ])('of the sign-ins elsewhere in the page, %s close the dialog', async (_, input, closes) => {
    const { session, login, clock } = await openLogin()
    await session.signIn(input)
    await clock.settle()
    expect(login.reauthentication === null).toBe(closes)
  })

  test('newer credentials of another tab close the dialog as a sign-in, those of this tab do not', async () => {
    const { store, session, login, dialog, clock } = await openLogin()
    session.emit('refreshed', { cause: 'manual', durationMs: 1 }, 'this')
    expect(login.reauthentication).toBe(dialog)
    store.content = storedRecord({ sessionId: String(session.state.sessionId), generation: 1 })
    await session.reread()
    await clock.settle()
    expect(await dialog.outcome).toBe('signed-in')
    expect(session.state.status).toBe('signed-in')
  })

  test('a sign-in in another tab closes the dialog also where the store holds no tokens', async () => {
    const { store, session, dialog, clock } = await openLogin()
    const credentials = credentialsOf({ accessToken: null, refreshToken: null, tokensElsewhere: true })
    store.content = storedRecord({ sessionId: String(session.state.sessionId), generation: 1, credentials })
    await session.reread()
    await clock.settle()
    expect(await dialog.outcome).toBe('signed-in')
  })

  test('a session that another user began in another tab closes the dialog', async () => {
    const { store, session, dialog, clock } = await openLogin()
    store.content = storedRecord({ sessionId: 'of-bob', credentials: credentialsOf({ subject: 'bob' }) })
    await session.reread()
    await clock.settle()
    expect(await dialog.outcome).toBe('signed-in')
    expect(session.state).toMatchObject({ status: 'signed-in', credentials: { subject: 'bob' } })
  })

  test('the session ends at once if the app has no dialog', async () => {
    const { session, login } = await start({ hasDialog: false })
    login.onRefreshRejected('refresh-rejected')
    expect(session.state).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    expect(login.reauthentication).toBeNull()
  })

  test('a session that has ended already is not ended once more', async () => {
    const { session, login } = await start({ hasDialog: false })
    await session.signOut()
    const before = session.state
    login.onRefreshRejected('refresh-rejected')
    expect(session.state).toBe(before)
  })

  test('dispose() closes the dialog without an end of the session, and its answer does not count', async () => {
    const { session, login, dialog, asked, answerDialog } = await openLogin()
    login.dispose()
    expect(await dialog.outcome).toBe('disposed')
    expect(asked[0]?.need.signal.aborted).toBe(true)
    await answerDialog({ accessToken: 'too-late', subject: 'mallory' })
    expect(session.state).toMatchObject({ status: 'signed-in', credentials: { accessToken: 'of-alice' } })
  })

  test('dispose() does nothing where no dialog is open', async () => {
    const { session, login } = await start()
    const before = session.state
    expect(() => login.dispose()).not.toThrow()
    expect(session.state).toBe(before)
  })
})

describe('in a hidden page', () => {
  test('a wake-up while the page is still hidden opens no dialog', async () => {
    const page = { visibilityState: 'hidden' }
    vi.stubGlobal('document', page)
    const { asked, wake, clock } = await openLogin()
    wake.wake()
    await clock.settle()
    expect(asked).toEqual([])
    page.visibilityState = 'visible'
    wake.wake()
    await clock.settle()
    expect([asked.length, wake.size]).toEqual([1, 0])
  })
})

describe('a rejected request without a session', () => {
  test('opens a dialog for no user in particular', async () => {
    const { session, login, asked, notified, clock } = createReauthenticatorRig()
    const subjects: unknown[] = []
    session.listenersOf('reauthentication-started').add(({ subject }) => void subjects.push(subject))
    const dialog = login.notSignedIn(request)
    await clock.settle()
    expect(dialog).toBe(login.reauthentication)
    expect(asked[0]?.need).toMatchObject({ kind: 'login', reason: 'not-signed-in', subject: null, claims: null })
    expect([subjects, notified]).toEqual([[null], []])
  })

  test('notifies the app if the dialog is declined, and the user stays signed out', async () => {
    const { session, login, notified, answerDialog } = createReauthenticatorRig()
    await session.reread()
    const dialog = login.notSignedIn(request)
    await answerDialog(null)
    expect(await dialog?.outcome).toBe('declined')
    expect([notified, session.state.status]).toEqual([[request], 'signed-out'])
  })

  test('continues with the session of the user who signs in', async () => {
    const { session, login, notified, answerDialog } = createReauthenticatorRig()
    const dialog = login.notSignedIn(request)
    await answerDialog(alice)
    expect(await dialog?.outcome).toBe('signed-in')
    expect([dialog?.sessionId, notified]).toEqual([session.state.sessionId, []])
  })

  test.each<[string, ReauthenticatorRigOptions]>([
    ['has no dialog', { hasDialog: false }],
    ['has been asked lately', { isQuiet: true }],
    ['has disposed of the client', { isDisposed: true }],
  ])('opens no dialog where the app %s: the notifier decides', async (_, options) => {
    const { login, asked, notified, clock } = createReauthenticatorRig(options)
    expect(login.notSignedIn(request)).toBeNull()
    await clock.settle()
    expect([asked, notified, login.reauthentication]).toEqual([[], [request], null])
  })
})
