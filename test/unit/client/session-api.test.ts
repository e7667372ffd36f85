import { type Client, createClient, type SessionEvents, type SessionInput } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, outcomeOf, refusal, stageOrigin } from '../../support/stage.ts'

const noteEvents = ({ session }: Client) => {
  const told: string[] = []
  const types = ['signed-in', 'refreshed', 'refresh-failed', 'ended'] as const
  for (const type of types) {
    session.on(type, ({ epoch, generation }: SessionEvents[typeof type]) => told.push(`${type} ${epoch}.${generation}`))
  }
  return told
}

describe('the snapshot', () => {
  test('is frozen, and the same object until something changed', async () => {
    const { client, signIn } = createStage()
    const before = client.session.getSnapshot()
    expect(client.session.getSnapshot()).toBe(before)
    await client.session.ready()
    await signIn({ subject: 'alice' })
    const signedIn = client.session.getSnapshot()
    expect(signedIn).not.toBe(before)
    await client.fetch(`${stageOrigin}/x`)
    expect(client.session.getSnapshot()).toBe(signedIn)
    expect(Object.isFrozen(signedIn)).toBe(true)
  })

  test('and every method work without `this`', async () => {
    const { client, issue } = createStage()
    const { getSnapshot, subscribe, on, ready, signIn, signOut, refresh, getAccessToken, getIdToken } = client.session
    const stop = [subscribe(() => {}), on('ended', () => {})]
    await signIn({ ...issue(), idToken: 'id' })
    expect([getSnapshot().status, (await ready()).status, await getAccessToken(), getIdToken()]).toEqual([
      'signed-in',
      'signed-in',
      'access-1',
      'id',
    ])
    await refresh()
    await signOut()
    for (const undo of stop) undo()
    expect(client.session.status).toBe('signed-out')
  })
})

describe('subscribe and on', () => {
  test('report every change, in order, with the epoch and generation at that time', async () => {
    const { client, signIn } = createStage()
    const told = noteEvents(client)
    await signIn({ subject: 'alice' })
    await client.session.refresh()
    await signIn({ subject: 'alice' })
    await signIn({ subject: 'bob' })
    await client.session.signOut()
    expect(told).toEqual(['signed-in 1.0', 'refreshed 1.1', 'signed-in 1.2', 'ended 2.0', 'signed-in 2.0', 'ended 3.0'])
  })

  test('return a function that removes one of two listeners', async () => {
    const { client, signIn } = createStage()
    const listener = vi.fn()
    const stop = client.session.subscribe(listener)
    client.session.subscribe(listener)
    stop()
    stop()
    await signIn()
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('are independent: one that throws is reported, and the others are called', async () => {
    const mistake = new Error('a mistake of the app')
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { client, signIn } = createStage()
    const told = vi.fn()
    client.session.subscribe(() => {
      throw mistake
    })
    client.session.subscribe(told)
    client.session.on('signed-in', () => {
      throw mistake
    })
    client.session.on('signed-in', told)
    await signIn()
    expect(told).toHaveBeenCalledTimes(2)
    expect(reported.mock.calls).toEqual([[mistake], [mistake]])
    expect(client.session.status).toBe('signed-in')
  })

  test('may add and remove listeners while they are called', async () => {
    const { client, signIn } = createStage()
    const late = vi.fn()
    const stopped = vi.fn()
    let stop = () => {}
    client.session.subscribe(() => {
      stop()
      client.session.subscribe(late)
    })
    stop = client.session.subscribe(stopped)
    await signIn()
    expect(late).not.toHaveBeenCalled()
    await client.session.signOut()
    expect([late.mock.calls.length, stopped.mock.calls.length]).toEqual([1, 1])
  })

  test('do not report a sign-in that a listener has undone already', async () => {
    const { client, signIn } = createStage()
    const told = noteEvents(client)
    client.session.subscribe(() => {
      if (client.session.getSnapshot().subject === 'mallory') void client.session.signOut()
    })
    await signIn({ subject: 'mallory' })
    expect(told).toEqual(['ended 2.0'])
  })
})

describe('signIn', () => {
  test('counts at once, before it is stored', async () => {
    const stored = createDeferred()
    const { client, issue } = createStage({
      store: { shared: false, read: () => null, compareAndSet: () => true, overwrite: () => stored.promise },
    })
    const signedIn = client.session.signIn(issue({ subject: 'alice' }))
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice' })
    stored.resolve()
    await signedIn
  })

  test.each([
    ['of the same person continues the session', { subject: 'alice' }, { epoch: 1, generation: 1 }],
    ['of another one starts the next', { subject: 'bob' }, { epoch: 2, generation: 0 }],
    ['of nobody known starts the next', {}, { epoch: 2, generation: 0 }],
  ])('%s', async (_, more, expected) => {
    const { client, signIn } = createStage()
    await signIn({ subject: 'alice' })
    await signIn(more)
    expect(client.session.getSnapshot()).toMatchObject(expected)
  })

  test('of two users without a subject is never the same session', async () => {
    const { client, signIn } = createStage()
    await signIn()
    await signIn()
    expect(client.session.getSnapshot()).toMatchObject({ epoch: 2, generation: 0 })
  })

  test.each([
    null,
    undefined,
    'token',
    7,
    {},
    [],
    { token: 'x' },
    { accessToken: '' },
    { accessToken: 7 },
    { cookie: 1 },
  ])('rejects anything that is no credential, and changes nothing: %o', async input => {
    const { client, signIn } = createStage()
    await signIn({ subject: 'alice' })
    const before = client.session.getSnapshot()
    await expect(client.session.signIn(input as SessionInput)).rejects.toMatchObject({ code: 'configuration' })
    expect(client.session.getSnapshot()).toBe(before)
  })
})

describe('refresh', () => {
  test('joins a refresh under way', async () => {
    const { client, signIn, refreshes } = createStage()
    await signIn()
    const snapshots = await Promise.all([client.session.refresh(), client.session.refresh(), client.session.refresh()])
    expect(refreshes).toHaveLength(1)
    expect(new Set(snapshots).size).toBe(1)
    expect(snapshots[0]).toMatchObject({ generation: 1 })
  })

  test('rejects with the reason why there is nothing to refresh', async () => {
    const { client, signIn } = createStage()
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'session-ended', reason: 'not-signed-in' })
    await signIn()
    await client.session.signOut()
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'session-ended', reason: 'signed-out' })
  })

  test('rejects where createClient was given no way to refresh, and ends nothing', async () => {
    const client = createClient({ baseUrl: stageOrigin })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'a' })
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'configuration', option: 'refresh' })
    expect(client.session.status).toBe('signed-in')
  })

  test('rejects with what blocks it, and when to try again', async () => {
    const { client, signIn, refresh } = createStage()
    await signIn()
    refresh(async () => {
      throw { status: 503, headers: { 'retry-after': '7' } }
    })
    await expect(client.session.refresh()).rejects.toMatchObject({
      code: 'refresh-unavailable',
      status: 503,
      retryAfterMs: expect.closeTo(7500, -3),
    })
    expect(client.session.status).toBe('signed-in')
  })
})

