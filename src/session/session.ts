import type { EndReason } from '../errors.ts'
import { type Clock, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import type { Credentials } from './credentials.ts'
import {
  createEmitter,
  createListeners,
  type Emitter,
  type Listeners,
  type RefreshCause,
  type SessionEvents,
  type Tab,
} from './events.ts'
import { emptyRecord, type Records } from './records.ts'
import type { RecordContent, RevocationPending, StoredRecord } from './session-store.ts'
import { initialState, type SessionChange, type SessionState, transition } from './state.ts'
import { requireCredentials } from './token-set.ts'

export type SessionEvent = SessionEvents[keyof SessionEvents]

/** The refresh that brought it; `startedMs` by the monotonic clock, `null` if another tab's did. */
interface RenewedBy {
  readonly cause: RefreshCause
  readonly startedMs: number | null
}

const tabOf = (by: RenewedBy | undefined): Tab => (by?.startedMs === null ? 'other' : 'this')

/** The session in this page: the only writer of its state. What it says is told to other tabs by `announce`. */
export interface SessionCore extends Emitter {
  readonly state: SessionState
  readonly records: Records
  /** Told after every change of state. */
  readonly changed: Listeners<SessionState>
  /** Reads the store and follows what is there. Never rejects. */
  reread(): Promise<void>
  /** Takes over what the store was found to hold; `null`: there is nothing (any more). */
  follow(record: StoredRecord | null): void
  /** Counts at once; resolves when stored. @throws ConfigurationError at once, for what is no credential */
  signIn(input: unknown): Promise<void>
  /** Ends the session at once, whatever anybody else does; resolves when stored. */
  signOut(revocationPending?: RevocationPending): Promise<void>
  /** An exchange of this page was stored as `record`. */
  renewed(record: StoredRecord, monotonicSentAt: number | null, by: RenewedBy): void
  /** The session `session` is over, for this page; what to store, with the session id `next`, is the caller's. */
  ended(session: string | null, reason: EndReason | null, next: string): void
  /** Ends the session after its refusal, unless the store has moved on; resolves when stored. */
  end(reason: EndReason): Promise<void>
  /** The person is asked: to log in, or for more than the token in use stands for. */
  suspend(login: boolean): void
  resume(): void
}

/**
 * Whether the record holds other credentials than those known here. Newer ones, since the store is the truth; but a sign-in in a
 * tab that had missed a refresh has a number no higher than ours.
 */
const isOther = ({ generation, credentials }: StoredRecord, state: SessionState): boolean =>
  generation !== state.generation || credentials?.accessToken !== state.credentials?.accessToken

export function createSession(
  records: Records,
  clock: Clock,
  ambient: boolean,
  announce: () => void,
  adopt?: (credentials: Credentials, former: Credentials | null) => Credentials,
): SessionCore {
  let state = initialState
  let asksLogin = false
  const changed = createListeners<SessionState>()
  const { listenersOf, emit } = createEmitter(() => state)
  /** Answers whether it still holds once all were told: a listener may have signed out, or in. */
  function change(next: SessionChange): boolean {
    const made = transition(state, next)
    state = made
    changed.tell(made)
    return state === made
  }
  /** Every way into a session, and from one into another. */
  function enter(
    content: RecordContent,
    credentials: Credentials,
    monotonicSentAt: number | null,
    by?: RenewedBy,
  ): void {
    const { session, generation } = content
    const { subject, claims } = credentials
    const tab = tabOf(by)
    const isRestored = by && state.status === 'unknown'
    const left = state.credentials && state.session !== session ? state.credentials : null
    const holds = change({ type: 'signed-in', session, generation, credentials, monotonicSentAt })
    if (left) emit('ended', { reason: 'replaced', subject: left.subject }, tab)
    if (holds && isRestored) emit('restored', { from: tab === 'this' ? 'server' : 'store', subject, claims })
    else if (holds) emit('signed-in', { subject, claims }, tab)
  }
  /** A newer state of the session in this page, or another session in its place. */
  function take(record: StoredRecord, credentials: Credentials, sentAt: number | null, by: RenewedBy) {
    const { session, generation } = record
    const { cause, startedMs } = by
    const durationMs = startedMs === null ? null : clock.monotonicMs() - startedMs
    if (!state.credentials || session !== state.session) enter(record, credentials, sentAt, by)
    else if (change({ type: 'renewed', generation, credentials, monotonicSentAt: sentAt }))
      emit('refreshed', { cause, durationMs }, tabOf(by))
  }
  function leave(next: string, reason: EndReason | null, tab: Tab): void {
    const was = state
    change({ type: 'ended', session: next, reason })
    if (was.credentials && reason) emit('ended', { reason, subject: was.credentials.subject }, tab)
  }

  const core: SessionCore = {
    get state() {
      return state
    },
    records,
    changed,
    listenersOf,
    emit,
    async reread() {
      const record = await records.read()
      if (record !== undefined) core.follow(record)
    },
    follow(record) {
      // Signed in or out here since it was read, in the same task even: then it is old.
      if (record !== records.latest) return
      const credentials = record?.credentials
      const isUnknown = state.status === 'unknown'
      // Whose cookie it is by now, only the server can tell: unless there is a token.
      if (isUnknown && ambient && !credentials?.accessToken) return
      const isAnothers = record?.session !== state.session
      // The login that this page waits for came to pass in another tab.
      const isAnswered = asksLogin && state.status === 'reauthenticating' && !record?.refused
      if (!record) {
        // A record once seen and now absent means: signed out elsewhere (or the browser wiped the storage).
        if (state.credentials || isUnknown) leave(randomId(), state.credentials && 'signed-out', 'other')
      } else if (!credentials) {
        if (isAnothers || state.credentials) leave(record.session, record.endedBy ?? null, 'other')
        // Tokens of its own do for each tab, unless they were refused and somebody has signed in since.
      } else if (isAnothers || (isOther(record, state) && (!credentials.withheld || isAnswered))) {
        take(record, credentials, null, { cause: 'due', startedMs: null })
      }
    },
    async signIn(input) {
      const sent = now(clock)
      const fresh = requireCredentials(input, sent, clock)
      const former = state.credentials
      const continues = former !== null && fresh.subject !== null && fresh.subject === former.subject
      const read = continues ? requireCredentials(input, sent, clock, former) : fresh
      const credentials = adopt?.(read, former) ?? read
      const session = (continues && state.session) || randomId()
      // Where it goes on with the refresh token in use, an exchange of that token goes on too.
      const { latest } = records
      const goesOn = continues && latest?.session === session && credentials.refreshToken === former.refreshToken
      const claim = goesOn ? latest.claim : undefined
      const content = { session, generation: continues ? state.generation + 1 : 0, credentials, claim }
      // Written before it is told: what a listener does about it (signs out, say) is written after it.
      const stored = records.overwrite(content)
      enter(content, credentials, sent.monotonicMs)
      await stored
      announce()
    },
    async signOut(revocationPending) {
      // An exchange that is under way is still to be waited for: by a start, before it asks who is signed in.
      const claim = revocationPending?.exchange ? records.latest?.claim : undefined
      const content = { ...emptyRecord('signed-out'), claim, revocationPending }
      const stored = records.overwrite(content)
      leave(content.session, 'signed-out', 'this')
      await stored
      announce()
    },
    renewed(record, monotonicSentAt, by) {
      const { session, credentials } = record
      const isOurs = !state.credentials || session === state.session
      if (credentials && isOurs) take(record, credentials, monotonicSentAt, by)
    },
    ended(session, reason, next) {
      if (session === state.session) leave(next, reason, 'this')
    },
    async end(reason) {
      const { latest } = records
      const former = state.session
      const content = emptyRecord(reason)
      leave(content.session, reason, 'this')
      if (latest?.session === former && !(await records.compareAndSet(latest, content))) await core.reread()
      announce()
    },
    suspend(login) {
      asksLogin = login
      change({ type: 'suspended' })
    },
    resume: () => change({ type: 'resumed' }),
  }
  return core
}
