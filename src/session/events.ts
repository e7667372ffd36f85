import type { EndReason, RefreshUnavailableError } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'

/** Why a refresh runs. */
export type RefreshCause =
  | 'start' // nothing is held yet; only for ambient strategies
  | 'due' // still valid, close to its end
  | 'expired'
  | 'refused' // a 401, or `shouldRefresh` said so
  | 'asked' // session.refresh()

interface AnyEvent<Type> {
  readonly type: Type
  readonly epoch: number
  readonly generation: number
  /** Whether it happened here or another tab told us. */
  readonly tab: 'this' | 'other'
}

/** Names are in the past tense. No event carries a token, a body, or a URL's query. */
export interface SessionEvents<Claims extends object = JwtClaims> {
  'signed-in': AnyEvent<'signed-in'> & { readonly subject: string | null; readonly claims: Claims | null }
  /** Also when another tab's result was adopted (`tab: 'other'`). Reconnect WebSockets here. */
  refreshed: AnyEvent<'refreshed'> & { readonly cause: RefreshCause }
  'refresh-failed': AnyEvent<'refresh-failed'> & { readonly error: RefreshUnavailableError }
  /** Every way a session can end, `signOut()` too. Clear caches here. */
  ended: AnyEvent<'ended'> & { readonly reason: EndReason; readonly subject: string | null }
  /** Persisting failed; the session goes on in memory. Told once. */
  'store-failed': AnyEvent<'store-failed'> & { readonly operation: 'read' | 'write'; readonly cause: unknown }
  /** One step of one request, for logs and the inspector. Costs nothing while nobody listens. */
  request: AnyEvent<'request'> & RequestStep
}

/** `id` is of one call: ky's retries of it share it. */
export type RequestStep = { readonly id: number; readonly method: string; readonly url: string } & RequestStepKind
export type RequestStepKind =
  /** `'cookie'`: a session without a token is signed in, and the browser sends its cookie. */
  | { readonly step: 'sent'; readonly credentials: 'attached' | 'cookie' }
  | { readonly step: 'sent'; readonly credentials: 'none'; readonly why: WhyBare }
  | { readonly step: 'waiting'; readonly for: 'store' | 'refresh' | 'login' | 'step-up' | 'online' }
  | { readonly step: 'refused'; readonly status: number }
  | { readonly step: 'replayed' }
  | {
      readonly step: 'answered'
      readonly status: number
      readonly replayed: boolean
      readonly notReplayable: WhyNotReplayable | null
      /** `'circuit-open'`: a 401 that is handed over because refreshes have not helped lately (`limits`). */
      readonly notRefreshed: WhyNotRefreshed | null
    }
  | { readonly step: 'failed'; readonly error: unknown }
export type WhyBare = 'signed-out' | 'untrusted-origin' | 'own-authorization' | 'auth-false' | 'no-cors'
export type WhyNotReplayable = 'one-shot-body' | 'keepalive' | 'replay-false'
export type WhyNotRefreshed = 'circuit-open'

/** As an event target does it: the page's error monitoring sees the error, the caller goes on. */
export function report(error: unknown): void {
  if (globalThis.reportError) globalThis.reportError(error)
  else console.error(error)
}

/** Calls what an app gave, so that its mistakes surface as its own and change nothing here. */
export function tell<Argument>(listener: ((argument: Argument) => unknown) | undefined, argument: Argument): void {
  try {
    listener?.(argument)
  } catch (error) {
    report(error)
  }
}

export interface Listeners<Argument> {
  add(listener: (argument: Argument) => void): () => void
  tell(argument: Argument): void
  readonly size: number
}

export function createListeners<Argument>(): Listeners<Argument> {
  // An entry of its own for each call: the same function may be added twice, and each undo removes its own.
  const entries = new Set<{ readonly listener: (argument: Argument) => void }>()
  return {
    add(listener) {
      const entry = { listener }
      entries.add(entry)
      return () => void entries.delete(entry)
    },
    tell(argument) {
      for (const { listener } of [...entries]) tell(listener, argument)
    },
    get size() {
      return entries.size
    },
  }
}