describe('getAccessToken', () => {
  test('returns the current token while it is valid, also shortly before its expiry', async () => {
    const { client, clock, signIn, refreshes } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    await clock.advance(85_000)
    expect(await client.session.getAccessToken()).toBe('access-1')
    expect(refreshes).toEqual([])
  })

  test('refreshes first if the token has expired, or will before minValidityMs', async () => {
    const { client, clock, signIn } = createStage({ lifetimeSeconds: 100 })
    await signIn()
    expect(await client.session.getAccessToken({ minValidityMs: 90_000 })).toBe('access-1')
    await clock.advance(15_000)
    expect(await client.session.getAccessToken({ minValidityMs: 90_000 })).toBe('access-2')
    await clock.advance(100_000)
    expect(await client.session.getAccessToken()).toBe('access-3')
  })

  test('waits for the refresh of a rejected token', async () => {
    const { client, clock, signIn, refuseAll, refresh, issue } = createStage()
    await signIn()
    refuseAll()
    const refreshed = createDeferred<SessionInput>()
    refresh(() => refreshed.promise)
    const refused = client.fetch(`${stageOrigin}/x`)
    await clock.settle()
    const token = client.session.getAccessToken()
    expect(await outcomeOf(token, clock)).toBe('pending')
    refreshed.resolve(issue())
    expect(await token).toBe('access-2')
    expect((await refused).status).toBe(200)
  })

  test('rejects with the reason why there is no token', async () => {
    const { client, signIn, refresh, answer } = createStage()
    await expect(client.session.getAccessToken()).rejects.toMatchObject({ reason: 'not-signed-in' })
    await signIn()
    answer(() => refusal())
    refresh(async () => null)
    await client.fetch(`${stageOrigin}/x`).catch(() => {})
    await expect(client.session.getAccessToken()).rejects.toMatchObject({ reason: 'refresh-rejected' })
  })

  test('rejects in a cookie session, which has no token in the page', async () => {
    const { client } = createStage()
    await client.session.signIn({ cookie: true, subject: 'alice' })
    await expect(client.session.getAccessToken()).rejects.toMatchObject({ code: 'configuration' })
    expect(client.session.getIdToken()).toBeNull()
  })
})

describe('ready', () => {
  test('never rejects and never requires a login, whatever the store does', async () => {
    for (const read of [
      () => Promise.reject(new Error('no')),
      () => {
        throw new Error('no')
      },
    ]) {
      const { client, clock, logins } = createStage({
        store: { shared: false, read, compareAndSet: () => true, overwrite: () => {} },
      })
      const ready = client.session.ready()
      await clock.advance(2000)
      expect((await ready).status).toBe('signed-out')
      await clock.advance(1000)
      expect(logins).toEqual([])
    }
  })

  test('refreshes once for an ambient strategy, and leaves the status unknown if the server is unavailable for long', async () => {
    const { client, clock, refresh, refreshes, logins } = createStage({ strategy: { ambient: true } })
    refresh(async () => {
      throw { status: 503 }
    })
    const both = Promise.all([client.session.ready(), client.session.ready()])
    await clock.settle()
    expect(refreshes).toHaveLength(1)
    await clock.advance(5000)
    expect((await both).map(({ status }) => status)).toEqual(['unknown', 'unknown'])
    await clock.advance(60_000)
    refresh(async () => null)
    expect(await client.session.ready()).toMatchObject({ status: 'signed-out', endReason: null })
    await clock.advance(1000)
    expect(logins).toEqual([])
  })
})
