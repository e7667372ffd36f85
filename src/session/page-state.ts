import type { EndReason } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import { hasSame } from './credentials.ts'
import { createEmitter, createListeners, type Emitter, type Listeners, type RefreshCause, type Tab } from './events.ts'
import type { SignedInContent } from './session-store.ts'
import { leavingUser, type SessionChange, type SessionState, transition } from './state.ts'

/** The refresh that brought the credentials. `startedMs` is by the monotonic clock; `null`: a refresh of another tab. */
export interface RenewalSource {
  /** The session in which it began: its result may belong to another user. */
  readonly sessionId?: string | null
  readonly cause: RefreshCause
  readonly startedMs: number | null
  /** The audience whose token it brought; `undefined`: the session's own. */
  readonly audience?: string | undefined
}

const tabOf = (by: RenewalSource | undefined): Tab => (by?.startedMs === null ? 'other' : 'this')

/** What this page knows of the session, and every way to change it. Listeners are called at each change. */
export interface PageState extends Emitter {
  readonly state: SessionState
  /** Called after every change. */
  readonly changed: Listeners<SessionState>
  /** Returns whether the change still holds after all listeners were called: one may have signed in or out. */
  change(next: SessionChange): boolean
  /** Enters a session, from none or from another one. */
  enterSession(content: SignedInContent, monotonicSentAt: number | null, by?: RenewalSource): void
  /** A newer state of the session in this page, or another session in its place. */
  takeOver(content: SignedInContent, monotonicSentAt: number | null, by: RenewalSource): void
  leaveSession(next: string, reason: EndReason | null, tab: Tab): void
}

export function createPageState(clock: Clock, initial: SessionState): PageState {
  let state = initial
  const changed = createListeners<SessionState>()
  const { listenersOf, emit } = createEmitter(() => state)
  function change(next: SessionChange): boolean {
    const made = transition(state, next)
    state = page.state = made
    changed.notify(made)
    return state === made
  }
  function enterSession(content: SignedInContent, monotonicSentAt: number | null, by?: RenewalSource): void {
    const { sessionId, generation, credentials } = content
    const { subject, claims } = credentials
    const tab = tabOf(by)
    const isRestored = by && state.status === 'unknown'
    const former = leavingUser(state, { sessionId, subject })
    const holds = change({ type: 'signed-in', sessionId, generation, credentials, monotonicSentAt })
    if (former) emit('ended', { reason: 'replaced', subject: former.subject }, tab)
    if (holds && isRestored) emit('restored', { from: tab === 'this' ? 'server' : 'store', subject, claims })
    else if (holds) emit('signed-in', { subject, claims }, tab)
  }
  function takeOver(content: SignedInContent, monotonicSentAt: number | null, by: RenewalSource): void {
    const { sessionId, generation, credentials } = content
    const { cause, startedMs } = by
    const durationMs = startedMs === null ? null : clock.monotonicMs() - startedMs
    // The same token is not a newer one, even with a higher generation, unless another audience got a newer one.
    const isUnchanged = by.audience === undefined && hasSame('accessToken', credentials, state.credentials)
    if (!state.credentials || sessionId !== state.sessionId) enterSession(content, monotonicSentAt, by)
    else if (change({ type: 'renewed', generation, credentials, monotonicSentAt }) && !isUnchanged)
      emit('refreshed', { cause, durationMs }, tabOf(by))
  }
  function leaveSession(next: string, reason: EndReason | null, tab: Tab): void {
    const former = leavingUser(state, null)
    // The session that the server knew (`initial`) was over before this page read the store: its end has no reason.
    const endReason = reason ?? (former && !state.credentials ? 'signed-out' : null)
    change({ type: 'ended', sessionId: next, reason: endReason })
    if (former && endReason) emit('ended', { reason: endReason, subject: former.subject }, tab)
  }
  const page = {
    // A member, not a getter: each request reads it many times.
    state,
    changed,
    listenersOf,
    emit,
    change,
    enterSession,
    takeOver,
    leaveSession,
  }
  return page
}
