import type { EndReason } from '../errors.ts'
import type { Credentials } from '../session/credentials.ts'
import type { RefreshCause } from '../session/events.ts'
import type { SessionCore } from '../session/session.ts'
import type { Lease, StoredRecord } from '../session/session-store.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { Patience } from './patience.ts'
import type { Revocation } from './revocation.ts'
import type { TokenRequestPorts } from './token-request.ts'
import type { Unavailable } from './unavailable.ts'

/** How a refresh ended. `superseded`: the session it began in is not the current one any more. */
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
  /** If there is one, the person may still be asked: then a rejection suspends the session and removes nothing. */
  readonly reauthenticate?: unknown
  /** Whether another tab's token request may be under way. `askedMs`: how long this page meant to wait since it looked last. */
  readonly isLeaseOpen: (lease: Lease | null | undefined, askedMs: number) => boolean
  readonly pause: (ms: number) => Promise<void>
  readonly announce: () => void
  /** Tokens that nobody will use: revoked, where that is configured. */
  readonly discard: (credentials: Credentials) => void
  /** What a start makes of a sign-out that the server may not know of, and what becomes of one during a token request. */
  readonly revocation: Pick<Revocation, 'revokeAgain' | 'noteRefreshEnded'>
}

/** How often the record is looked at while another tab's lease is open. */
export const pollMs = 250

/** More than other tabs can come in between; a store that says so more often is broken. */
export const mostTries = 10

/** What a refresh began with. */
export interface RefreshRequest {
  readonly sessionId: string | null
  readonly generation: number
  /** What it is to replace. */
  readonly replaces: Credentials | null
  readonly cause: RefreshCause
  /** By the monotonic clock. */
  readonly startedMs: number
  /** Whose token it is to bring; `undefined`: the session's own. */
  readonly audience?: string | undefined
  /** Left out: nobody waits for it. */
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
