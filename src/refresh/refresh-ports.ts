import type { EndReason } from '../errors.ts'
import type { Credentials } from '../session/credentials.ts'
import type { RefreshCause } from '../session/events.ts'
import type { SessionCore } from '../session/session.ts'
import type { Lease, StoredRecord } from '../session/session-store.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Patience } from './plan-retry.ts'
import type { Revocation } from './revocation.ts'
import type { TokenRequestPorts } from './token-request.ts'
import type { Unavailable } from './unavailable.ts'

/** How a refresh ended. `superseded`: the session that it began in is no longer the current one. */
export type Outcome =
  | { readonly kind: 'refreshed' | 'adopted' | 'superseded' | 'disposed' }
  | { readonly kind: 'rejected'; readonly reason: EndReason }
  | Unavailable

export interface RefreshRequestPorts extends TokenRequestPorts {
  readonly session: SessionCore
  readonly circuitBreaker: CircuitBreaker
  readonly reuseIntervalMs: number
  /** Whether there is a way to refresh, and what it takes. */
  readonly canRefresh: () => boolean
  /** If set, a dialog may still renew the session: then a rejection suspends it and removes nothing. */
  readonly reauthenticate?: unknown
  /** Whether another tab's token request may be under way. `askedMs`: how long this page meant to wait since its last look. */
  readonly isLeaseOpen: (lease: Lease | null | undefined, askedMs: number) => boolean
  readonly announce: () => void
  /** Whether this client was disposed of: a request that began before that gets no flight, and a flight sends nothing more. */
  readonly isDisposed: () => boolean
  /** Revokes tokens that nothing will use, where revocation is configured. */
  readonly discard: (credentials: Credentials) => void
  /** For sign-outs that the server may not have heard of: found at a start, or made during a token request. */
  readonly revocation: Pick<Revocation, 'revokeAgain' | 'noteRefreshEnded'>
}

/** More than other tabs can come in between. A store that refuses a write more often is broken. */
export const mostTries = 10

/** What a refresh began with. */
export interface RefreshRequest {
  readonly sessionId: string | null
  readonly generation: number
  /** The credentials that it replaces. */
  readonly replaces: Credentials | null
  readonly cause: RefreshCause
  /** By the monotonic clock. */
  readonly startedMs: number
  /** The audience whose token it brings; `undefined`: the session's own. */
  readonly audience?: string | undefined
  /** Left out: no request waits for it. */
  readonly patience?: Patience | undefined
}

/** A refresh request whose token request was sent. */
export interface SentRequest {
  readonly request: RefreshRequest
  /** The record as it was written with this page's lease. */
  readonly leased: StoredRecord
  /** When it was sent, by the monotonic clock. */
  readonly monotonicMs: number
}
