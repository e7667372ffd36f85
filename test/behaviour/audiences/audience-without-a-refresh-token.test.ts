import { oauthRefresh } from 'latchkey/oauth'
import { expect, test } from 'vitest'
import { createStage, outcomeOf, refusal } from '../../support/stage.ts'

const start = async () => {
  const { audienceOf, refresh } = oauthRefresh({
    tokenEndpoint: 'https://api.test/token',
    clientId: 'spa',
    resource: { 'https://files.test': 'urn:files' },
  })
  const stage = createStage({
    trustedOrigins: ['https://files.test'],
    strategy: { needsRefreshToken: true, audienceOf },
  })
  stage.refresh(refresh)
  await stage.client.session.signIn({ accessToken: 'own', refreshToken: null, subject: 'alice' })
  return stage
}

test('a request to an audience that can get no token is not sent without credentials as if signed in', async () => {
  const { client, clock, sends, answer } = await start()
  answer(() => refusal())
  const steps: unknown[] = []
  client.session.on('request', event => void (event.step === 'sent' && steps.push(event.credentials)))
  await outcomeOf(client.fetch('https://files.test/x', { method: 'POST', body: 'secret' }), clock)
  expect([sends.map(({ token }) => token), steps]).toEqual([[], []])
})

test('the request rejects with the reason and with retryAfterMs', async () => {
  const { client, clock } = await start()
  const error = await outcomeOf(client.fetch('https://files.test/x'), clock)
  expect(error).toMatchObject({ code: 'refresh-unavailable', retryAfterMs: 1000 })
  expect(String(error)).toContain('no-refresh-token')
})

test('its failure does not delay the end of the session', async () => {
  const { client, clock, answer } = await start()
  answer(() => refusal())
  await outcomeOf(client.fetch('https://files.test/x'), clock)
  const outcome = await outcomeOf(client.fetch('https://api.test/x'), clock)
  expect(outcome).toMatchObject({ code: 'session-ended', reason: 'expired' })
})
