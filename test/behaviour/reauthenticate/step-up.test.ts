import { describe, expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { forms, outcomeOf, refusal, type StageOptions, stageOrigin } from '../../support/stage.ts'

const wanted =
  'Bearer error="insufficient_user_authentication", acr_values="urn:gold urn:silver", max_age="300", scope="pay"'
const reasonOf = (error: unknown) => error

/** Alice's API wants a stronger sign-in than her first one, at every path. */
const startStrict = async (options: StageOptions = {}, challenge = wanted) => {
  const stage = createDialogStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.answer(({ token }) => (token === 'access-1' || token === null ? refusal(challenge) : new Response('fine')))
  const stronger = () => stage.answerDialog(stage.issue({ subject: 'alice' }))
  return { ...stage, stronger }
}

describe.each(forms)('a step-up, required by %s', (_, send) => {
  test('calls reauthenticate with what the server requires, in its order, and never refreshes (ST-06, SU-01)', async () => {
    const { client, clock, asked, refreshes } = await startStrict()
    const { epoch } = client.session.getSnapshot()
    expect(await outcomeOf(send(client, '/x'), clock)).toBe('pending')
    expect(asked.map(({ need }) => need)).toEqual([
      {
        kind: 'step-up',
        acrValues: ['urn:gold', 'urn:silver'],
        maxAgeSeconds: 300,
        scope: 'pay',
        subject: 'alice',
        claims: null,
        signal: expect.any(AbortSignal),
      },
    ])
    expect(refreshes).toEqual([])
    expect(client.session.getSnapshot()).toMatchObject({ status: 'reauthenticating', epoch })
  })

  test('sends the request once more after a stronger sign-in of the same user (SU-01)', async () => {
    const { client, clock, sends, stronger, logins } = await startStrict()
    const waiting = send(client, '/x', { method: 'POST', body: 'pay' })
    await clock.settle()
    await stronger()
    expect((await waiting).status).toBe(200)
    expect(sends.map(({ token }) => token)).toEqual(['access-1', 'access-2'])
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 1 })
    expect(logins).toEqual([])
  })

  test('ends nothing if it is declined: that caller gets the requirement and the response', async () => {
    const { client, clock, answerDialog, logins } = await startStrict()
    const outcome = send(client, '/x').catch(reasonOf)
    await clock.settle()
    await answerDialog(null)
    expect(await outcome).toMatchObject({
      code: 'step-up-required',
      requirement: { acrValues: ['urn:gold', 'urn:silver'], maxAgeSeconds: 300, scope: 'pay' },
    })
    const { rejectedResponse: response } = (await outcome) as { readonly rejectedResponse: Response }
    expect([response.status, await response.text()]).toEqual([401, 'refused'])
    await clock.advance(1000)
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test('opens one dialog, however many requests require it together (SU-02)', async () => {
    const { client, clock, asked, stronger } = await startStrict()
    const waiting = Array.from({ length: 20 }, (_request, index) => send(client, `/${index}`))
    await clock.settle()
    await stronger()
    expect((await Promise.all(waiting)).every(({ status }) => status === 200)).toBe(true)
    expect(asked).toHaveLength(1)
  })

  test('opens no second dialog for a late challenge to a token that has been replaced since (SU-02)', async () => {
    const { client, clock, asked, answer, stronger } = await startStrict()
    const late = createDeferred<Response>()
    answer(({ path, token }) => {
      if (token !== 'access-1') return new Response('fine')
      return path === '/late' ? late.promise : refusal(wanted)
    })
    const waiting = [send(client, '/late'), send(client, '/x')]
    await clock.settle()
    await stronger()
    late.resolve(refusal(wanted))
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect(asked).toHaveLength(1)
  })

  test('that is required again after it was done is returned to the caller (SU-02, ST-09)', async () => {
    const { client, clock, asked, answer, stronger } = await startStrict()
    answer(() => refusal(wanted))
    const waiting = send(client, '/x')
    await clock.settle()
    await stronger()
    const response = await waiting
    expect([response.status, await response.text(), asked.length]).toEqual([401, 'refused', 1])
  })

  test('that one user has completed is required of the next user again', async () => {
    const { client, clock, asked, answer, stronger, answerDialog, issue } = await startStrict()
    const first = send(client, '/x')
    await clock.settle()
    await stronger()
    await first
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    answer(({ token }) => (token === 'of-bob' ? refusal(wanted) : new Response('fine')))
    const second = send(client, '/x')
    await clock.settle()
    expect(asked.map(({ need }) => need.subject)).toEqual(['alice', 'bob'])
    await answerDialog(issue({ subject: 'bob' }))
    expect((await second).status).toBe(200)
  })

  test('of another user’s former session opens no dialog', async () => {
    const { client, clock, asked, answer } = await startStrict()
    const late = createDeferred<Response>()
    answer(() => late.promise)
    const waiting = send(client, '/x')
    await clock.settle()
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    late.resolve(refusal(wanted))
    expect((await waiting).status).toBe(401)
    expect(asked).toEqual([])
  })

  test('of a session that was signed out opens no dialog, either', async () => {
    const { client, clock, asked, answer } = await startStrict()
    const late = createDeferred<Response>()
    answer(() => late.promise)
    const waiting = send(client, '/x')
    await clock.settle()
    await client.session.signOut()
    late.resolve(refusal(wanted))
    expect((await waiting).status).toBe(401)
    expect([asked, client.session.status]).toEqual([[], 'signed-out'])
  })

  test.each([
    ['another person', { subject: 'bob' }],
    ['nobody knows who', {}],
  ])('is not done by %s: the request of alice is rejected, and never sent as that user', async (_who, more) => {
    const { client, clock, sends, answerDialog, issue } = await startStrict()
    const outcome = send(client, '/x', { method: 'POST', body: 'pay' }).catch(reasonOf)
    await clock.settle()
    await answerDialog(issue(more))
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(sends.map(({ token }) => token)).toEqual(['access-1'])
  })

  test('that a sign-out interrupts rejects as sign-outs do', async () => {
    const { client, clock, asked } = await startStrict()
    const outcome = send(client, '/x').catch(reasonOf)
    await clock.settle()
    await client.session.signOut()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    expect(asked[0]?.need.signal.aborted).toBe(true)
  })

  test('holds up no other request: those that need no step-up are sent with the current token', async () => {
    const { client, clock, answer } = await startStrict()
    answer(({ path }) => (path === '/pay' ? refusal(wanted) : new Response('fine')))
    send(client, '/pay').catch(() => {})
    await clock.settle()
    expect((await send(client, '/read')).status).toBe(200)
  })

  test('gives way when the session ends: the login opens its dialog instead', async () => {
    const { client, clock, asked, answer, refresh } = await startStrict()
    answer(({ path }) => refusal(path === '/pay' ? wanted : undefined))
    refresh(async () => null)
    const outcome = send(client, '/pay').catch(reasonOf)
    await clock.settle()
    send(client, '/read').catch(() => {})
    await clock.settle()
    expect(asked.map(({ need }) => [need.kind, need.signal.aborted])).toEqual([
      ['step-up', true],
      ['login', false],
    ])
    expect(await outcomeOf(outcome, clock)).not.toBe('pending')
  })
})

describe('the requirement of a step-up', () => {
  test.each([
    ['nothing at all', 'Bearer error="insufficient_user_authentication"', [], null],
    ['a time that is none', 'Bearer error="insufficient_user_authentication", max_age="soon"', [], null],
    ['a time before now', 'Bearer error="insufficient_user_authentication", max_age="-1"', [], null],
    ['parts of seconds', 'Bearer error="insufficient_user_authentication", max_age="1.5"', [], null],
    [
      'more seconds than there are',
      'Bearer error="insufficient_user_authentication", max_age="99999999999999"',
      [],
      null,
    ],
    ['now', 'Bearer error="insufficient_user_authentication", max_age=0', [], 0],
    ['odd spaces', 'Bearer error="insufficient_user_authentication", acr_values="  b   a "', ['b', 'a'], null],
    ['missing claims', 'Bearer error="insufficient_claims", claims="e30="', [], null],
    [
      'markup, which stays text',
      'Bearer error="insufficient_user_authentication", acr_values="<img/src=x>"',
      ['<img/src=x>'],
      null,
    ],
  ])('is read as far as it can be: %s (SU-01, HY-02)', async (_, challenge, acrValues, maxAgeSeconds) => {
    const { client, clock, asked } = await startStrict({}, challenge)
    client.fetch(`${stageOrigin}/x`).catch(() => {})
    await clock.settle()
    expect(asked[0]?.need).toMatchObject({ kind: 'step-up', acrValues, maxAgeSeconds })
  })
})

describe('no dialog is opened', () => {
  test('for a request that can be sent only once: the 401 is returned to the caller', async () => {
    const { client, asked } = await startStrict()
    for (const init of [{ keepalive: true }, { replay: false }] as const) {
      expect((await client.fetch(`${stageOrigin}/x`, { method: 'POST', body: 'x', ...init })).status).toBe(401)
    }
    expect(asked).toEqual([])
  })

  test('by an origin that is not trusted, nor for a request without a token (SU-02)', async () => {
    const { client, asked } = await startStrict()
    await client.fetch('https://evil.test/x')
    await client.fetch(`${stageOrigin}/x`, { auth: false })
    await client.fetch(`${stageOrigin}/x`, { headers: { authorization: 'Basic x' } })
    expect(asked).toEqual([])
  })

  test('where `reauthenticate` was not given: the 401 is returned to the caller (ST-06)', async () => {
    const ask = vi.fn()
    const { client, refreshes } = await startStrict({ reauthenticate: undefined, onLoginRequired: ask })
    expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(401)
    expect([refreshes.length, ask.mock.calls.length]).toEqual([0, 0])
  })
})
