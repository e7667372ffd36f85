import { describe, expect, test, vi } from 'vitest'
import type { SessionInput } from '../../../src/session/parse-tokens.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, forms, outcomeOf, refusal } from '../../support/stage.ts'

/** alice's token is refused, and her refresh under way; `hers` ends it. */
const start = async () => {
  const stage = createStage()
  await stage.signIn({ subject: 'alice', accessToken: 'of-alice' })
  const hers = createDeferred<SessionInput>()
  stage.refresh(() => hers.promise)
  stage.answer(({ token }) => (token === 'good' ? new Response('fine') : refusal()))
  const ofAlice = outcomeOf(stage.client.fetch('https://api.test/alice'), stage.clock)
  expect(await ofAlice).toBe('pending')
  return { stage, hers }
}

describe.each(forms)('promise 1: a refresh belongs to one session and generation, by %s', (_form, send) => {
  test('a user who signs in meanwhile does not wait for the refresh of the former user: a 401 starts a refresh of its own', async () => {
    const { stage } = await start()
    await stage.signIn({ subject: 'bob', accessToken: 'of-bob', refreshToken: 'refresh-of-bob' })
    stage.refresh(async () => ({ accessToken: 'good' }))
    expect((await send(stage.client, '/bob')).status).toBe(200)
    expect(stage.refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-of-bob'])
  })

  test('the end of an older refresh does not end the one under way', async () => {
    const { stage, hers } = await start()
    await stage.signIn({ subject: 'bob', accessToken: 'of-bob', refreshToken: 'refresh-of-bob' })
    const his = createDeferred<SessionInput>()
    stage.refresh(() => his.promise)
    const answers = [send(stage.client, '/bob/1')]
    await stage.clock.settle()
    hers.resolve({ accessToken: 'of-alice', subject: 'alice' })
    await stage.clock.settle()
    answers.push(send(stage.client, '/bob/2'))
    await stage.clock.settle()
    expect(stage.sends.filter(({ path }) => path === '/bob/2')).toEqual([])
    his.resolve({ accessToken: 'good' })
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
    expect(stage.refreshes.length).toBe(2)
  })

  test('after a new sign-in of the same user, requests do not wait for the refresh of the older token', async () => {
    const { stage } = await start()
    await stage.signIn({ subject: 'alice', accessToken: 'good', refreshToken: 'newer' })
    expect(await outcomeOf(send(stage.client, '/again'), stage.clock)).toMatchObject({ status: 200 })
    expect(stage.refreshes.length).toBe(1)
  })
})

describe.each(forms)('promise 1: offline, by %s', (_form, send) => {
  test('a refresh is tried all the same, and when it has failed, requests that need a newer token reject with the reason', async () => {
    const stage = createStage({ lifetimeSeconds: 60 })
    await stage.signIn()
    vi.stubGlobal('navigator', { onLine: false })
    stage.refresh(() => Promise.reject(new TypeError('Failed to fetch')))
    const offline = { code: 'refresh-unavailable', reason: 'offline' }
    await expect(stage.client.session.refresh()).rejects.toMatchObject(offline)
    stage.refuseAll()
    await expect(send(stage.client, '/refused')).rejects.toMatchObject(offline)
    await stage.clock.advance(61_000)
    await expect(send(stage.client, '/expired')).rejects.toMatchObject(offline)
    expect([stage.refreshes.length, stage.sends.length, stage.logins.length]).toEqual([2, 1, 0])
  })
})
