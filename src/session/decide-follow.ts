import type { EndReason } from '../errors.ts'
import type { SignedInContent, StoredRecord } from './session-store.ts'
import { isOther, type SessionState } from './state.ts'

/** What a page does with the record that its store holds. */
export type Follow =
  /** Nothing: it knows this already, keeps tokens of its own, or has to ask the server first. */
  | { readonly kind: 'stay' }
  /** No user is signed in there (any more). `sessionId` is `null` if there is no record. */
  | { readonly kind: 'leave'; readonly sessionId: string | null; readonly reason: EndReason | null }
  /** It holds newer credentials of this session, or another session. */
  | { readonly kind: 'take-over'; readonly content: SignedInContent }

export interface FollowFacts {
  /** What this page knows by now. */
  readonly state: SessionState
  readonly isAmbient: boolean
  /** Whether the dialog that suspended the session asks for a login, not for a step-up. */
  readonly asksLogin: boolean | undefined
}

const stay: Follow = { kind: 'stay' }

/** Pure. */
export function decideFollow(record: StoredRecord | null, { state, isAmbient, asksLogin }: FollowFacts): Follow {
  const credentials = record?.credentials
  const isUnknown = state.status === 'unknown'
  // Without a token, only the server knows whose cookie it is by now.
  if (isUnknown && isAmbient && !credentials?.accessToken) return stay
  const isAnothers = record?.sessionId !== state.sessionId
  if (!credentials) {
    // While a login dialog of no session is open, it is no news: a start of another tab writes another record of no user.
    const isNews = state.credentials || (record ? isAnothers && state.status !== 'reauthenticating' : isUnknown)
    // A record that has disappeared: the user signed out elsewhere, or the browser wiped the storage. A tab that has started since
    // writes another one, without a reason.
    const reason = record?.endedBy ?? (state.credentials && 'signed-out')
    return isNews ? { kind: 'leave', sessionId: record?.sessionId ?? null, reason } : stay
  }
  // A session that only a dialog can renew, in the tabs that are in it.
  if (record.rejected && !state.credentials && !isUnknown) return stay
  // The user answered this page's login dialog in another tab.
  const isAnswered = asksLogin && state.status === 'reauthenticating' && !record.rejected
  // In cookie modes each tab keeps its own tokens, unless they were rejected and the user has signed in since.
  const content = { ...record, credentials }
  const isNewer = isOther(content, state) && (!credentials.tokensElsewhere || isAnswered)
  return isAnothers || isNewer ? { kind: 'take-over', content } : stay
}
