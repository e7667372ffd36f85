import { describe, expect, test } from 'vitest'
import { createDialogStage } from '../../support/dialog.ts'
import { forms, refusal, type StageOptions } from '../../support/stage.ts'

const wants = (parameters: string) => `Bearer error="insufficient_user_authentication", ${parameters}`

/** An API that is never content, whoever signs in and however. */
const startInsatiable = async (parameters: string, options: StageOptions = {}) => {
  const stage = createDialogStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.answer(() => refusal(wants(parameters)))
  return { ...stage, stronger: () => stage.answerDialog(stage.issue({ subject: 'alice' })) }
}

describe.each(forms)('a challenge for the step-up that was just done, by %s (SU-02)', (_, send) => {
  const start = async (parameters: string, options: StageOptions = {}) => {
    const stage = await startInsatiable(parameters, options)
    const first = send(stage.client, '/one')
    await stage.clock.settle()
    await stage.stronger()
    await first
    return stage
  }

  test('opens no second dialog, however many requests get it: the 401 is returned to the caller', async () => {
    const { client, asked } = await start('acr_values="gold"')
    const statuses = await Promise.all(['/one', '/two', '/three'].map(path => send(client, path)))
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(asked).toHaveLength(1)
    expect(client.session.status).toBe('signed-in')
  })

  test('asks again for something else', async () => {
    const { client, clock, asked, answer } = await start('acr_values="gold"')
    answer(() => refusal(wants('acr_values="platinum"')))
    void send(client, '/two').catch(() => {})
    await clock.settle()
    expect(asked).toHaveLength(2)
  })

  test('asks again once it was done too long ago for the server', async () => {
    const { client, clock, asked } = await start('acr_values="gold", max_age="60"')
    await clock.advance(59_000)
    expect((await send(client, '/two')).status).toBe(401)
    expect(asked).toHaveLength(1)
    await clock.advance(2000)
    void send(client, '/two').catch(() => {})
    await clock.settle()
    expect(asked).toHaveLength(2)
  })

  test('asks again for a newer token, and for another session', async () => {
    const { client, clock, asked, signIn } = await start('acr_values="gold"')
    await client.session.refresh()
    void send(client, '/two').catch(() => {})
    await clock.settle()
    expect(asked).toHaveLength(2)
    await signIn({ subject: 'bob' })
    void send(client, '/three').catch(() => {})
    await clock.settle()
    expect(asked.map(({ need }) => need.subject)).toEqual(['alice', 'alice', 'bob'])
  })
})
