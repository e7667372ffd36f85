import { describe, expect, test, vi } from 'vitest'
import { openDialog } from '../../support/dialog.ts'
import { forms, outcomeOf, refusal, stageOrigin } from '../../support/stage.ts'

const reasonOf = (error: unknown) => error

describe.each(forms)('while the dialog is open, by %s', (_, send) => {
  test('the session is suspended, not ended: the same user, the same epoch, and no call of onLoginRequired', async () => {
    const { client, clock, asked, logins } = await openDialog()
    const before = client.session.getSnapshot()
    const ended = vi.fn()
    client.session.on('ended', ended)
    expect(await outcomeOf(send(client, '/x'), clock)).toBe('pending')
    expect(client.session.getSnapshot()).toEqual({ ...before, status: 'reauthenticating' })
    expect(asked.map(({ need }) => need)).toEqual([
      { kind: 'login', reason: 'refresh-rejected', subject: 'alice', claims: null, signal: expect.any(AbortSignal) },
    ])
    await clock.advance(3_600_000)
    expect([logins, ended.mock.calls]).toEqual([[], []])
  })

  test('requests wait, for hours if need be, and one dialog serves all of them', async () => {
    const { client, clock, asked } = await openDialog()
    const waiting = Array.from({ length: 20 }, (_request, index) => send(client, `/${index}`).catch(reasonOf))
    await clock.advance(6 * 3_600_000)
    expect(await outcomeOf(Promise.race(waiting), clock)).toBe('pending')
    expect(asked).toHaveLength(1)
    expect(asked[0]?.need.signal.aborted).toBe(false)
  })

  test('waiting requests are sent once more when the same user has signed in', async () => {
    const { client, clock, answerDialog, issue, sends, refreshes, asked } = await openDialog()
    const { epoch } = client.session.getSnapshot()
    const waiting = [send(client, '/a'), send(client, '/b')]
    await clock.settle()
    await answerDialog(issue({ subject: 'alice' }))
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect(sends.map(({ path, token }) => [path, token])).toEqual([
      ['/a', 'access-1'],
      ['/b', 'access-1'],
      ['/a', 'access-2'],
      ['/b', 'access-2'],
    ])
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', epoch, generation: 1 })
    expect([refreshes.length, asked.length]).toEqual([1, 1])
  })

  test('a sign-in from another part of the page counts as well, and aborts the signal of the dialog', async () => {
    const { client, clock, asked, issue } = await openDialog()
    const waiting = send(client, '/x')
    await clock.settle()
    await client.session.signIn(issue({ subject: 'alice' }))
    expect((await waiting).status).toBe(200)
    expect(asked[0]?.need.signal.aborted).toBe(true)
    asked[0]?.answer.resolve({ accessToken: 'too late', subject: 'mallory' })
    await clock.settle()
    expect(await client.session.getAccessToken()).toBe('access-2')
  })

  test.each([
    ['another person', { subject: 'bob' }],
    ['nobody knows who', {}],
  ])('if %s signed in, they are rejected, and nothing of theirs is sent as that one', async (_who, more) => {
    const { client, clock, answerDialog, issue, sends, logins } = await openDialog()
    const { epoch } = client.session.getSnapshot()
    const outcome = send(client, '/x', { method: 'POST', body: 'of alice' }).catch(reasonOf)
    await clock.settle()
    await answerDialog(issue(more))
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(sends.map(({ token }) => token)).toEqual(['access-1'])
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', epoch: epoch + 1 })
    await clock.advance(1000)
    expect(logins).toEqual([])
  })

  test('if the dialog is declined, the session ends as it would have without a dialog', async () => {
    const { client, clock, answerDialog, logins } = await openDialog()
    const outcome = send(client, '/x').catch(reasonOf)
    await clock.settle()
    await answerDialog(null)
    expect(await outcome).toMatchObject({
      code: 'session-ended',
      reason: 'refresh-rejected',
      rejectedResponse: { status: 401 },
    })
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    await clock.advance(0)
    expect(logins).toMatchObject([
      { reason: 'refresh-rejected', subject: 'alice', request: { url: `${stageOrigin}/x` } },
    ])
  })

  test('an abort rejects that request at once with its reason; the dialog stays', async () => {
    const { client, clock, asked, answerDialog, issue } = await openDialog()
    const controller = new AbortController()
    const aborted = send(client, '/a', { signal: controller.signal }).catch(reasonOf)
    const other = send(client, '/b')
    await clock.settle()
    const reason = new Error('went elsewhere')
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    expect(asked[0]?.need.signal.aborted).toBe(false)
    await answerDialog(issue({ subject: 'alice' }))
    expect((await other).status).toBe(200)
  })

  test('a late 401 of an earlier request joins the waiting requests: no refresh, no second dialog', async () => {
    const { client, clock, answer, answerDialog, issue, asked, refreshes } = await openDialog()
    let refuse = (_response: Response) => {}
    const late = new Promise<Response>(resolve => {
      refuse = resolve
    })
    answer(({ path, token }) => {
      if (token === 'access-2') return new Response('fine')
      return path === '/late' ? late : refusal()
    })
    const waiting = [send(client, '/late'), send(client, '/x')]
    await clock.settle()
    expect(client.session.status).toBe('reauthenticating')
    refuse(refusal())
    await clock.settle()
    await answerDialog(issue({ subject: 'alice' }))
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect([refreshes.length, asked.length]).toEqual([1, 1])
  })

  test('a request that begins meanwhile is sent without credentials, and waits with the others only after a 401', async () => {
    const { client, clock, answer, sends, answerDialog, issue } = await openDialog()
    answer(({ path, token }) => (path === '/login' || token === 'access-2' ? new Response('fine') : refusal()))
    const before = send(client, '/before')
    await clock.settle()
    expect((await send(client, '/login', { method: 'POST' })).status).toBe(200)
    const after = send(client, '/after')
    expect(await outcomeOf(after, clock)).toBe('pending')
    expect(sends.slice(1)).toEqual([
      { method: 'POST', path: '/login', token: null },
      { method: 'GET', path: '/after', token: null },
    ])
    await answerDialog(issue({ subject: 'alice' }))
    expect((await Promise.all([before, after])).map(({ status }) => status)).toEqual([200, 200])
  })

  test('a request that begins meanwhile is not sent as another user, either', async () => {
    const { client, clock, sends, answerDialog, issue } = await openDialog()
    send(client, '/before').catch(() => {})
    await clock.settle()
    const after = send(client, '/after', { method: 'POST', body: 'of alice' }).catch(reasonOf)
    await clock.settle()
    await answerDialog(issue({ subject: 'bob' }))
    expect(await after).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(sends.filter(({ path }) => path === '/after').map(({ token }) => token)).toEqual([null])
  })

  test.each(['optional', false] as const)(
    'the 401 of a request that begins meanwhile with auth: %j is returned to the caller',
    async auth => {
      const { client, clock } = await openDialog()
      send(client, '/before').catch(() => {})
      await clock.settle()
      expect((await send(client, '/login', { auth })).status).toBe(401)
    },
  )
})

