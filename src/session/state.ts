import type { EndReason } from '../errors.ts'
import type { Credentials } from './credentials.ts'
import type { AssumedSession } from './initial-session.ts'

/** What this page knows of the session. Immutable; changed only by {@link transition}. */
export interface SessionState {
  readonly status: 'unknown' | 'signed-in' | 'reauthenticating' | 'signed-out'
  /** Session id: random; compared for equality only. `null` until the store was read. */
  readonly sessionId: string | null
  readonly epoch: number
  readonly generation: number
  readonly credentials: Credentials | null
  /** When the credentials were asked for, by this page's monotonic clock; `null` if they came from the store. */
  readonly monotonicSentAt: number | null
  readonly endReason: EndReason | null
  /** What the app said that a server knew; counts for nothing but what is shown while `status` is `'unknown'`. */
  readonly assumed: AssumedSession | null
}

export type SessionChange =
  /** Somebody signed in: here, in another tab, or found in the store. The same `session` continues. */
  | ({ readonly type: 'signed-in'; readonly sessionId: string; readonly generation: number } & Carried)
  /** The same session got newer credentials, from a token request here or in another tab. */
  | ({ readonly type: 'renewed'; readonly generation: number } & Carried)
  /** The person is asked to authenticate again; nothing else changes. */
  | { readonly type: 'suspended' }
  | { readonly type: 'resumed' }
  /** Nobody is signed in; `reason` is `null` where nobody was. */
  | { readonly type: 'ended'; readonly sessionId: string; readonly reason: EndReason | null }

interface Carried {
  readonly credentials: Credentials
  readonly monotonicSentAt: number | null
}

export const initialState: SessionState = {
  status: 'unknown',
  sessionId: null,
  epoch: 0,
  generation: 0,
  credentials: null,
  monotonicSentAt: null,
  endReason: null,
  assumed: null,
}

/** The state of a page that was told what a server knew: the user is counted as the first. */
export const stateAssuming = (assumed: AssumedSession | null): SessionState => ({
  ...initialState,
  epoch: assumed?.subject ? 1 : 0,
  assumed,
})

/** Whose session is left by a change into the session `next` (`null`: none); `null` if there was none, or it goes on. */
export function leavingUser(
  { credentials, sessionId, assumed }: SessionState,
  next: { readonly sessionId: string; readonly subject: string | null } | null,
): { readonly subject: string | null } | null {
  if (credentials) return sessionId === next?.sessionId ? null : credentials
  return assumed?.subject && assumed.subject !== next?.subject ? assumed : null
}

/**
 * Whether the other one, a record, holds other credentials than those known here. Newer ones, since the store is the truth; but a
 * sign-in in a tab that had missed a refresh has a number no higher than ours.
 */
export const isOther = (
  { generation, credentials }: Pick<SessionState, 'generation' | 'credentials'>,
  state: SessionState,
): boolean =>
  generation !== state.generation ||
  credentials?.accessToken !== state.credentials?.accessToken ||
  credentials?.refreshToken !== state.credentials?.refreshToken

/** Every transition there is. Pure: what it answers is what everybody sees next. */
export function transition(state: SessionState, change: SessionChange): SessionState {
  switch (change.type) {
    case 'signed-in': {
      const { type: _, ...entered } = change
      const { subject } = entered.credentials
      const goesOn = state.credentials
        ? entered.sessionId === state.sessionId
        : state.assumed?.subject && state.assumed.subject === subject
      const epoch = goesOn ? state.epoch : state.epoch + 1
      return { ...entered, status: 'signed-in', epoch, endReason: null, assumed: null }
    }
    case 'renewed': {
      const { type: _, ...newer } = change
      return { ...state, ...newer }
    }
    case 'suspended':
      return { ...state, status: 'reauthenticating' }
    case 'resumed':
      return { ...state, status: state.credentials ? 'signed-in' : 'signed-out' }
    case 'ended': {
      const epoch = leavingUser(state, null) ? state.epoch + 1 : state.epoch
      return {
        ...initialState,
        status: 'signed-out',
        sessionId: change.sessionId,
        epoch,
        endReason: change.reason ?? state.endReason,
      }
    }
  }
}
