import { memoryStore, type Tokens } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createStage, forms, outcomeOf, refusal, type StagedSend } from '../../support/stage.ts'
import { createWatchedStore } from '../../support/watched-store.ts'

const tokensOf = (sends: readonly StagedSend[]) => sends.map(({ token }) => token)

const reasonOf = (error: unknown) => error

describe('sign-out', () => {
  test('counts in the same task: what is sent after it has no credentials (LR-05)', async () => {
    const { client, sends, signIn } = createStage()
    await signIn()
    const signedOut = client.session.signOut()
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'signed-out', subject: null })
    await client.fetch('https://api.test/x')
    expect(tokensOf(sends)).toEqual([null])
    await signedOut
  })

  test('takes no arguments, so that it can be an onClick', async () => {
    const { client, signIn } = createStage()
    await signIn()
    const onClick: (event: { readonly type: 'click' }) => unknown = client.session.signOut
    await onClick({ type: 'click' })
    expect(client.session.status).toBe('signed-out')
  })

  test('leaves no token behind: neither in the store nor for getAccessToken', async () => {
    const { store, storedText } = createWatchedStore()
    const { client, signIn } = createStage({ store })
    await signIn({ idToken: 'id-token' })
    expect(storedText()).toContain('access-1')
    await client.session.signOut()
    expect(storedText()).not.toMatch(/access-1|refresh-1|id-token/)
    expect(client.session.getIdToken()).toBeNull()
    await expect(client.session.getAccessToken()).rejects.toMatchObject({ reason: 'signed-out' })
  })

  test('works offline, and whatever the server responds: it resolves, and no error is reported (LR-05, LR-06)', async () => {
    const reported = vi.spyOn(console, 'error').mockReturnValue()
    const revoke = vi.fn(async () => {
      throw new TypeError('Failed to fetch')
    })
    const { client, signIn } = createStage({ strategy: { revoke } })
    await signIn()
    await expect(client.session.signOut()).resolves.toEqual({ revoked: expect.any(Promise) })
    expect(client.session.status).toBe('signed-out')
    expect(revoke).toHaveBeenCalledTimes(1)
    reported.mockRestore()
  })

  test('counts at once where the store hangs, and resolves after the store’s deadline', async () => {
    const store = { ...memoryStore() }
    const { client, clock, signIn } = createStage({ store })
    await signIn()
    store.overwrite = () => new Promise(() => {})
    const signedOut = client.session.signOut()
    expect(client.session.status).toBe('signed-out')
    expect(await outcomeOf(signedOut, clock)).toBe('pending')
    await clock.advance(2000)
    expect(await outcomeOf(signedOut, clock)).toEqual({ revoked: expect.any(Promise) })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('QuotaExceededError')
      },
    ],
    ['rejects', () => Promise.reject(new Error('QuotaExceededError'))],
  ])('never rejects, also where the store %s', async (_, overwrite) => {
    const store = { ...memoryStore() }
    const { client, signIn } = createStage({ store })
    await signIn()
    store.overwrite = overwrite
    await expect(client.session.signOut()).resolves.toEqual({ revoked: expect.any(Promise) })
  })

  test('requires no login', async () => {
    const { client, clock, logins, signIn } = createStage()
    await signIn()
    await client.session.signOut()
    await clock.advance(60_000)
    expect(logins).toEqual([])
  })

  test('of a page that has not read its store yet counts for what is stored there', async () => {
    const { store, storedText } = createWatchedStore()
    const before = createStage({ store })
    await before.signIn()
    const after = createStage({ store })
    await after.client.session.signOut()
    expect(storedText()).not.toContain('access-1')
    expect((await after.client.session.ready()).status).toBe('signed-out')
  })

  test('wins if a listener of the sign-in makes it', async () => {
    const { store, storedText } = createWatchedStore()
    const { client, clock, signIn } = createStage({ store })
    client.session.on('signed-in', ({ subject }) => subject === 'mallory' && void client.session.signOut())
    await signIn({ subject: 'mallory' })
    await clock.settle()
    expect(client.session.status).toBe('signed-out')
    expect(storedText()).not.toMatch(/access-1|refresh-1/)
  })

  test('gives way if a listener of it signs in', async () => {
    const { store, storedText } = createWatchedStore()
    const { client, clock, issue, signIn } = createStage({ store })
    await signIn({ subject: 'alice' })
    client.session.on('ended', () => void client.session.signIn(issue({ subject: 'guest' })))
    await client.session.signOut()
    await clock.settle()
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'guest' })
    expect(storedText()).toContain('access-2')
  })
})

