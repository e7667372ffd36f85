import type { SessionInput } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createDialogStage, openDialog } from '../../support/dialog.ts'
import { outcomeOf, stageOrigin } from '../../support/stage.ts'

const reasonOf = (error: unknown) => error
const url = `${stageOrigin}/x`

/** A page that nobody looks at, until the test lets them. */
const hidePage = () => {
  const page = { visibilityState: 'hidden' }
  vi.stubGlobal('document', page)
  return () => {
    page.visibilityState = 'visible'
  }
}

describe('in a hidden page', () => {
  test('reauthenticate is called when the page is visible again, and requests wait until then', async () => {
    const stage = await openDialog()
    const show = hidePage()
    const waiting = stage.client.fetch(url)
    await stage.clock.advance(3_600_000)
    expect([stage.asked.length, stage.client.session.status]).toEqual([0, 'reauthenticating'])
    show()
    stage.wake()
    await stage.clock.settle()
    expect(stage.asked).toHaveLength(1)
    await stage.answerDialog(stage.issue({ subject: 'alice' }))
    expect((await waiting).status).toBe(200)
  })

  test.each([
    ['signs out', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.signOut()],
    ['signs in', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.signIn({ subject: 'alice' })],
  ])('no dialog is opened any more once a user %s there', async (_, act) => {
    const stage = await openDialog()
    const show = hidePage()
    stage.client.fetch(url).catch(() => {})
    await stage.clock.settle()
    await act(stage)
    show()
    stage.wake()
    await stage.clock.settle()
    expect(stage.asked).toEqual([])
  })

  test('a dialog that has not been opened is forgotten by dispose(), with the listener that waited for the page', async () => {
    const stage = await openDialog()
    const show = hidePage()
    const outcome = stage.client.fetch(url).catch(reasonOf)
    await stage.clock.settle()
    // One of the client, and one of the question.
    expect(stage.wakeListeners()).toBe(2)
    stage.client.dispose()
    expect(await outcome).toMatchObject({ reason: 'disposed' })
    expect(stage.wakeListeners()).toBe(0)
    show()
    stage.wake()
    await stage.clock.settle()
    expect(stage.asked).toEqual([])
  })
})

describe('with no user signed in', () => {
  test('a rejected request opens a dialog, and is sent as the user who signs in', async () => {
    const { client, clock, asked, answerDialog, issue, logins } = createDialogStage()
    const waiting = client.fetch(url)
    await clock.settle()
    expect(asked[0]?.need).toMatchObject({ kind: 'login', reason: 'not-signed-in', subject: null })
    await answerDialog(issue({ subject: 'bob' }))
    expect((await waiting).status).toBe(200)
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
    expect(logins).toEqual([])
  })

  test('a request whose dialog is declined returns its 401 with the body, and onLoginRequired is called', async () => {
    const { client, clock, answerDialog, logins } = createDialogStage()
    const waiting = client.fetch(url)
    await clock.settle()
    await answerDialog(null)
    const response = await waiting
    expect([response.status, await response.text()]).toEqual([401, 'refused'])
    await clock.advance(0)
    expect(logins).toMatchObject([{ reason: 'not-signed-in', subject: null }])
    expect(client.session.status).toBe('signed-out')
  })

  test('after a declined dialog, further 401s open another one at most once in ten seconds (LR-02)', async () => {
    const { client, clock, asked, answerDialog, logins } = createDialogStage()
    for (let second = 0; second < 19; second += 1) {
      const waiting = client.fetch(url)
      await clock.settle()
      await answerDialog(null)
      expect((await waiting).status).toBe(401)
      await clock.advance(1000)
    }
    expect([asked.length, logins.length]).toEqual([2, 2])
  })

  test('after a declined dialog of an ended session, further 401s open no other for ten seconds (LR-02)', async () => {
    const { client, clock, asked, answerDialog, logins } = await openDialog()
    const ended = client.fetch(url).catch(reasonOf)
    await clock.settle()
    await answerDialog(null)
    expect(await ended).toMatchObject({ reason: 'refresh-rejected' })
    await clock.advance(100)
    expect((await client.fetch(url)).status).toBe(401)
    expect([asked.length, logins.length]).toEqual([1, 1])
  })
})

describe('while a dialog is open', () => {
  test.each([
    ['session.refresh()', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.refresh()],
    [
      'session.getAccessToken()',
      (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.getAccessToken(),
    ],
  ])('%s does not wait for it, so that a dialog may call it: there is no newer token right now', async (_, ask) => {
    const stage = await openDialog()
    stage.client.fetch(url).catch(() => {})
    await stage.clock.settle()
    expect(await outcomeOf<unknown>(ask(stage), stage.clock)).toMatchObject({ code: 'refresh-unavailable' })
    expect([stage.asked.length, stage.refreshes.length]).toEqual([1, 1])
    expect(stage.asked[0]?.need.signal.aborted).toBe(false)
  })

  test('session.ready() and a snapshot say so', async () => {
    const { client, clock } = await openDialog()
    client.fetch(url).catch(() => {})
    await clock.settle()
    expect(await outcomeOf(client.session.ready(), clock)).toMatchObject({
      status: 'reauthenticating',
      subject: 'alice',
    })
  })
})

test('after a sign-out that closes the dialog of no session, no login is required, and the request returns its 401', async () => {
  const stage = createDialogStage()
  const answer = stage.client.fetch(url)
  await stage.clock.settle()
  expect(stage.asked.map(({ need }) => need.kind)).toEqual(['login'])
  await stage.client.session.signOut()
  await stage.clock.advance(1)
  expect((await answer).status).toBe(401)
  expect(stage.asked.map(({ need }) => need.signal.aborted)).toEqual([true])
  expect(stage.logins).toEqual([])
})

describe('the dialog calls the client', () => {
  test.each([
    ['ready', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.ready()],
    ['refresh', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.refresh()],
    ['getAccessToken', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.getAccessToken()],
    [
      'fetch with auth: false',
      (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.fetch(url, { auth: false }),
    ],
    ['fetch', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.fetch(url)],
    ['ky', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.get(url)],
    ['signOut', (stage: Awaited<ReturnType<typeof openDialog>>) => stage.client.session.signOut()],
  ])('%s, as the first thing it does, and waits for nothing', async (_, call) => {
    let done = false
    const stage: Awaited<ReturnType<typeof openDialog>> = await openDialog({
      reauthenticate: async (): Promise<SessionInput | null> => {
        await call(stage).catch(() => {})
        done = true
        return null
      },
    })
    const outcome = stage.client.fetch(url).catch(reasonOf)
    await stage.clock.settle()
    expect(done).toBe(true)
    expect(await outcome).toMatchObject({ code: 'session-ended' })
  })

  test('signIn, and its later result is ignored', async () => {
    const stage: Awaited<ReturnType<typeof openDialog>> = await openDialog({
      reauthenticate: async () => {
        await stage.signIn({ subject: 'alice' })
        return null
      },
    })
    expect((await stage.client.fetch(url)).status).toBe(200)
    expect(stage.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice', generation: 1 })
  })
})