describe('the dialog', () => {
  test('has its signal aborted when the user signs out instead, and its later result is ignored', async () => {
    const { client, clock, asked, answerDialog, issue, logins } = await openDialog()
    const outcome = client.fetch(`${stageOrigin}/x`).catch(reasonOf)
    await clock.settle()
    await client.session.signOut()
    expect(await outcome).toMatchObject({ reason: 'signed-out' })
    expect(asked[0]?.need.signal.aborted).toBe(true)
    await answerDialog(issue({ subject: 'alice' }))
    await clock.advance(1000)
    expect([client.session.status, logins]).toEqual(['signed-out', []])
  })

  test('has its signal aborted when the client is disposed, and waiting requests reject', async () => {
    const { client, clock, asked, answerDialog, issue } = await openDialog()
    const outcome = client.fetch(`${stageOrigin}/x`).catch(reasonOf)
    await clock.settle()
    client.dispose()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'disposed' })
    expect(asked[0]?.need.signal.aborted).toBe(true)
    await answerDialog(issue({ subject: 'mallory' }))
    expect(client.session.getSnapshot()).toMatchObject({ subject: 'alice', status: 'signed-in' })
  })

  test.each([
    ['rejects', () => Promise.reject(new Error('no popup here'))],
    [
      'throws',
      () => {
        throw new Error('no popup here')
      },
    ],
  ])('that %s counts as declined: the session ends, and no rejection is unhandled', async (_, reauthenticate) => {
    const { client, clock, logins } = await openDialog({ reauthenticate })
    const outcome = client.fetch(`${stageOrigin}/x`).catch(reasonOf)
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    await clock.advance(0)
    expect(logins).toHaveLength(1)
  })

  test('that returns no credentials has an error reported, and the session ends', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { client, clock, answerDialog } = await openDialog()
    const outcome = client.fetch(`${stageOrigin}/x`).catch(reasonOf)
    await clock.settle()
    await answerDialog({ token: 'mapped wrongly' } as never)
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    expect(reported.mock.calls).toMatchObject([[{ code: 'configuration' }]])
  })

  test('is not opened where another sign-in cannot help', async () => {
    const { client, asked, refresh } = await openDialog()
    refresh(async () => {
      throw { error: 'invalid_client' }
    })
    const outcome = client.fetch(`${stageOrigin}/x`).catch(reasonOf)
    expect(await outcome).toMatchObject({ reason: 'misconfigured' })
    expect(asked).toEqual([])
  })

  test('is opened once more when the session that it renewed ends', async () => {
    const { client, clock, asked, answerDialog, issue, refuseAll } = await openDialog()
    const first = client.fetch(`${stageOrigin}/x`)
    await clock.settle()
    await answerDialog(issue({ subject: 'alice' }))
    await first
    refuseAll()
    const second = client.fetch(`${stageOrigin}/x`)
    await clock.settle()
    expect(asked).toHaveLength(2)
    await answerDialog(issue({ subject: 'alice' }))
    expect((await second).status).toBe(200)
  })
})
