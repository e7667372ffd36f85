import { type Credentials, hasSame } from './credentials.ts'
import { isSamePerson, isSurelySame } from './identity.ts'
import { continueFrom } from './parse-tokens.ts'
import type { SignedInContent, StoredRecord } from './session-store.ts'
import type { SessionState } from './state.ts'
import { emptyRecord } from './synced-store.ts'

/** More than other tabs write in between; a store that says so more often is broken. */
export const mostTries = 10

/** Whether a sign-in goes on with the session of `former`: the token that is held, surely the same person, or the same grant. */
export const continuesSession = (fresh: Credentials, former: Credentials): boolean =>
  hasSame('accessToken', fresh, former) ||
  isSurelySame(fresh, former) ||
  (hasSame('refreshToken', fresh, former) && isSamePerson(fresh, former) !== false)

export const beginRecord = (credentials: Credentials): SignedInContent => ({ ...emptyRecord(), credentials })

/** The session that a sign-in continues. */
interface ContinuedSession {
  readonly sessionId: string
  /** As memory or the store knows it. */
  readonly known: Pick<SessionState, 'generation' | 'credentials'>
  /** The newest record there is. */
  readonly latest: StoredRecord | null
}

/** What a sign-in makes of the session that it continues. */
export function continueRecord(fresh: Credentials, { sessionId, known, latest }: ContinuedSession): SignedInContent {
  const { generation, credentials: former } = known
  const credentials = continueFrom(fresh, former)
  // Where it goes on with the refresh token in use, a token request of that token goes on too.
  const goesOn = latest?.sessionId === sessionId && credentials.refreshToken === latest.credentials?.refreshToken
  if (!former || !hasSame('accessToken', fresh, former)) {
    return { sessionId, generation: generation + 1, credentials, lease: goesOn ? latest.lease : undefined }
  }
  // The very token that is held is no newer one: who waits for a newer one goes on waiting, and its age is known already.
  const { lifetimeMs, sentAt } = former.lifetimeMs === null ? credentials : former
  return { ...(goesOn && latest), sessionId, generation, credentials: { ...credentials, lifetimeMs, sentAt } }
}
