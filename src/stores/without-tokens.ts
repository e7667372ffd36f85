import type { Credentials } from '../session/credentials.ts'
import { isSecret } from '../session/is-secret.ts'
import type { SessionRecord, SessionStore, StoredRecord } from '../session/session-store.ts'

/** Removes tokens from the claims. */
export function withoutSecrets<Value extends object | null>(given: Value): Value {
  const { claims } = (given ?? {}) as { readonly claims?: unknown }
  if (typeof claims !== 'object' || claims === null) return given
  const text = JSON.stringify(claims, (name, value) => (isSecret(name, value) ? undefined : value))
  return { ...given, claims: JSON.parse(text) }
}

function strip(credentials: Credentials): Credentials {
  const bare = { ...withoutSecrets(credentials), refreshToken: null, idToken: null, audienceTokens: undefined }
  // `lifetimeMs: 0`: another tab sees an expired token, and fetches its own.
  return credentials.accessToken ? { ...bare, accessToken: null, lifetimeMs: 0, tokensElsewhere: true } : bare
}

/**
 * Shares the record with other tabs (user, times, lease) without its tokens, which stay in this page. For cookie modes, in which
 * the tabs share the cookie, and each tab can fetch a token of its own.
 */
export function withoutTokens(store: SessionStore): SessionStore {
  let held: StoredRecord | undefined

  function share(next: SessionRecord): StoredRecord {
    const record = next as StoredRecord
    const { credentials } = record
    return credentials ? { ...record, credentials: strip(credentials) } : record
  }
  function own(found: SessionRecord | null): SessionRecord | null {
    const record = found as StoredRecord | null
    const isBare = record?.credentials?.tokensElsewhere
    if (isBare && record.sessionId === held?.sessionId && record.generation === held.generation)
      return { ...record, credentials: held.credentials }
    return record
  }

  return {
    ...store,
    // In cookie modes a sign-out has no tokens to revoke, so what was overwritten is not needed.
    getAndSet: undefined,
    async read(name) {
      const before = held
      const found = await store.read(name)
      // That session is over in the store: its tokens must not stay in memory. But they may have been written since.
      if (held === before && found?.sessionId !== held?.sessionId) held = undefined
      return own(found)
    },
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
