import { createClient } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage } from '../../support/stage.ts'

describe('getServerSnapshot', () => {
  test('is the same frozen object, whichever user is signed in, as on the server that made the page', async () => {
    const { client, signIn } = createStage()
    const { getServerSnapshot, getSnapshot } = client.session
    const before = getServerSnapshot()
    expect(before).toEqual(getSnapshot())
    expect(Object.isFrozen(before)).toBe(true)
    await signIn({ subject: 'alice' })
    expect(getServerSnapshot()).toBe(before)
    expect([before.status, before.subject, before.claims, before.epoch]).toEqual(['unknown', null, null, 0])
    expect(client.extend({}).session.getServerSnapshot()).toBe(before)
  })

  test('is all that a server shows before ready()', () => {
    const { session } = createClient({ baseUrl: 'https://api.test/' })
    expect([session.status, session.getSnapshot().status]).toEqual(['unknown', 'unknown'])
  })
})

describe('ready() while the status is unknown', () => {
  test('is one promise for all callers: a component that suspends may render again and again', async () => {
    const { client, clock, refresh, refreshes, issue } = createStage({ strategy: { ambient: true } })
    const refreshed = createDeferred<ReturnType<typeof issue>>()
    refresh(() => refreshed.promise)
    const first = client.session.ready()
    await clock.settle()
    expect(client.session.ready()).toBe(first)
    refreshed.resolve(issue({ subject: 'alice' }))
    expect(await first).toMatchObject({ status: 'signed-in' })
    expect(refreshes).toHaveLength(1)
    expect(await client.session.ready()).toBe(client.session.getSnapshot())
  })

  test('is still that promise if the refresh was unavailable, until the next attempt is due', async () => {
    const { client, clock, refresh, refreshes, issue } = createStage({ strategy: { ambient: true } })
    refresh(async () => {
      throw new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    })
    const first = client.session.ready()
    await clock.advance(20_000)
    expect(await first).toMatchObject({ status: 'unknown' })
    const { length } = refreshes
    for (let render = 0; render < 5; render += 1) {
      expect(client.session.ready()).toBe(first)
      await clock.settle()
    }
    expect(refreshes).toHaveLength(length)
    await clock.advance(60_000)
    refresh(async () => issue({ subject: 'alice' }))
    const second = client.session.ready()
    expect(second).not.toBe(first)
    expect(await second).toMatchObject({ status: 'signed-in', subject: 'alice' })
  })

  test('is no longer that promise once a user has signed in', async () => {
    const { client, clock, signIn, refresh } = createStage({ strategy: { ambient: true } })
    refresh(() => createDeferred<null>().promise)
    const first = client.session.ready()
    await clock.settle()
    await signIn({ subject: 'bob' })
    expect(client.session.ready()).not.toBe(first)
    expect(await client.session.ready()).toMatchObject({ subject: 'bob' })
  })
})