/** Alice's refresh is under way, and one request of hers waits for it. */
const startRefreshing = async (send: (typeof forms)[number][1], revoke?: (tokens: object) => void) => {
  const { store, storedText } = createWatchedStore()
  const stage = createStage({
    store,
    ...(revoke && { strategy: { revoke: ({ post: _, ...tokens }) => revoke(tokens) } }),
  })
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  const refreshed = createDeferred<Tokens | null>()
  stage.refresh(() => refreshed.promise)
  const waiting = send(stage.client, '/x', { method: 'POST', body: 'from alice' })
  expect(await outcomeOf(waiting, stage.clock)).toBe('pending')
  expect(stage.refreshes).toHaveLength(1)
  return { ...stage, storedText, waiting, refreshed }
}

describe.each(forms)('a refresh that ends after the sign-out, by %s', (_, send) => {
  test('is dropped: it signs no user in, nothing is stored, nothing is sent (RT-06)', async () => {
    const { client, clock, sends, storedText, waiting, refreshed, issue } = await startRefreshing(send)
    const outcome = waiting.catch(reasonOf)
    await client.session.signOut()
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.settle()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
    expect(client.session.status).toBe('signed-out')
    expect(storedText()).not.toContain('access-2')
    expect(tokensOf(sends)).toEqual(['access-1'])
  })

  test('has its waiting requests rejected at the sign-out, not when it ends', async () => {
    const { client, waiting } = await startRefreshing(send)
    const outcome = waiting.catch(reasonOf)
    void client.session.signOut()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'signed-out' })
  })

  test('has its tokens revoked, where that is configured', async () => {
    const revoked: object[] = []
    const { client, clock, waiting, refreshed, issue } = await startRefreshing(send, tokens => revoked.push(tokens))
    waiting.catch(() => {})
    await client.session.signOut()
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.settle()
    expect(revoked).toEqual([
      { accessToken: 'access-1', refreshToken: 'refresh-1', idToken: undefined },
      { accessToken: 'access-2', refreshToken: 'refresh-2', idToken: undefined },
    ])
  })

  test('and was rejected requires no login', async () => {
    const { client, clock, logins, waiting, refreshed } = await startRefreshing(send)
    waiting.catch(() => {})
    await client.session.signOut()
    refreshed.resolve(null)
    await clock.advance(1000)
    expect(logins).toEqual([])
    expect(client.session.getSnapshot().endReason).toBe('signed-out')
  })
})

describe.each(forms)('another person’s sign-in, by %s', (_, send) => {
  test('drops the refresh under way, and keeps its own tokens (RT-06)', async () => {
    const { client, clock, sends, storedText, waiting, refreshed, issue, answer } = await startRefreshing(send)
    waiting.catch(() => {})
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.settle()
    answer(() => new Response('fine'))
    await send(client, '/bobs')
    expect(client.session.getSnapshot().subject).toBe('bob')
    expect(storedText()).toContain('of-bob')
    expect(storedText()).not.toContain('access-2')
    expect(sends.at(-1)).toEqual({ method: 'GET', path: '/bobs', token: 'of-bob' })
  })

  test('rejects waiting requests: a request of alice is never sent as bob', async () => {
    const { client, clock, sends, waiting, refreshed, issue } = await startRefreshing(send)
    const outcome = waiting.catch(reasonOf)
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    refreshed.resolve(issue({ subject: 'alice' }))
    await clock.settle()
    expect(await outcome).toMatchObject({ code: 'session-ended', reason: 'replaced' })
    expect(tokensOf(sends)).toEqual(['access-1'])
  })

  test('returns the 401 of a request that alice had sent to its caller, untouched', async () => {
    const { client, clock, signIn, answer: api, refreshes, sends } = createStage()
    await signIn({ subject: 'alice' })
    const late = createDeferred<Response>()
    api(() => late.promise)
    const waiting = send(client, '/x')
    await clock.settle()
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    late.resolve(refusal())
    const response = await waiting
    expect([response.status, await response.text()]).toEqual([401, 'refused'])
    expect([refreshes.length, tokensOf(sends)]).toEqual([0, ['access-1']])
    expect(client.session.getSnapshot().subject).toBe('bob')
  })
})
