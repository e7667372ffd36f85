import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import { cookieSession } from '../../../src/refresh/strategies/cookie-strategies.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf } from '../../support/session-records.ts'
import { createTimedWorld, signIn } from '../../support/timed-client.ts'

/** Two tabs of alice, whose refresh is about to be refused in the first of them. */
const startRefused = async (options: ClientOptions = {}) => {
  const world = await createTimedWorld()
  const store = createScriptedStore()
  const [tab, other] = [world.open({ store, ...options }), world.open({ store, ...options })]
  await signIn(tab, world.server)
  await other.outcome()
  world.server.expireAccessTokens()
  const gate = world.server.holdRefresh()
  const answer = tab.outcome()
  await gate.reached()
  const refuse = () => gate.open({ kind: 'status', status: 401, body: '{}' })
  return { ...world, tab, other, answer, refuse, store, stored: () => store.content as StoredRecord }
}

describe('promise 13: a rejection of the refresh token', () => {
  test('RT-09: of the token that is stored ends the session everywhere, and login is required once in each tab', async () => {
    const { tab, other, answer, refuse, clock, stored } = await startRefused()
    refuse()
    expect(await answer).toBe('session-ended')
    expect(stored()).toMatchObject({ credentials: null, endedBy: 'refresh-rejected' })
    other.wake.wake()
    await clock.settle()
    expect(other.client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
    expect([await tab.askedForLogin(), await other.askedForLogin()]).toEqual([1, 1])
    expect([tab.logins[0]?.tab, other.logins[0]?.tab]).toEqual(['this', 'other'])
  })

  test('RT-09: that comes after the same person has signed in again in another tab removes nothing', async () => {
    const { server, tab, other, answer, refuse, stored } = await startRefused()
    await signIn(other, server)
    refuse()
    expect(await answer).toBe('200')
    expect(stored().credentials).not.toBeNull()
    expect([tab.client.session.status, other.client.session.status]).toEqual(['signed-in', 'signed-in'])
    expect(await tab.askedForLogin()).toBe(0)
    expect(await other.outcome()).toBe('200')
  })

  test('RT-09: that comes after the same person has signed in again in this tab removes nothing', async () => {
    const { server, tab, answer, refuse, stored } = await startRefused()
    await signIn(tab, server)
    refuse()
    expect(await answer).toBe('200')
    expect([tab.client.session.status, stored().generation]).toEqual(['signed-in', 1])
    expect(await tab.askedForLogin()).toBe(0)
  })

  test('that comes after another user has signed in does not end that session, and waiting requests are not sent as that user', async () => {
    const { server, tab, other, answer, refuse } = await startRefused()
    await signIn(other, server, 'bob')
    refuse()
    expect(await answer).toBe('session-ended')
    expect([tab, other].map(({ client }) => client.session.getSnapshot())).toMatchObject([
      { status: 'signed-in', subject: 'bob' },
      { status: 'signed-in', subject: 'bob' },
    ])
    expect([await tab.askedForLogin(), await other.askedForLogin()]).toEqual([0, 0])
    expect(server.sends.filter(({ status }) => status === 200).length).toBe(1)
  })

  test('RT-09: of a token that another tab has replaced meanwhile adopts the newer one, and requires no login', async () => {
    const { server, tab, answer, refuse, store, stored } = await startRefused()
    const { accessToken, refreshToken } = server.issue('alice')
    const credentials = credentialsOf({ accessToken, refreshToken })
    store.content = { ...stored(), revision: 'of-another-tab', generation: 1, lease: null, credentials }
    refuse()
    expect(await answer).toBe('200')
    expect(tab.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 1 })
    expect([server.refreshes, await tab.askedForLogin()]).toEqual([1, 0])
    expect(stored().credentials?.refreshToken).toBe(refreshToken)
  })

  test('while the store cannot be read ends nothing yet', async () => {
    const { tab, answer, refuse, store, stored } = await startRefused()
    store.content = { ...stored(), revision: 'of-another-tab', generation: 1 }
    store.fail('read', 'rejects')
    refuse()
    expect(await answer).toBe('refresh-unavailable')
    expect([tab.client.session.status, await tab.askedForLogin()]).toEqual(['signed-in', 0])
  })
})

describe('promise 13, cookie mode: there is no refresh token to compare', () => {
  const startCookie = async () => {
    const world = await createTimedWorld()
    const store = createScriptedStore()
    const refresh = cookieSession({ url: '/bff/refresh', signOutUrl: '/cookie/logout' })
    const tab = world.open({ store, refresh, sessionName: 'main' })
    await tab.client.session.signIn({ cookie: true, subject: 'alice' })
    const gate = world.server.holdRefresh()
    const answer = tab.client.session.refresh().catch(error => error.code as string)
    await gate.reached()
    const refuse = () => gate.open({ kind: 'status', status: 401, body: '{}' })
    return { ...world, tab, answer, refuse, store, stored: () => store.content as StoredRecord }
  }

  test('the record still has the session and generation of the refresh: the session is over', async () => {
    const { tab, answer, refuse, stored } = await startCookie()
    refuse()
    expect(await answer).toBe('session-ended')
    expect([tab.client.session.status, stored().credentials]).toEqual(['signed-out', null])
  })

  test('another tab has refreshed it since: the newer record is adopted', async () => {
    const { tab, answer, refuse, store, stored } = await startCookie()
    store.content = { ...stored(), revision: 'of-another-tab', generation: 1, lease: null }
    refuse()
    expect(await answer).toMatchObject({ status: 'signed-in', generation: 1 })
    expect(await tab.askedForLogin()).toBe(0)
  })
})
