import type { Credentials } from '../../src/session/credentials.ts'
import type { StoredRecord } from '../../src/session/session-store.ts'

/** Credentials as a store holds them; only what matters to a test need be said. */
export const credentialsOf = (more: Partial<Credentials> = {}): Credentials => ({
  accessToken: 'access-1',
  refreshToken: 'refresh-1',
  idToken: null,
  tokenType: null,
  scope: null,
  subject: 'alice',
  claims: null,
  lifetimeMs: null,
  sessionLifetimeMs: null,
  sentAt: Date.UTC(2026, 0, 1),
  ...more,
})

let written = 0

/** A record as another tab wrote it, signed in unless `credentials` is `null`. */
export const storedRecord = (more: Partial<StoredRecord> = {}): StoredRecord => {
  written += 1
  return {
    version: 2,
    revision: `revision-${written}`,
    sessionId: 'session-a',
    generation: 0,
    credentials: credentialsOf(),
    ...more,
  }
}
