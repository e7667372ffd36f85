import { describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { forms, outcomeOf, refusal, type StageOptions } from '../../support/stage.ts'

const file = 'https://files.test/f'
const stepUp = 'Bearer error="insufficient_user_authentication", acr_values="urn:gold"'

/** The origin of the files takes its own tokens only; each names the login whose refresh token it was had for. */
const start = async (options: StageOptions = {}) => {
  const stage = createDialogStage({
    trustedOrigins: ['https://files.test'],
    strategy: { audienceOf: origin => (origin === 'https://files.test' ? 'files' : undefined) },
    ...options,
  })
  let challenge: string | undefined
  stage.answer(({ token }) => (token === 'files-for-second' ? new Response('fine') : refusal(challenge)))
  stage.refresh(async ({ audience = 'own', refreshToken }) => ({
    accessToken: `${audience}-for-${refreshToken}`,
    refreshToken,
    expiresInSeconds: 300,
  }))
  const login = (refreshToken: string) => ({ ...stage.issue({ subject: 'alice' }), refreshToken })
  return {
    ...stage,
    login,
    challengeBy: (next: string) => {
      challenge = next
    },
    asked: () => stage.refreshes.map(({ audience = 'own', refreshToken }) => `${audience}-for-${refreshToken}`),
    tokens: () => stage.sends.map(({ token }) => token),
  }
}

describe.each(forms)('TX-11: a sign-in in the middle brings the session its own token only; asked by %s', (_, send) => {
  test('after a step-up the request gets one for its origin before it goes again', async () => {
    const { client, clock, login, challengeBy, answerDialog, asked, tokens } = await start()
    await client.session.signIn(login('first'))
    challengeBy(stepUp)
    const waiting = send(client, file, { method: 'POST', body: 'pay' })
    await clock.settle()
    await answerDialog(login('second'))
    expect((await waiting).status).toBe(200)
    expect(tokens()).toEqual(['files-for-first', 'files-for-second'])
    expect(asked()).toEqual(['files-for-first', 'files-for-second'])
  })

  test('the many requests that needed the step-up get one by a single refresh', async () => {
    const { client, clock, login, challengeBy, answerDialog, asked, tokens } = await start()
    await client.session.signIn(login('first'))
    challengeBy(stepUp)
    const waiting = Array.from({ length: 20 }, () => send(client, file))
    await clock.settle()
    await answerDialog(login('second'))
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(asked()).toEqual(['files-for-first', 'files-for-second'])
    expect(tokens().slice(20)).toEqual(Array(20).fill('files-for-second'))
  })

  test.each([
    ['had none', 0, ['files-for-second']],
    ['had one that is refused', 1, ['files-for-first', 'files-for-second']],
  ])(
    'after a login that follows a rejected refresh the request gets one, too, where its origin %s',
    async (_case, had, sent) => {
      const { client, clock, login, refresh, answerDialog, tokens, asked } = await start()
      let granted = 0
      refresh(async ({ audience = 'own', refreshToken }) =>
        refreshToken === 'second' || granted++ < had
          ? { accessToken: `${audience}-for-${refreshToken}`, refreshToken }
          : null,
      )
      await client.session.signIn(login('first'))
      const waiting = send(client, file, { method: 'PUT', body: new Blob(['kept']) })
      await clock.settle()
      await answerDialog(login('second'))
      expect((await waiting).status).toBe(200)
      expect(tokens()).toEqual(sent)
      expect(asked().at(-1)).toBe('files-for-second')
    },
  )

  test('after a login that a 401 without credentials required the request gets one, too', async () => {
    const { client, clock, login, answerDialog, asked, tokens } = await start()
    const waiting = send(client, file)
    await clock.settle()
    await answerDialog(login('second'))
    expect((await waiting).status).toBe(200)
    expect(tokens()).toEqual([null, 'files-for-second'])
    expect(asked()).toEqual(['files-for-second'])
  })

  /** Stepped up, and the refresh for its origin's token under way; `bring` ends that. */
  const startWaiting = async () => {
    const stage = await start()
    const { client, clock, login, challengeBy, answerDialog, refresh, issue } = stage
    await client.session.signIn(login('first'))
    challengeBy(stepUp)
    const waiting = send(client, file).catch(error => error)
    await clock.settle()
    const answer = createDeferred<ReturnType<typeof issue>>()
    refresh(() => answer.promise)
    await answerDialog(login('second'))
    expect(await outcomeOf(waiting, clock)).toBe('pending')
    const bring = () => answer.resolve({ ...issue(), accessToken: 'files-for-second' })
    return { ...stage, waiting, bring }
  }

  test('a sign-out while the request waits for that token rejects it, and nothing is sent', async () => {
    const { client, waiting, bring, tokens } = await startWaiting()
    await client.session.signOut()
    bring()
    const error = await waiting
    expect([error.code, error.reason, error.rejectedResponse?.status]).toEqual(['session-ended', 'signed-out', 401])
    expect(tokens()).toEqual(['files-for-first'])
  })

  test('a waiting request is not sent as a user who signed in while it waited', async () => {
    const { client, login, waiting, bring, tokens } = await startWaiting()
    await client.session.signIn({ ...login('third'), subject: 'bob' })
    bring()
    expect(await waiting).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(tokens()).toEqual(['files-for-first'])
  })
})
