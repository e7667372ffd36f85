import type { EndReason } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { createEmitter, createListeners, type Emitter, type Listeners, type RefreshCause, type Tab } from './events.ts'
import type { SignedInContent } from './session-store.ts'
import { leavingUser, type SessionChange, type SessionState, transition } from './state.ts'

/** The refresh that brought it; `startedMs` by the monotonic clock, `null` if another tab's did. */
export interface RenewalSource {
  /** The session that it began in: what it brought may be another person's. */
  readonly sessionId?: string | null
  readonly cause: RefreshCause
  readonly startedMs: number | null
}

const tabOf = (by: RenewalSource | undefined): Tab => (by?.startedMs === null ? 'other' : 'this')

/** What this page knows of the session, and every way in which that changes; each is told as it happens. */
export interface PageState extends Emitter {
  readonly state: SessionState
  /** Told after every change. */
  readonly changed: Listeners<SessionState>
  /** Whether it still holds once all were told: a listener may have signed out, or in. */
  change(next: SessionChange): boolean
  /** Every way into a session, and from one into another. */
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
    state = made
    changed.notify(made)
    return state === made
  }
  function enterSession(content: SignedInContent, monotonicSentAt: number | null, by?: RenewalSource): void {
    const { sessionId, generation, credentials } = content
    const { subject, claims } = credentials
    const tab = tabOf(by)
    const isRestored = by && state.status === 'unknown'
    const left = leavingUser(state, { sessionId, subject })
    const holds = change({ type: 'signed-in', sessionId, generation, credentials, monotonicSentAt })
    if (left) emit('ended', { reason: 'replaced', subject: left.subject }, tab)
    if (holds && isRestored) emit('restored', { from: tab === 'this' ? 'server' : 'store', subject, claims })
    else if (holds) emit('signed-in', { subject, claims }, tab)
  }
  function takeOver(content: SignedInContent, monotonicSentAt: number | null, by: RenewalSource): void {
    const { sessionId, generation, credentials } = content
    const { cause, startedMs } = by
    const durationMs = startedMs === null ? null : clock.monotonicMs() - startedMs
    // The very token that was there before is no newer one, whatever number it has.
    const isUnchanged = credentials.accessToken !== null && credentials.accessToken === state.credentials?.accessToken
    if (!state.credentials || sessionId !== state.sessionId) enterSession(content, monotonicSentAt, by)
    else if (change({ type: 'renewed', generation, credentials, monotonicSentAt }) && !isUnchanged)
      emit('refreshed', { cause, durationMs }, tabOf(by))
  }
  function leaveSession(next: string, reason: EndReason | null, tab: Tab): void {
    const left = leavingUser(state, null)
    // What a server knew is over before it began here, and nobody has said why.
    const told = reason ?? (left && !state.credentials ? 'signed-out' : null)
    change({ type: 'ended', sessionId: next, reason: told })
    if (left && told) emit('ended', { reason: told, subject: left.subject }, tab)
  }
  return {
    get state() {
      return state
    },
    changed,
    listenersOf,
    emit,
    change,
    enterSession,
    takeOver,
    leaveSession,
  }
}
