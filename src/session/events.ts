import type { EndReason, RefreshUnavailableError } from '../errors.ts'
import type { JwtClaims } from './credentials.ts'

/** Why a refresh runs. */
export type RefreshCause =
  | 'restore' // the page has no credentials yet; ambient strategies only
  | 'expiring' // the token is still valid, and close to its end
  | 'expired'
  | 'rejected' // a 401, or `shouldRefresh` returned true
  | 'manual' // session.refresh()

/** Where it happened: in this tab, or in another one. */
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

/**
 * The events of a session, for `session.on(type, listener)`. Each has `type`, `epoch`, `generation` and `tab`. No event carries a
 * token, a body, or the query of a URL.
 */
export interface SessionEvents<Claims extends object = JwtClaims> {
  /** A user signed in, here or (while this page is open) in another tab. */
  'signed-in': AnyEvent<'signed-in'> & Identity<Claims>
  /** A session was found when the page started: in the store or, for ambient strategies, by a refresh. It is not a new login. */
  restored: AnyEvent<'restored'> & Identity<Claims> & { readonly from: 'store' | 'server' }
  /**
   * A refresh started. `audience` names the API whose token it gets; `null`: the session's own token. `refreshed`,
   * `refresh-failed` or `ended` follows, or `signed-in` if a user signed in meanwhile. With the cause `restore` it is `restored`,
   * or no event if no user is signed in. Nor is there one if the server returned the same access token.
   */
  'refresh-started': AnyEvent<'refresh-started'> & { readonly cause: RefreshCause; readonly audience: string | null }
  /**
   * The session has newer credentials, also from another tab (`tab: 'other'`) or for another audience. Reconnect WebSockets here.
   */
  refreshed: AnyEvent<'refreshed'> & { readonly cause: RefreshCause; readonly durationMs: number | null }
  /**
   * A refresh failed for now; the session stays. `durationMs` counts from `refresh-started`, with the time that it waited for
   * other tabs and tried again.
   */
  'refresh-failed': AnyEvent<'refresh-failed'> & {
    readonly error: RefreshUnavailableError
    readonly durationMs: number
  }
  /** `reauthenticate` is called, as soon as the page is visible. `signed-in`, `refreshed` or `ended` follows. */
  'reauthentication-started': AnyEvent<'reauthentication-started'> & {
    readonly kind: 'login' | 'step-up'
    readonly subject: string | null
  }
  /**
   * The session ended, for whatever reason; `signOut()` is one. Clear caches here. The sign-out is on its way to the store: an
   * asynchronous storage of your own may lose it if another page is loaded here.
   */
  ended: AnyEvent<'ended'> & { readonly reason: EndReason; readonly subject: string | null }
  /**
   * The store failed; the session continues in memory. Emitted once. `cause` is what the store threw, without texts that may
   * quote a token.
   */
  'store-failed': AnyEvent<'store-failed'> & { readonly operation: 'read' | 'write'; readonly cause: unknown }
  /** One step of one request, for logs and the inspector. Costs nothing without a listener. */
  request: AnyEvent<'request'> & RequestStep
}

/** All event types. */
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

/** One step of one request. `id` names the call: ky's retries of it have the same one. `url` has no query. */
export type RequestStep = { readonly id: number; readonly method: string; readonly url: string } & RequestStepKind
export type RequestStepKind =
  /** `'cookie'`: the session has no token, and the browser sends its cookie. */
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
      /** `'circuit-open'`: a 401 that is returned without a refresh, because refreshes have not helped lately (`limits`). */
      readonly notRefreshed: NotRefreshedReason | null
    }
  | { readonly step: 'failed'; readonly error: unknown }
export type NoCredentialsReason = 'signed-out' | 'untrusted-origin' | 'own-authorization' | 'auth-false' | 'no-cors'
export type NotReplayableReason = 'one-shot-body' | 'keepalive' | 'replay-false'
export type NotRefreshedReason = 'circuit-open'

/** Reports an error as an event target does: the page's error monitoring sees it, and the caller continues. */
export function report(error: unknown): void {
  if (globalThis.reportError) globalThis.reportError(error)
  else console.error(error)
}

/** Calls a function of the app. An error in it is reported as the app's own, and changes nothing here. */
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
  // One entry for each `add`: the same function may be added twice, and each undo removes its own entry.
  const entries = new Set<{ readonly listener: (argument: Argument) => void }>()
  const listeners = {
    // A member, not a getter: each request reads some of these.
    size: 0,
    add(listener: (argument: Argument) => void) {
      const entry = { listener }
      entries.add(entry)
      listeners.size = entries.size
      return () => {
        entries.delete(entry)
        listeners.size = entries.size
      }
    },
    notify(argument: Argument) {
      for (const { listener } of [...entries]) callListener(listener, argument)
    },
  }
  return listeners
}

type EventFields<Type extends keyof SessionEvents> = Omit<SessionEvents[Type], keyof AnyEvent<Type>>

export interface Emitter {
  listenersOf<Type extends keyof SessionEvents>(type: Type): Listeners<SessionEvents[Type]>
  emit<Type extends keyof SessionEvents>(type: Type, fields: EventFields<Type>, tab?: Tab): void
}

/** The events of one session. Each carries the epoch and generation of the moment when it is emitted. */
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
