import { oauthRefresh } from 'latchkey/oauth'
import { expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, outcomeOf } from '../../support/stage.ts'
import { createTimedWorld } from '../../support/timed-client.ts'

/** Signed in by a server that gives no refresh token, for five minutes. */
const start = async () => {
  const world = await createTimedWorld({ accessTokenSeconds: 300 })
  const { server, open } = world
  const tab = open({ refresh: oauthRefresh({ tokenEndpoint: `${server.origin}/token`, clientId: 'spa' }) })
  const failed = vi.fn()
  tab.client.session.on('refresh-failed', failed)
  await tab.client.session.signIn({ ...server.issue('alice'), refreshToken: null, subject: 'alice' })
  return { ...world, ...tab, failed }
}

test('a token is used until it expires, and no refresh-failed is emitted', async () => {
  const { clock, client, outcome, server, failed, wake } = await start()
  await clock.advance(290_000)
  wake.wake()
  expect(await outcome()).toBe('200')
  expect(await client.session.getAccessToken({ minValidityMs: 60_000 })).toMatch(/./)
  expect([server.refreshes, failed.mock.calls]).toEqual([0, []])
})

test('after its expiry the 401 ends the session at once, and requires a login', async () => {
  const { clock, client, outcome, server, failed, askedForLogin } = await start()
  await clock.advance(290_000)
  await outcome()
  await clock.advance(11_000)
  expect(await outcome()).toBe('session-ended')
  expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'expired' })
  expect([server.refreshes, failed.mock.calls, await askedForLogin()]).toEqual([0, [], 1])
})

test('session.refresh() rejects as a mistake, and ends nothing', async () => {
  const { client, outcome } = await start()
  await expect(client.session.refresh()).rejects.toMatchObject({ code: 'configuration', option: 'refresh' })
  expect([client.session.status, await outcome()]).toEqual(['signed-in', '200'])
})

test('a refresh token that a later sign-in brings is used from then on', async () => {
  const { client, server } = await start()
  await client.session.signIn({ ...server.issue('alice'), subject: 'alice' })
  await client.session.refresh()
  expect(server.refreshes).toBe(1)
})

test('a token that was just rejected is not returned by getAccessToken', async () => {
  const { client, clock, refresh, signIn, refuseAll } = createStage({ strategy: { needsRefreshToken: true } })
  await signIn({ refreshToken: null })
  refuseAll()
  const answer = createDeferred<null>()
  refresh(() => answer.promise)
  const refused = client.fetch('https://api.test/x').catch(error => error)
  await clock.settle()
  const token = client.session.getAccessToken().catch(error => error)
  expect(await outcomeOf(token, clock)).toBe('pending')
  answer.resolve(null)
  const ended = { code: 'session-ended', reason: 'expired' }
  expect(await Promise.all([refused, token])).toMatchObject([ended, ended])
})
