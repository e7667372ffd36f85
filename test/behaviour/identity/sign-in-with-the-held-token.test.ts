import { describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, outcomeOf, type StageOptions } from '../../support/stage.ts'

/** A request was refused, and its refresh is under way; the server takes the token that comes of it alone. */
const startRefused = async (options: StageOptions = {}, subject?: string) => {
  const stage = createStage(options)
  const tokens = { accessToken: 'a1', refreshToken: 'r1', ...(subject && { subject }) }
  await stage.client.session.signIn(tokens)
  stage.answer(({ token }) => new Response('', { status: token === 'a2' ? 200 : 401 }))
  const answered = createDeferred<void>()
  stage.refresh(async () => {
    await answered.promise
    return { accessToken: 'a2', refreshToken: 'r2' }
  })
  const waiting = stage.client.fetch('https://api.test/me')
  await stage.clock.settle()
  return { ...stage, tokens, waiting, finish: answered.resolve }
}

describe('signIn with the current tokens while they are being refreshed', () => {
  test.each([undefined, 'alice'])('uses no replay on the rejected token (subject %s)', async subject => {
    const { client, clock, tokens, waiting, finish, sends, refreshes } = await startRefused({}, subject)
    await client.session.signIn(tokens)
    await clock.settle()
    expect(sends.map(({ token }) => token)).toEqual(['a1'])
    finish()
    expect((await waiting).status).toBe(200)
    expect(sends.map(({ token }) => token)).toEqual(['a1', 'a2'])
    expect([refreshes.length, client.session.getSnapshot().epoch]).toEqual([1, 1])
  })

  test('keeps later requests waiting for that refresh', async () => {
    const { client, clock, tokens, finish, sends } = await startRefused()
    await client.session.signIn(tokens)
    const later = client.fetch('https://api.test/later')
    await clock.settle()
    expect(sends.filter(({ path }) => path === '/later')).toEqual([])
    finish()
    expect((await later).status).toBe(200)
  })

  test('with another refresh token refreshes with that one, before anything is sent again', async () => {
    const { client, clock, waiting, finish, sends, refreshes, refresh } = await startRefused()
    await client.session.signIn({ accessToken: 'a1', refreshToken: 'r9' })
    refresh(async () => ({ accessToken: 'a2', refreshToken: 'r10' }))
    finish()
    expect((await waiting).status).toBe(200)
    await clock.settle()
    expect(refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['r1', 'r9'])
    expect(sends.map(({ token }) => token)).toEqual(['a1', 'a2'])
  })
})

test('the tokens of the login, passed to signIn again after a refresh, change nothing', async () => {
  const { client, tokens, waiting, finish, refreshes } = await startRefused()
  finish()
  await waiting
  await client.session.signIn(tokens)
  expect((await client.fetch('https://api.test/me')).status).toBe(200)
  expect([refreshes.length, await client.session.getAccessToken()]).toEqual([1, 'a2'])
})

test('a dialog that returns the rejected tokens has returned nothing: no request is replayed with them', async () => {
  const held = { accessToken: 'a1', refreshToken: 'r1', subject: 'alice' }
  const stage = createStage({ reauthenticate: async () => held })
  await stage.client.session.signIn(held)
  stage.answer(() => new Response('', { status: 401 }))
  stage.refresh(async () => null)
  const outcome = await outcomeOf(stage.client.fetch('https://api.test/me'), stage.clock)
  expect(outcome).toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
  expect(stage.sends.map(({ token }) => token)).toEqual(['a1'])
})

test('a step-up may return the current token, made stronger on the server: the request is sent again', async () => {
  const held = { accessToken: 'a1', refreshToken: 'r1', subject: 'alice' }
  let isSteppedUp = false
  const stage = createStage({
    reauthenticate: async () => {
      isSteppedUp = true
      return held
    },
  })
  await stage.client.session.signIn(held)
  const challenge = 'Bearer error="insufficient_user_authentication"'
  const stepUp = () => new Response('', { status: 401, headers: { 'www-authenticate': challenge } })
  stage.answer(() => (isSteppedUp ? new Response('fine') : stepUp()))
  const outcome = await outcomeOf(stage.client.fetch('https://api.test/me'), stage.clock)
  expect(outcome).toMatchObject({ status: 200 })
  expect(stage.refreshes).toEqual([])
})

describe('a token that no header can carry never replaces one that can', () => {
  test.each(['gut\u00e9', 'a b', 'Bearer a2', '"a2"', 'a2\n', 'undefined'])(
    'not from a refresh: %j',
    async accessToken => {
      const stage = createStage()
      await stage.client.session.signIn({ accessToken: 'a1', refreshToken: 'r1', expiresInSeconds: 3600 })
      stage.answer(({ token }) => new Response('', { status: token === 'a1' ? 200 : 401 }))
      stage.refresh(async () => ({ accessToken, refreshToken: 'r2' }))
      const refreshed = await outcomeOf(stage.client.session.refresh(), stage.clock)
      expect(refreshed).toMatchObject({ code: 'refresh-unavailable', reason: 'unreadable-response' })
      if (accessToken !== 'undefined') expect(String(refreshed)).not.toContain(accessToken)
      expect((await stage.client.fetch('https://api.test/me')).status).toBe(200)
      expect(await stage.client.session.getAccessToken()).toBe('a1')
    },
  )

  test('not from a refresh for another audience', async () => {
    const strategy = { audienceOf: (origin: string) => (origin === 'https://files.test' ? 'files' : undefined) }
    const stage = createStage({ strategy, trustedOrigins: ['https://files.test'] })
    await stage.client.session.signIn({ accessToken: 'a1', refreshToken: 'r1' })
    stage.refresh(async () => ({ accessToken: 'not a token' }))
    const outcome = await outcomeOf(stage.client.fetch('https://files.test/a'), stage.clock)
    expect(outcome).toMatchObject({ code: 'refresh-unavailable' })
    expect(stage.sends).toEqual([])
  })
})
