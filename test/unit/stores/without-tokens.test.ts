import { describe, expect, test, vi } from 'vitest'
import type { Credentials } from '../../../src/session/credentials.ts'
import { recordVersion, type StoredRecord } from '../../../src/session/session-store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { withoutSecrets, withoutTokens } from '../../../src/stores/without-tokens.ts'

const claimsAfter = (claims: unknown) => withoutSecrets({ claims }).claims

describe('claims of a cookie session, before they are stored', () => {
  test('A claim that is a token is removed, at any depth, and the others stay', () => {
    const claims = { sub: 'ann', access_token: 'a', of: [{ idToken: 'b', proof: 'eyJhbGciOiJub25lIn0.e30.' }, 7] }
    expect(claimsAfter(claims)).toEqual({ sub: 'ann', of: [{}, 7] })
  })

  test.each([
    ['no session', null],
    ['no claims', { subject: 'ann' }],
    ['claims that are null', { claims: null }],
    ['claims that are a text', { claims: 'access_token' }],
  ])('what has %s is returned as it is', (_, given) => {
    expect(withoutSecrets(given)).toBe(given)
  })

  test('the other members and the given object stay as they are', () => {
    const given = { subject: 'ann', claims: { access_token: 'a' } }
    expect(withoutSecrets(given)).toEqual({ subject: 'ann', claims: {} })
    expect(given.claims).toEqual({ access_token: 'a' })
  })
})

const credentials: Credentials = {
  accessToken: 'access',
  refreshToken: 'refresh',
  idToken: 'id',
  tokenType: 'Bearer',
  scope: 'read',
  subject: 'ann',
  claims: { sub: 'ann', access_token: 'of a claim' },
  lifetimeMs: 60_000,
  sessionLifetimeMs: 3_600_000,
  sentAt: 1_000,
  audienceTokens: { files: { accessToken: 'of files', lifetimeMs: 60_000, sentAt: 1_000 } },
}
const record = (more: Partial<StoredRecord> = {}): StoredRecord => ({
  version: recordVersion,
  revision: 'one',
  sessionId: 'session-one',
  generation: 1,
  credentials,
  ...more,
})
/** What other tabs see of `credentials`. */
const stripped = {
  ...credentials,
  accessToken: null,
  refreshToken: null,
  idToken: null,
  claims: { sub: 'ann' },
  lifetimeMs: 0,
  tokensElsewhere: true,
  audienceTokens: undefined,
}

describe('a store that other tabs share, without the tokens', () => {
  const open = () => {
    const shared = memoryStore()
    return { shared, here: withoutTokens(shared), there: withoutTokens(shared) }
  }

  test.each(['overwrite', 'compareAndSet'] as const)(
    'A record written by %s is stored without tokens, and looks expired to other tabs',
    async write => {
      const { shared, here, there } = open()
      if (write === 'overwrite') await here.overwrite('main', record())
      else expect(await here.compareAndSet('main', null, record())).toBe(true)
      expect(shared.read('main')).toEqual(record({ credentials: stripped }))
      expect(await there.read('main')).toEqual(record({ credentials: stripped }))
    },
  )

  test('The tab that wrote a record reads it with its tokens', async () => {
    const { here } = open()
    await here.overwrite('main', record())
    expect(await here.read('main')).toEqual(record())
    expect(await here.compareAndSet('main', 'one', record({ revision: 'two', generation: 2 }))).toBe(true)
    expect(await here.read('main')).toEqual(record({ revision: 'two', generation: 2 }))
  })

  test('What another tab wrote for the same tokens is read with them: its lease, for example', async () => {
    const { here, there } = open()
    await here.overwrite('main', record())
    const lease = { id: 'lease', generation: 1, startedAt: 0, underLock: false }
    const seen = (await there.read('main')) as StoredRecord
    await there.compareAndSet('main', 'one', { ...seen, revision: 'two', lease } as StoredRecord)
    expect(await here.read('main')).toEqual(record({ revision: 'two', lease }))
  })

  test.each([
    ['of a newer generation', { generation: 2 }],
    ['of another session', { sessionId: 'session-two' }],
  ])('A record %s that another tab wrote is read without tokens', async (_, other) => {
    const { here, there } = open()
    await here.overwrite('main', record())
    await there.overwrite('main', record({ revision: 'two', ...other }))
    expect(await here.read('main')).toEqual(record({ revision: 'two', ...other, credentials: stripped }))
  })

  test('Tokens are forgotten once a record of another session was read', async () => {
    const { here, there } = open()
    await here.overwrite('main', record())
    await there.overwrite('main', record({ sessionId: 'session-two', credentials: null }))
    await here.read('main')
    await there.overwrite('main', record({ revision: 'two' }))
    expect(await here.read('main')).toEqual(record({ revision: 'two', credentials: stripped }))
  })

  test('Tokens that are written while an older record is being read stay', async () => {
    const { here, there } = open()
    await there.overwrite('main', record({ sessionId: 'session-two', credentials: null }))
    const reading = here.read('main')
    await here.overwrite('main', record())
    await reading
    expect(await here.read('main')).toEqual(record())
  })

  test('A refused compare-and-set does not change what is read', async () => {
    const { here, there } = open()
    await here.overwrite('main', record())
    const newer = record({ revision: 'two', credentials: { ...credentials, accessToken: 'newer' } })
    await there.overwrite('main', record({ revision: 'three' }))
    expect(await here.compareAndSet('main', 'one', newer)).toBe(false)
    expect(await here.read('main')).toEqual(record({ revision: 'three' }))
  })

  test('A session without a token keeps its lifetime, and is nowhere else', async () => {
    const { here, shared } = open()
    const cookie = { ...credentials, accessToken: null, refreshToken: null, idToken: null }
    await here.overwrite('main', record({ credentials: cookie }))
    const kept = { ...cookie, claims: { sub: 'ann' }, audienceTokens: undefined }
    expect(shared.read('main')).toEqual(record({ credentials: kept }))
    expect(await here.read('main')).toEqual(record({ credentials: kept }))
  })

  test('The end of a session is stored as it is', async () => {
    const { here, there } = open()
    await here.overwrite('main', record())
    const ended = record({ revision: 'two', sessionId: 'session-two', credentials: null, endedBy: 'signed-out' })
    await there.overwrite('main', ended)
    expect(await here.read('main')).toEqual(ended)
  })

  test('An empty store is empty, and what the store returns is returned', async () => {
    const { here } = open()
    expect(await here.read('main')).toBeNull()
    await here.overwrite('main', record({ version: recordVersion + 1 }))
    expect(await here.overwrite('main', record())).toBe(false)
  })

  test('Its other members are those of the store', () => {
    const watch = vi.fn()
    const store = withoutTokens({ ...memoryStore(), shared: true, lagMs: 250, watch })
    expect([store.shared, store.lagMs, store.watch]).toEqual([true, 250, watch])
  })
})
