import { describe, expect, test, vi } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { storedRecord } from '../../support/session-records.ts'
import { createStage, outcomeOf, type StageOptions } from '../../support/stage.ts'

const createStorage = () => {
  const values = new Map<string, string>()
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
}
const secrets = ({ values }: ReturnType<typeof createStorage>) =>
  [...values].filter(([, value]) => value.includes('refresh-')).map(([key]) => key)
const files = 'https://files.test'

describe('a release that trusts another origin', () => {
  test('signs nobody out, and leaves no token behind', async () => {
    const store = createStorage()
    const before = createStage({ store })
    await before.signIn()
    before.client.dispose()
    const after = createStage({ store, trustedOrigins: [files] })
    expect(await after.client.session.ready()).toMatchObject({ status: 'signed-in' })
    await after.client.session.signOut()
    expect(secrets(store)).toEqual([])
  })
})

describe('a record of a newer release', () => {
  const open = (options: StageOptions = {}) => {
    const store = createScriptedStore()
    // As the stores of this library do it.
    const { overwrite } = store
    store.overwrite = (name, next) =>
      (store.content as { readonly version: number } | null)?.version === 3 ? false : overwrite(name, next)
    return { store, ...createStage({ sessionName: 'releases', store, ...options }) }
  }
  const newer = storedRecord({ version: 3 })

  test('at the start makes the status unknown: requests are unavailable, and no login is required', async () => {
    const { store, client, clock, logins, sends } = open()
    store.content = newer
    expect((await client.session.ready()).status).toBe('unknown')
    const answer = client.fetch('https://api.test/a')
    answer.catch(() => {})
    await clock.advance(10_000)
    expect(await outcomeOf(answer, clock)).toMatchObject({ code: 'refresh-unavailable', reason: 'store' })
    expect([logins, sends]).toEqual([[], []])
  })

  test('while signed in: the token goes on being used, and is not used', async () => {
    const { store, client, clock, signIn, refuseAll, refreshes } = open()
    await signIn()
    store.content = newer
    expect((await client.fetch('https://api.test/a')).status).toBe(200)
    refuseAll()
    const answer = client.fetch('https://api.test/a')
    answer.catch(() => {})
    await clock.advance(10_000)
    expect(await outcomeOf(answer, clock)).toMatchObject({ code: 'refresh-unavailable', reason: 'store' })
    expect([refreshes.length, client.session.status]).toEqual([0, 'signed-in'])
  })

  test.each([true, false])(
    'is not written over by signing in or out, which count in this page (read before: %s)',
    async readBefore => {
      const { store, client, signIn } = open()
      store.content = newer
      if (readBefore) await client.session.ready()
      const failures: unknown[] = []
      client.session.on('store-failed', ({ operation }) => void failures.push(operation))
      await signIn()
      expect((await client.fetch('https://api.test/a')).status).toBe(200)
      await client.session.signOut()
      expect(client.session.status).toBe('signed-out')
      expect([store.content, failures]).toEqual([newer, ['write']])
    },
  )
})

describe('two clients over one memory store are one session, as any clients with one store and name', () => {
  const open = () => {
    const store = memoryStore()
    const [one, two] = [createStage({ store }), createStage({ store })]
    two.answer(() => new Response(''))
    const sentBy = () => two.sends.map(({ token }) => token)
    return { one, two, sentBy, get: () => two.client.fetch('https://api.test/x') }
  }

  test('promise 12: what one does counts in the other before its next send', async () => {
    const { one, two, sentBy, get } = open()
    await one.client.session.signIn({ accessToken: 'alice', refreshToken: 'r', subject: 'alice' })
    await get()
    await one.client.session.signOut()
    await get()
    await one.client.session.signIn({ accessToken: 'bob', refreshToken: 'r', subject: 'bob' })
    await get()
    expect(sentBy()).toEqual(['alice', null, 'bob'])
    expect(two.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
  })

  test('promise 4: both refresh at once: one refresh', async () => {
    const { one, two } = open()
    await one.signIn()
    await two.client.session.ready()
    await Promise.all([
      one.client.session.refresh(),
      two.client.session.refresh(),
      // The lease of the other is looked at every quarter of a second.
      one.clock.advance(2000),
      two.clock.advance(2000),
    ])
    expect(one.refreshes.length + two.refreshes.length).toBe(1)
    const generations = [one, two].map(({ client }) => client.session.getSnapshot().generation)
    expect(generations).toEqual([1, 1])
  })

  test('a client alone does not read again what it wrote itself', async () => {
    const store = memoryStore()
    const read = vi.spyOn(store, 'read')
    const { client, clock, signIn } = createStage({ store })
    await client.session.ready()
    await signIn()
    const before = read.mock.calls.length
    await client.session.refresh()
    const reads = read.mock.calls.length - before
    await clock.advance(1000)
    expect([reads, read.mock.calls.length - before]).toEqual([1, 1])
  })

  test('promise 22: a disposed one gets no events', async () => {
    const { one, two } = open()
    await one.signIn()
    await two.client.session.ready()
    two.client.dispose()
    await one.client.session.signOut()
    await two.clock.advance(100)
    expect(two.client.session.status).toBe('signed-in')
  })
})
