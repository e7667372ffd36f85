import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createDialogStage, openDialog } from '../../support/dialog.ts'
import { PromiseLookAlike } from '../../support/promise-look-alike.ts'
import { createStage, forms, refusal, type StageOptions } from '../../support/stage.ts'

beforeEach(() => {
  vi.stubGlobal('Promise', PromiseLookAlike)
})

test('the replaced Promise is not the class of what an async function returns', async () => {
  const answer = (async () => {})()
  expect([answer instanceof Promise, new Promise(() => {}) instanceof Promise]).toEqual([false, true])
  expect(await Promise.resolve(5)).toBe(5)
})

describe.each(forms)('where Promise was replaced, as zone.js does it, by %s', (_form, send) => {
  const readBody = async (sent: Promise<Response>) => (await sent).text()

  test('a rejected request is refreshed and sent again', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.refuseAll()
    expect(await readBody(send(stage.client, '/x'))).toBe('fine')
    expect([stage.sends.length, stage.refreshes.length]).toEqual([2, 1])
  })

  test.each([
    ['says yes', true, 1],
    ['says nothing', undefined, 0],
  ])('shouldRefresh, an async function, %s', async (_, decided, refreshed) => {
    const stage = createStage({ shouldRefresh: async ({ status }) => (status === 419 ? decided : undefined) })
    await stage.signIn()
    stage.answer(({ token }) => (token === 'access-1' ? new Response('', { status: 419 }) : new Response('fine')))
    const { status } = await send(stage.client, '/x')
    expect([status, stage.refreshes.length]).toEqual([decided ? 200 : 419, refreshed])
  })

  test('with no user signed in, the 401 is returned to the caller, or waits for the dialog', async () => {
    const bare = createStage()
    expect((await send(bare.client, '/x')).status).toBe(401)
    const stage = createDialogStage()
    const waiting = send(stage.client, '/x')
    await stage.clock.settle()
    await stage.answerDialog(stage.issue({ subject: 'alice' }))
    expect(await readBody(waiting)).toBe('fine')
  })

  test('a session that is over is reported as such, and a step-up opens a dialog', async () => {
    const over = await openDialog()
    const ended = expect(send(over.client, '/x')).rejects.toMatchObject({ code: 'session-ended' })
    await over.clock.settle()
    await over.answerDialog(null)
    await ended
    const stage = createDialogStage()
    await stage.signIn({ subject: 'alice' })
    stage.answer(({ token }) =>
      token === 'access-1' ? refusal('Bearer error="insufficient_user_authentication"') : new Response('fine'),
    )
    const waiting = send(stage.client, '/x')
    await stage.clock.settle()
    await stage.answerDialog(stage.issue({ subject: 'alice' }))
    expect(await readBody(waiting)).toBe('fine')
  })

  test.each([
    ['an async function', async () => 'again'],
    ['a plain one', () => 'again'],
  ])('the body is made again by %s', async (_, replay) => {
    const stage = createStage()
    await stage.signIn()
    const bodies: string[] = []
    stage.answer(async ({ token }, request) => {
      bodies.push(await request.text())
      return token === 'access-1' ? refusal() : new Response('fine')
    })
    const init = { method: 'POST', body: 'first', replay } as RequestInit
    expect(await readBody(send(stage.client, '/x', init))).toBe('fine')
    expect(bodies).toEqual(['first', 'again'])
  })

  const lifetimes: StageOptions = { lifetimeSeconds: 1 }
  test('an expired token is renewed before the request is sent', async () => {
    const stage = createStage(lifetimes)
    await stage.signIn()
    await stage.clock.advance(2000)
    expect(await readBody(send(stage.client, '/x'))).toBe('fine')
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-2'])
  })
})
