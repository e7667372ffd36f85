import type { KeyValueStorage, SessionStore } from 'latchkey'
import { describe, expect, test } from 'vitest'
import type { RevokeContext } from '../../../src/refresh/strategy.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'
import { createStage } from '../../support/stage.ts'

/** What the server is told to revoke, as `access/refresh`. */
const start = (store?: SessionStore | KeyValueStorage) => {
  const revoked: string[] = []
  const revoke = ({ accessToken, refreshToken }: RevokeContext) => void revoked.push(`${accessToken}/${refreshToken}`)
  return { ...createStage({ strategy: { revoke }, ...(store && { store }) }), revoked }
}
/** Alice's refresh is under way. */
const startRefresh = async () => {
  const stage = start()
  await stage.client.session.signIn({ accessToken: 'a1', refreshToken: 'r1', subject: 'alice' })
  const answer = createDeferred<{ accessToken: string; refreshToken?: string; subject?: string }>()
  stage.refresh(() => answer.promise)
  const renewing = stage.client.session.refresh().catch(() => {})
  await stage.clock.settle()
  const finish = async (brought: Parameters<typeof answer.resolve>[0]) => {
    answer.resolve(brought)
    await renewing
    await stage.clock.settle()
  }
  return { ...stage, finish }
}

describe('a token response that comes too late is revoked only if nothing uses its token family', () => {
  test.each([
    ['a server that does not rotate', { accessToken: 'a2' }],
    ['a server that says the same refresh token again', { accessToken: 'a2', refreshToken: 'r1' }],
    ['a server that rotates', { accessToken: 'a2', refreshToken: 'r2' }],
  ])('not beside a step-up, from %s', async (_name, brought) => {
    const { client, finish, revoked } = await startRefresh()
    await client.session.signIn({ accessToken: 'stepped-up', subject: 'alice' })
    await finish(brought)
    expect(revoked).toEqual([])
    expect(await client.session.getAccessToken()).toBe('stepped-up')
  })

  test('its tokens are not revoked during a login of the same user', async () => {
    const { client, finish, revoked } = await startRefresh()
    await client.session.signIn({ accessToken: 'b1', refreshToken: 's1', subject: 'alice' })
    await finish({ accessToken: 'a2', refreshToken: 'r2' })
    expect(revoked).toEqual([])
  })

  test('it is revoked after a sign-out', async () => {
    const { client, finish, revoked } = await startRefresh()
    await client.session.signOut()
    await finish({ accessToken: 'a2', refreshToken: 'r2' })
    expect(revoked).toEqual(['a1/r1', 'a2/r2'])
  })

  test('it is revoked after another user’s login; the tokens of that login never are', async () => {
    const { client, finish, revoked } = await startRefresh()
    await client.session.signIn({ accessToken: 'b1', refreshToken: 's1', subject: 'bob' })
    await finish({ accessToken: 'a2', refreshToken: 'r2' })
    expect(revoked).toEqual(['a2/r2'])
  })

  test('not where another user’s login was given the same refresh token', async () => {
    const { client, finish, revoked } = await startRefresh()
    await client.session.signIn({ accessToken: 'b1', refreshToken: 'r1', subject: 'bob' })
    await finish({ accessToken: 'a2', refreshToken: 'r2' })
    expect(revoked).toEqual([])
  })

  test('tokens of another user are revoked, and none of the session that they end', async () => {
    const { finish, revoked } = await startRefresh()
    await finish({ accessToken: 'b1', refreshToken: 's1', subject: 'bob' })
    expect(revoked).toEqual(['b1/s1'])
  })
})

describe('a sign-out revokes what it overwrites', () => {
  const stored = (token: string) =>
    storedRecord({ credentials: credentialsOf({ accessToken: `a-${token}`, refreshToken: token }) })

  /** As `indexedDbStore`: one step reads and writes. */
  const createStoreThatSwaps = () => {
    const store = createScriptedStore()
    const getAndSet: SessionStore['getAndSet'] = async (name, next) => {
      const former = await store.read(name)
      await store.overwrite(name, next)
      return former
    }
    return Object.assign(store, { getAndSet })
  }

  describe.each([
    ['is read before', createScriptedStore],
    ['says what it replaced', createStoreThatSwaps],
  ])('in a store that %s,', (_, createStore) => {
    test('where the store was not read yet', async () => {
      const store = createStore()
      store.content = stored('r1')
      const { client, clock, revoked } = start(store)
      await client.session.signOut()
      await clock.settle()
      expect(revoked).toEqual(['a-r1/r1'])
    })

    test('where another tab has refreshed since: both tokens', async () => {
      const store = createStore()
      const { client, clock, revoked } = start(store)
      await client.session.signIn({ accessToken: 'a1', refreshToken: 'r1' })
      store.content = stored('r2')
      await client.session.signOut()
      await clock.settle()
      expect(revoked).toEqual(['a1/r1', 'a-r2/r2'])
    })

    test('once, where the store holds what memory does', async () => {
      const { client, clock, revoked } = start(createStore())
      await client.session.signIn({ accessToken: 'a1', refreshToken: 'r1' })
      await client.session.signOut()
      await clock.settle()
      expect(revoked).toEqual(['a1/r1'])
    })
  })

  test('but not the tokens of a later login, which a slow read finds', async () => {
    const store = createScriptedStore()
    store.content = stored('r1')
    const { client, clock, revoked } = start(store)
    const look = store.hold('read', 'after')
    const signedOut = client.session.signOut()
    await client.session.signIn({ accessToken: 'b1', refreshToken: 's1' })
    look.open()
    await signedOut
    await clock.settle()
    expect(revoked.filter(tokens => tokens.includes('s1'))).toEqual([])
  })

  test('nor those of a later login in another tab', async () => {
    const store = createScriptedStore()
    store.content = stored('r1')
    const { client, clock, revoked } = start(store)
    const look = store.hold('read', 'after')
    const signedOut = client.session.signOut()
    await clock.settle()
    const credentials = credentialsOf({ refreshToken: 's1', sentAt: clock.wallMs() + 1 })
    store.content = storedRecord({ sessionId: 'newer', credentials })
    look.open()
    await signedOut
    await clock.settle()
    expect(revoked.filter(tokens => tokens.includes('s1'))).toEqual([])
  })
})
