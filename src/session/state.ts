import type { EndReason } from '../errors.ts'
import type { Credentials } from './credentials.ts'
import type { AssumedSession } from './initial-session.ts'

/** What this page knows of the session. Immutable; changed only by {@link transition}. */
export interface SessionState {
  readonly status: 'unknown' | 'signed-in' | 'reauthenticating' | 'signed-out'
  /** Random; compared for equality only. `null` until the store has been read. */
  readonly sessionId: string | null
  readonly epoch: number
  readonly generation: number
  readonly credentials: Credentials | null
  /** When the credentials were requested, by this page's monotonic clock; `null` if they came from the store. */
  readonly monotonicSentAt: number | null
  readonly endReason: EndReason | null
  /** The option `initial`. It is only shown while `status` is `'unknown'`, and decides nothing. */
  readonly assumed: AssumedSession | null
}

export type SessionChange =
  /** A user signed in here or in another tab, or was found in the store. With the same `sessionId` the session continues. */
  | ({ readonly type: 'signed-in'; readonly sessionId: string; readonly generation: number } & Carried)
  /** The same session got newer credentials, from a token request here or in another tab. */
  | ({ readonly type: 'renewed'; readonly generation: number } & Carried)
  /** A dialog asks the user to authenticate again. Nothing else changes. */
  | { readonly type: 'suspended' }
  | { readonly type: 'resumed' }
  /** No user is signed in (any more); `reason` is `null` if none was. */
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

/** The first state of a page with the option `initial`. Its user has epoch 1. */
export const stateAssuming = (assumed: AssumedSession | null): SessionState => ({
  ...initialState,
  epoch: assumed?.subject ? 1 : 0,
  assumed,
})

/** The user whose session a change to `next` (`null`: none) ends; `null` if there was no session, or it continues. */
export function leavingUser(
  { credentials, sessionId, assumed }: SessionState,
  next: { readonly sessionId: string; readonly subject: string | null } | null,
): { readonly subject: string | null } | null {
  if (credentials) return sessionId === next?.sessionId ? null : credentials
  return assumed?.subject && assumed.subject !== next?.subject ? assumed : null
}

/**
 * Whether a record holds other credentials than this page. They count as newer, since the store is the truth. Do not compare
 * generations by size: a sign-in in a tab that missed a refresh has one that is not higher than ours.
 */
export const isOther = (
  { generation, credentials }: { readonly generation: number; readonly credentials: Credentials },
  state: SessionState,
): boolean =>
  generation !== state.generation ||
  credentials.accessToken !== state.credentials?.accessToken ||
  credentials.refreshToken !== state.credentials?.refreshToken

/** Every transition of the state. Pure. */
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
