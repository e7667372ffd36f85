import { expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createCookieWorld } from '../../support/cookie-world.ts'

const busy = () => new Response('{}', { status: 503, headers: { 'retry-after': '20' } })

/** Alice is signed in by a cookie, and the token endpoint now asks to be left alone for 20 s. */
async function overloaded() {
  const world = createCookieWorld('token')
  world.logIn('alice')
  const page = world.open()
  await page.ready()
  world.answer('/session', busy)
  const tokenRequests = () => world.log.filter(line => line.startsWith('/session')).length
  const refresh = () => page.client.session.refresh().catch(error => error.code)
  return { ...world, page, tokenRequests, refresh }
}

test('A page that starts after a sign-out waits for the end of the Retry-After that was sent before it', async () => {
  const { clock, page, open, refresh, tokenRequests } = await overloaded()
  await refresh()
  await page.client.session.signOut()
  await clock.advance(2000)
  const asked = tokenRequests()
  expect(await open().ask()).toBe('refresh-unavailable')
  expect(tokenRequests()).toBe(asked)
  await clock.advance(20_000)
  await open().ready()
  expect(tokenRequests()).toBe(asked + 1)
})

test('A page that starts after a sign-out waits for the end of a Retry-After whose response came after the sign-out', async () => {
  const { clock, page, open, hold, refresh, tokenRequests } = await overloaded()
  const response = hold('/session', 'answer')
  const refreshed = refresh()
  await clock.advance(0)
  await response.reached
  await page.client.session.signOut()
  response.open()
  await refreshed
  await clock.advance(2000)
  const asked = tokenRequests()
  expect(await open().ask()).toBe('refresh-unavailable')
  expect(tokenRequests()).toBe(asked)
})

test('A login that begins a new session is not held back by the Retry-After of the session before it', async () => {
  const { page, refresh, store } = await overloaded()
  await refresh()
  await page.client.session.signOut()
  expect(store.content).toMatchObject({ retryAt: expect.any(Number), failures: 1 })
  await page.client.session.signIn({ accessToken: 'token-bob', subject: 'bob' })
  expect((store.content as StoredRecord).retryAt).toBeUndefined()
})

test('A page keeps to its Retry-After though the store has lost it and holds the shorter backoff of another tab', async () => {
  const { clock, page, store, refresh, tokenRequests } = await overloaded()
  await refresh()
  const asked = tokenRequests()
  const retryAt = clock.wallMs() + 1000
  store.content = { ...(store.content as StoredRecord), revision: 'of-another-tab', retryAt }
  page.wake() // It reads the record.
  await page.ask()
  await clock.advance(3000)
  expect(await refresh()).toBe('refresh-unavailable')
  expect(tokenRequests()).toBe(asked)
  await clock.advance(20_000)
  await refresh()
  expect(tokenRequests()).toBe(asked + 1)
})

test.each([
  ['the browser has wiped the storage', null],
  [
    'another tab has written that no user is signed in',
    { version: 1, revision: 'of-another-tab', sessionId: 'of-no-user', generation: 0, credentials: null },
  ],
])('A page that starts keeps to its Retry-After though %s', async (_, content) => {
  const { clock, open, store, tokenRequests } = await overloaded()
  const starting = open()
  expect(await starting.ask()).toBe('refresh-unavailable')
  const asked = tokenRequests()
  store.content = content
  starting.wake() // It reads the record.
  await clock.advance(2000)
  expect(await starting.ask()).toBe('refresh-unavailable')
  expect(tokenRequests()).toBe(asked)
  await clock.advance(20_000)
  await starting.ask()
  expect(tokenRequests()).toBe(asked + 1)
})

test('A page keeps to its Retry-After though another tab stores tokens that it was sent before', async () => {
  const { clock, page, open, answer, hold, refresh, store, tokenRequests } = await overloaded()
  answer('/session', undefined)
  const other = open()
  await other.ready()
  const response = hold('/session', 'answer')
  const refreshed = other.client.session.refresh()
  await clock.advance(0)
  await response.reached
  // The other tab sleeps. This one takes it for lost, and sends the cookie that the browser holds.
  const record = store.content as StoredRecord
  store.content = { ...record, revision: 'lease-is-stale', lease: null }
  answer('/session', busy)
  expect(await refresh()).toBe('refresh-unavailable')
  response.open()
  await refreshed
  const asked = tokenRequests()
  page.wake() // It reads the record.
  await clock.advance(2000)
  expect(await refresh()).toBe('refresh-unavailable')
  expect(tokenRequests()).toBe(asked)
  await clock.advance(20_000)
  answer('/session', undefined)
  expect(await refresh()).not.toBe('refresh-unavailable')
})
