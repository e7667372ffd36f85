import { isLatchkeyError } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createStage, refusal, type Stage } from '../support/stage.ts'

const url = 'https://api.test/x'
const codeOf = (error: unknown) => (isLatchkeyError(error) ? error.code : String(error))
const send = ({ client }: Stage) => client.fetch(url).then(({ status }) => String(status), codeOf)

/** An hour in which a page asks every ten seconds. */
async function liveAnHour(stage: Stage): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  for (let second = 0; second < 3600; second += 10) {
    const sending = send(stage)
    await stage.clock.advance(10_000)
    const outcome = await sending
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

describe('an API that', () => {
  test('rejects every token with 401 for ever costs no more refreshes than the circuit breaker allows, and ends nothing', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.answer(() => refusal())
    const outcomes = await liveAnHour(stage)
    expect(outcomes).toEqual({ 401: 360 })
    // Five, and then a pause of 30 s, over and over.
    expect(stage.refreshes.length).toBeLessThanOrEqual(5 * 120)
    // Each request is sent twice at most.
    expect(stage.sends.length).toBeLessThanOrEqual(2 * 360)
    expect(stage.client.session.status).toBe('signed-in')
    expect(stage.logins).toEqual([])
  })

  test('responds with 403 for ever causes no refresh, whatever its challenge says', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.answer(
      () => new Response('', { status: 403, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }),
    )
    expect(await liveAnHour(stage)).toEqual({ 403: 360 })
    expect(stage.refreshes).toEqual([])
  })

  test('wants a step-up for ever asks the user once a request at most, and ends nothing', async () => {
    let asked = 0
    const stage = createStage({
      reauthenticate: async () => {
        asked += 1
        return stage.issue({ subject: 'alice' })
      },
    })
    await stage.signIn({ subject: 'alice' })
    stage.answer(() => refusal('Bearer error="insufficient_user_authentication", acr_values="gold", max_age="0"'))
    for (let count = 1; count <= 20; count += 1) {
      expect(['401', 'step-up-required']).toContain(await send(stage))
      expect(asked).toBeLessThanOrEqual(count)
    }
    expect(stage.client.session.status).toBe('signed-in')
    expect(stage.refreshes.length).toBeLessThanOrEqual(20)
  })

  test('sends a challenge as long as a header can be is understood as any other', async () => {
    const stage = createStage()
    await stage.signIn()
    const parameters = Array.from({ length: 900 }, (_, index) => `p${index}="${'\\"'.repeat(4)}"`).join(', ')
    stage.answer(({ token }) => (token === 'access-1' ? refusal(`Bearer ${parameters}`) : new Response('fine')))
    expect(await send(stage)).toBe('200')
    expect(stage.refreshes.length).toBe(1)
  })
})

describe('a token endpoint that', () => {
  test('returns the same token each time gets no refresh after refresh', async () => {
    const stage = createStage()
    const tokens = stage.issue()
    await stage.client.session.signIn(tokens)
    stage.refresh(async () => tokens)
    stage.answer(() => refusal())
    expect(await liveAnHour(stage)).toEqual({ 401: 360 })
    expect(stage.refreshes.length).toBeLessThanOrEqual(5 * 120)
  })

  test('grants tokens of a millisecond is asked once for each request at most', async () => {
    const stage = createStage({ lifetimeSeconds: 0.001 })
    await stage.signIn()
    const outcomes = await liveAnHour(stage)
    expect(stage.refreshes.length).toBeLessThanOrEqual(360)
    expect(stage.client.session.status).toBe('signed-in')
    expect(Object.keys(outcomes).filter(outcome => outcome !== '200')).toEqual([])
  })

  test('brings the tokens of somebody else ends the session, and sends nothing as that person', async () => {
    const stage = createStage()
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => stage.issue({ subject: 'mallory' }))
    expect(await send(stage)).toBe('session-ended')
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1'])
    expect(stage.client.session.getSnapshot().subject).not.toBe('mallory')
  })
})
