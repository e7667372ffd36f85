import type { Hooks } from 'ky'
import { beforeEach, describe, expect, test } from 'vitest'
import { begin, pass, takeTimers } from '../../support/ky-timers.ts'
import { createStage, refusal, type Stage } from '../../support/stage.ts'

beforeEach(takeTimers)

const tokens = ({ sends }: Stage) => sends.map(({ token }) => token)
const down = () => new Response('down', { status: 503 })
const fine = () => new Response('fine')

describe('ky’s retry of a call that was sent without a token', () => {
  test.each([
    ['no user was signed in', undefined, false],
    ["no user was signed in, and it has `auth: 'optional'`", 'optional', false],
    ['the user had signed out', undefined, true],
  ] as const)(
    'because %s, is not sent as the user who signed in since: the call rejects with SessionEndedError',
    async (_, auth, hadUser) => {
      const stage = createStage({ retry: 2 })
      if (hadUser) {
        await stage.signIn({ subject: 'alice' })
        await stage.client.session.signOut()
      }
      stage.answer(down)
      const answer = begin(stage.client.put('a', { json: { of: 'a visitor' }, ...(auth && { auth }) }))
      await pass(100)
      await stage.signIn({ subject: 'bob' })
      stage.answer(fine)
      await pass(20_000)
      await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
      expect(tokens(stage)).toEqual([null])
      expect(stage.logins).toEqual([])
    },
  )

  test('is not sent with the cookie of the user who signed in since either', async () => {
    const stage = createStage({ retry: 2, strategy: { ambient: true, cookie: 'session' } })
    stage.refresh(async () => null)
    await stage.client.session.ready()
    stage.answer(down)
    const answer = begin(stage.client.put('a', { json: { of: 'a visitor' } }))
    await pass(100)
    await stage.client.session.signIn({ cookie: true, subject: 'bob' })
    stage.answer(fine)
    await pass(20_000)
    await expect(answer).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(stage.sends).toHaveLength(1)
  })

  test.each(['the client', 'the call'])(
    'is sent as the user whom an `afterResponse` hook of %s signs in for it; without such a hook’s retry() it is not',
    async owner => {
      const signsIn = async ({ response, retryCount }: { response: Response; retryCount: number }) => {
        if (response.status !== 401 || retryCount > 0) return undefined
        await stage.signIn({ subject: 'guest' })
        return stage.client.retry({ delay: 0 })
      }
      const hooks = { afterResponse: [signsIn] }
      const stage: Stage = createStage({ retry: 2, ...(owner === 'the client' && { hooks }) })
      const order = () =>
        begin(stage.client.put('a', { json: { of: 'a visitor' }, ...(owner === 'the call' && { hooks }) }).text())
      stage.answer(down)
      const own = order()
      await pass(100)
      await stage.signIn({ subject: 'bob' })
      stage.answer(({ token }) => (token ? fine() : refusal('Bearer')))
      await pass(20_000)
      await expect(own).rejects.toMatchObject({ code: 'session-ended', reason: 'replaced' })
      await stage.client.session.signOut()
      const forced = order()
      await pass(20_000)
      expect(await forced).toBe('fine')
      expect(tokens(stage)).toEqual([null, null, 'access-2'])
    },
  )

  test.each(['the client', 'the call'])(
    'is sent as the user whom an `afterResponse` hook signs in for it, also if a `beforeRetry` hook of %s returns a request',
    async owner => {
      const hooks: Hooks = {
        beforeRetry: [({ request }) => new Request(request, { headers: { 'x-attempt': '2' } })],
        afterResponse: [
          async ({ response, retryCount }) => {
            if (response.status !== 401 || retryCount > 0) return undefined
            await stage.signIn({ subject: 'guest' })
            return stage.client.retry({ delay: 0 })
          },
        ],
      }
      const stage: Stage = createStage({ retry: 2, ...(owner === 'the client' && { hooks }) })
      const answer = begin(stage.client.put('a', { json: { a: 1 }, ...(owner === 'the call' && { hooks }) }).text())
      await pass(20_000)
      expect(await answer).toBe('fine')
      expect(tokens(stage)).toEqual([null, 'access-1'])
    },
  )

  test('is sent without one while no user is signed in', async () => {
    const stage = createStage({ retry: 2 })
    stage.answer(down)
    const answer = begin(stage.client.get('a'))
    await pass(100)
    stage.answer(fine)
    await pass(200)
    expect((await answer).status).toBe(200)
    expect(tokens(stage)).toEqual([null, null])
  })

  test('is replayed as the user who answers the dialog that its 401 opens', async () => {
    const stage = createStage({ retry: 2, reauthenticate: async () => stage.issue({ subject: 'bob' }) })
    stage.answer(down)
    const answer = begin(stage.client.get('a'))
    await pass(100)
    stage.answer(({ token }) => (token ? fine() : refusal('Bearer')))
    await pass(20_000)
    expect((await answer).status).toBe(200)
    expect(tokens(stage)).toEqual([null, null, 'access-1'])
  })
})
