import type { EndReason, RefreshUnavailableError } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'

/** Why a refresh runs. */
export type RefreshCause =
  | 'restore' // nothing is held yet; only for ambient strategies
  | 'expiring' // still valid, close to its end
  | 'expired'
  | 'rejected' // a 401, or `shouldRefresh` said so
  | 'manual' // session.refresh()

/** Whether it happened here, or another tab told of it. */
export type Tab = 'this' | 'other'

interface AnyEvent<Type> {
  readonly type: Type
  readonly epoch: number
  readonly generation: number
  readonly tab: Tab
}

interface Identity<Claims> {
  readonly subject: string | null
  readonly claims: Claims | null
}

/** Names are in the past tense. No event carries a token, a body, or a URL's query. */
export interface SessionEvents<Claims extends object = JwtClaims> {
  /** Here, or in another tab while this page was open. */
  'signed-in': AnyEvent<'signed-in'> & Identity<Claims>
  /**
   * A session was found when the page began: in the store, or (for ambient strategies) by asking the server. Nobody has just
   * signed in, as far as this page can know.
   */
  restored: AnyEvent<'restored'> & Identity<Claims> & { readonly from: 'store' | 'server' }
  /** `audience`: whose token it is to bring; `null`: the session's own. Its end is `refreshed`, `refresh-failed` or `ended`. */
  'refresh-started': AnyEvent<'refresh-started'> & { readonly cause: RefreshCause; readonly audience: string | null }
  /** Also when another tab's result was adopted (`tab: 'other'`). Reconnect WebSockets here. */
  refreshed: AnyEvent<'refreshed'> & { readonly cause: RefreshCause; readonly durationMs: number | null }
  /** `durationMs`: since `refresh-started`, waiting for other tabs and trying again included. */
  'refresh-failed': AnyEvent<'refresh-failed'> & {
    readonly error: RefreshUnavailableError
    readonly durationMs: number
  }
  /** `reauthenticate` is being asked: a dialog opens, once the page is visible. Its end is `signed-in`, `refreshed` or `ended`. */
  'reauthentication-started': AnyEvent<'reauthentication-started'> & {
    readonly kind: 'login' | 'step-up'
    readonly subject: string | null
  }
  /** Every way a session can end, `signOut()` too. Clear caches here. */
  ended: AnyEvent<'ended'> & { readonly reason: EndReason; readonly subject: string | null }
  /** Persisting failed; the session goes on in memory. Told once. `cause`: what the store threw, without what it may quote. */
  'store-failed': AnyEvent<'store-failed'> & { readonly operation: 'read' | 'write'; readonly cause: unknown }
  /** One step of one request, for logs and the inspector. Costs nothing while nobody listens. */
  request: AnyEvent<'request'> & RequestStep
}

/** Every type of event there is. */
export const eventTypes: readonly (keyof SessionEvents)[] = [
  'signed-in',
  'restored',
  'refresh-started',
  'refreshed',
  'refresh-failed',
  'reauthentication-started',
  'ended',
  'store-failed',
  'request',
]

/** `id` is of one call: ky's retries of it share it. */
export type RequestStep = { readonly id: number; readonly method: string; readonly url: string } & RequestStepKind
export type RequestStepKind =
  /** `'cookie'`: a session without a token is signed in, and the browser sends its cookie. */
  | { readonly step: 'sent'; readonly credentials: 'attached' | 'cookie' }
  | { readonly step: 'sent'; readonly credentials: 'none'; readonly reason: NoCredentialsReason }
  | { readonly step: 'waiting'; readonly for: 'store' | 'refresh' | 'login' | 'step-up' | 'online' }
  | { readonly step: 'rejected'; readonly status: number }
  | { readonly step: 'replayed' }
  | {
      readonly step: 'completed'
      readonly status: number
      readonly replayed: boolean
      readonly notReplayable: NotReplayableReason | null
      /** `'circuit-open'`: a 401 that is handed over because refreshes have not helped lately (`limits`). */
      readonly notRefreshed: NotRefreshedReason | null
    }
  | { readonly step: 'failed'; readonly error: unknown }
export type NoCredentialsReason = 'signed-out' | 'untrusted-origin' | 'own-authorization' | 'auth-false' | 'no-cors'
export type NotReplayableReason = 'one-shot-body' | 'keepalive' | 'replay-false'
export type NotRefreshedReason = 'circuit-open'

/** As an event target does it: the page's error monitoring sees the error, the caller goes on. */
export function report(error: unknown): void {
  if (globalThis.reportError) globalThis.reportError(error)
  else console.error(error)
}

/** Calls what an app gave, so that its mistakes surface as its own and change nothing here. */
export function callListener<Argument>(
  listener: ((argument: Argument) => unknown) | undefined,
  argument: Argument,
): void {
  try {
    listener?.(argument)
  } catch (error) {
    report(error)
  }
}

export interface Listeners<Argument> {
  add(listener: (argument: Argument) => void): () => void
  notify(argument: Argument): void
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
    notify(argument) {
      for (const { listener } of [...entries]) callListener(listener, argument)
    },
    get size() {
      return entries.size
    },
  }
}

type EventFields<Type extends keyof SessionEvents> = Omit<SessionEvents[Type], keyof AnyEvent<Type>>

export interface Emitter {
  listenersOf<Type extends keyof SessionEvents>(type: Type): Listeners<SessionEvents[Type]>
  emit<Type extends keyof SessionEvents>(type: Type, fields: EventFields<Type>, tab?: Tab): void
}

/** The events of one session, each with the epoch and generation of when it is told. */
export function createEmitter(stateOf: () => { readonly epoch: number; readonly generation: number }): Emitter {
  const listeners = new Map<keyof SessionEvents, Listeners<never>>()

  function listenersOf<Type extends keyof SessionEvents>(type: Type): Listeners<SessionEvents[Type]> {
    let found = listeners.get(type)
    if (!found) {
      found = createListeners()
      listeners.set(type, found)
    }
    return found as unknown as Listeners<SessionEvents[Type]>
  }
  return {
    listenersOf,
    emit(type, fields, tab = 'this') {
      const { epoch, generation } = stateOf()
      listenersOf(type).notify({ type, epoch, generation, tab, ...fields } as never)
    },
  }
}
