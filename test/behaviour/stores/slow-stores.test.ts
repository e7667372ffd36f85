import { describe, expect, test } from 'vitest'
import type { ClientOptions } from '../../../src/client/options.ts'
import type { SessionStore } from '../../../src/session/session-store.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { createStage, forms, outcomeOf } from '../../support/stage.ts'

let opened = 0
/** A page that starts over a store in which Alice is signed in; each has a lock of its own name. */
const open = (options: ClientOptions & { readonly store?: SessionStore } = {}) => {
  const store = createScriptedStore()
  store.content = storedRecord({ credentials: credentialsOf({ accessToken: 'access-0' }) })
  opened += 1
  const stage = createStage({ sessionName: `slow ${opened}`, store, ...(options as object) })
  stage.answer(({ token }) => new Response('', { status: token === 'access-0' ? 200 : 401 }))
  return { ...stage, store }
}

describe('promise 9: a store slower than its deadline is not an empty one', () => {
  test.each(forms)('a request (%s) waits, then fails as unavailable; no login is required', async (_form, send) => {
    const { client, clock, store, sends, logins } = open()
    store.fail('read', 'hangs')
    const answer = send(client, '/a')
    answer.catch(() => {})
    await clock.advance(1900)
    expect(await outcomeOf(answer, clock)).toBe('pending')
    await clock.advance(60_000)
    expect(await outcomeOf(answer, clock)).toMatchObject({ code: 'refresh-unavailable', reason: 'store' })
    expect([client.session.status, sends, logins]).toEqual(['unknown', [], []])
  })

  test('a request that may go without a session does so', async () => {
    const { client, clock, store, sends } = open()
    store.fail('read', 'hangs')
    const answer = client.fetch('https://api.test/a', { auth: 'optional' })
    await clock.advance(60_000)
    expect(await answer).toMatchObject({ status: 401 })
    expect(sends).toMatchObject([{ token: null }])
  })

  test('ready() leaves the status unknown, and the session is restored when the store responds at last', async () => {
    const { client, clock, store } = open()
    const told: string[] = []
    client.session.on('restored', ({ subject }) => void told.push(String(subject)))
    const held = store.hold('read')
    const ready = client.session.ready()
    await clock.advance(2000)
    expect((await ready).status).toBe('unknown')
    held.open()
    await clock.settle()
    expect([client.session.status, told]).toEqual(['signed-in', ['alice']])
    expect((await client.fetch('https://api.test/a')).status).toBe(200)
  })

  test('each request reads again, so that one successful read is enough', async () => {
    const { client, clock, store } = open()
    store.fail('read', 'hangs', 1)
    const ready = client.session.ready()
    await clock.advance(2000)
    expect((await ready).status).toBe('unknown')
    expect((await client.fetch('https://api.test/a')).status).toBe(200)
  })

  test('a login made meanwhile counts at once, and is used', async () => {
    const { client, clock, store } = open()
    store.fail('all', 'hangs')
    const ready = client.session.ready()
    await clock.advance(2000)
    await ready
    void client.session.signIn({ accessToken: 'access-0', refreshToken: 'refresh-9' })
    expect(client.session.status).toBe('signed-in')
    const answer = client.fetch('https://api.test/a')
    await clock.advance(10_000)
    expect((await answer).status).toBe(200)
  })

  test('a disposed client ignores a late response', async () => {
    const { client, clock, store } = open()
    const held = store.hold('read')
    void client.session.ready()
    await clock.advance(2000)
    client.dispose()
    held.open()
    await clock.settle()
    expect(client.session.status).toBe('unknown')
  })

  test('the deadline is an option', async () => {
    const { client, clock, store } = open({ limits: { storeTimeoutMs: 50 } })
    store.fail('read', 'hangs')
    const ready = client.session.ready()
    await clock.advance(50)
    expect((await ready).status).toBe('unknown')
  })
})

describe('promise 9: a store whose reads fail', () => {
  test('for a moment costs a moment', async () => {
    const { client, clock, store, logins } = open()
    store.fail('read', 'rejects', 3)
    const answer = client.fetch('https://api.test/a')
    await clock.advance(600)
    expect((await answer).status).toBe(200)
    expect(logins).toEqual([])
  })

  test('for good costs persistence only: after the deadline the status is signed-out, and a login works', async () => {
    const { client, clock, store, logins } = open()
    store.fail('all', 'rejects')
    const answer = client.fetch('https://api.test/a')
    await clock.advance(2100)
    expect((await answer).status).toBe(401)
    await clock.advance(1)
    expect(logins).toMatchObject([{ reason: 'not-signed-in' }])
    await client.session.signIn({ accessToken: 'access-0' })
    expect((await client.fetch('https://api.test/a')).status).toBe(200)
  })

  test('because it does not exist costs no wait', async () => {
    const { client, store } = open()
    store.fail('all', 'throws')
    expect((await client.fetch('https://api.test/a')).status).toBe(401)
    expect(client.session.status).toBe('signed-out')
  })
})
