import type { StoredRecord } from '../session/session-store.ts'
import type { SessionState } from '../session/state.ts'
import type { RefreshRequest } from './refresh-ports.ts'

/** What the record found in step b means for a refresh: it may proceed, or needs no token request any more. */
export type RecordVerdict = 'proceed' | 'superseded' | 'adopted' | 'rejected'

interface RecordFacts {
  /** What this page knows by now. */
  readonly state: Pick<SessionState, 'sessionId' | 'credentials'>
  readonly isAmbient: boolean
}

/** Step b of the refresh protocol, decided: pure. */
export function judgeRecord(
  seen: StoredRecord | null,
  request: Pick<RefreshRequest, 'sessionId' | 'generation' | 'replaces' | 'cause'>,
  { state, isAmbient }: RecordFacts,
): RecordVerdict {
  // This page has signed out or in since the refresh began.
  if (state.sessionId !== request.sessionId) return 'superseded'
  // Only ambient strategies begin without a record.
  if (!seen) return isAmbient && !state.credentials ? 'proceed' : 'superseded'
  const { credentials } = seen
  if (request.cause === 'restore') {
    if (credentials?.accessToken) return 'adopted'
    if (!isAmbient) return 'superseded'
  } else {
    if (seen.sessionId !== request.sessionId || !credentials) return 'superseded'
    const isOther = seen.generation > request.generation || credentials.accessToken !== request.replaces?.accessToken
    if (isOther && !credentials.tokensElsewhere) return 'adopted'
  }
  // A start asks all the same: a login by navigation may have brought another cookie.
  return seen.rejected && request.cause !== 'restore' ? 'rejected' : 'proceed'
}
