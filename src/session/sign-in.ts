import { type Credentials, hasSame } from './credentials.ts'
import { isSamePerson, isSurelySame } from './identity.ts'
import { continueFrom } from './parse-tokens.ts'
import type { SignedInContent, StoredRecord } from './session-store.ts'
import type { SessionState } from './state.ts'
import { emptyRecord } from './synced-store.ts'

/** More writes than other tabs can make in between. A store that refuses more often is broken. */
export const mostTries = 10

/**
 * Whether a sign-in continues the session of `former`: the same access token, surely the same user, or the same refresh token.
 */
export const continuesSession = (fresh: Credentials, former: Credentials): boolean =>
  hasSame('accessToken', fresh, former) ||
  isSurelySame(fresh, former) ||
  (hasSame('refreshToken', fresh, former) && isSamePerson(fresh, former) !== false)

export const beginRecord = (credentials: Credentials): SignedInContent => ({ ...emptyRecord(), credentials })

/** The session that a sign-in continues. */
interface ContinuedSession {
  /** As memory or the store knows it. */
  readonly known: Pick<SessionState, 'generation' | 'credentials'>
  /** The newest record there is. It is of the same session. */
  readonly latest: StoredRecord
}

/** The record of a sign-in that continues a session. */
export function continueRecord(fresh: Credentials, { known, latest }: ContinuedSession): SignedInContent {
  const { sessionId } = latest
  const { generation, credentials: former } = known
  const credentials = continueFrom(fresh, former)
  // With the same refresh token, a running token request of it continues, so its lease stays.
  const goesOn = credentials.refreshToken === latest.credentials?.refreshToken
  if (!former || !hasSame('accessToken', fresh, former)) {
    // So does the backoff that the server asked for.
    const { lease, retryAt, failures } = goesOn ? latest : ({} as Partial<StoredRecord>)
    // Higher than any: where tabs share no tokens, the record may be ahead of this page, and tabs know their own tokens by it.
    const next = Math.max(generation, latest.generation) + 1
    return { sessionId, generation: next, credentials, lease, retryAt, failures }
  }
  // The same access token is not a newer one: requests that wait for a newer token must go on waiting. Its age is known already.
  const { lifetimeMs, sentAt } = former.lifetimeMs === null ? credentials : former
  return { ...(goesOn && latest), sessionId, generation, credentials: { ...credentials, lifetimeMs, sentAt } }
}
