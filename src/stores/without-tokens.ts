import type { Credentials } from '../session/credentials.ts'
import type { SessionRecord, SessionStore, StoredRecord } from '../session/session-store.ts'

const strip = (credentials: Credentials): Credentials => ({
  ...credentials,
  accessToken: null,
  refreshToken: null,
  idToken: null,
  others: undefined,
  // Past its end for whoever reads it: a token of its own has to be fetched.
  lifetimeMs: 0,
  withheld: true,
})

/**
 * Shares with other tabs who is signed in, since when, and who is exchanging, but no token: those stay in this page. For
 * cookie modes, where the cookie is shared anyway and each tab can fetch a token of its own.
 */
export function withoutTokens(store: SessionStore): SessionStore {
  let held: StoredRecord | undefined

  function share(next: SessionRecord): StoredRecord {
    const record = next as StoredRecord
    const { credentials } = record
    return credentials?.accessToken ? { ...record, credentials: strip(credentials) } : record
  }
  function own(found: SessionRecord | null): SessionRecord | null {
    const record = found as StoredRecord | null
    const isOurs =
      record?.credentials?.withheld && record.session === held?.session && record.generation === held.generation
    return isOurs ? { ...record, credentials: held?.credentials ?? null } : record
  }

  return {
    ...store,
    read: async name => own(await store.read(name)),
    async compareAndSet(name, expected, next) {
      const written = await store.compareAndSet(name, expected, share(next))
      if (written) held = next as StoredRecord
      return written
    },
    overwrite(name, next) {
      held = next as StoredRecord
      return store.overwrite(name, share(next))
    },
  }
}
