import type { EndReason } from '../errors.ts'
import { type Clock, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import type { Credentials } from './credentials.ts'
import { createListeners, type Listeners, type RefreshCause, type SessionEvents } from './events.ts'
import { emptyRecord, type Records } from './records.ts'
import type { RecordContent, RevocationPending, StoredRecord } from './session-store.ts'
import { initialState, type SessionChange, type SessionState, transition } from './state.ts'
import { requireCredentials } from './token-set.ts'

export type Tab = 'this' | 'other'
export type SessionEvent = SessionEvents[keyof SessionEvents]
type EventFields<Type extends keyof SessionEvents> = Omit<SessionEvents[Type], 'type' | 'epoch' | 'generation' | 'tab'>

/** The session in this page: the only writer of its state. What it says is told to other tabs by `announce`. */
export interface SessionCore {
  readonly state: SessionState
  readonly records: Records
  /** Told after every change of state. */
  readonly changed: Listeners<SessionState>
  listenersOf<Type extends keyof SessionEvents>(type: Type): Listeners<SessionEvents[Type]>
  emit<Type extends keyof SessionEvents>(type: Type, fields: EventFields<Type>, tab?: Tab): void
  /** Reads the store and follows what is there. Never rejects. */
  reread(): Promise<void>
  /** Takes over what the store was found to hold; `null`: there is nothing (any more). */
  follow(record: StoredRecord | null): void
  /** Counts at once; resolves when stored. @throws ConfigurationError at once, for what is no credential */
  signIn(input: unknown): Promise<void>
  /** Ends the session at once, whatever anybody else does; resolves when stored. */
  signOut(revocationPending?: RevocationPending): Promise<void>
  /** An exchange of this page was stored as `record`. */
  renewed(record: StoredRecord, monotonicSentAt: number | null, cause: RefreshCause): void
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
  const listeners = new Map<keyof SessionEvents, Listeners<never>>()

  function listenersOf<Type extends keyof SessionEvents>(type: Type): Listeners<SessionEvents[Type]> {
    let found = listeners.get(type)
    if (!found) {
      found = createListeners()
      listeners.set(type, found)
    }
    return found as unknown as Listeners<SessionEvents[Type]>
  }
  function emit<Type extends keyof SessionEvents>(type: Type, fields: EventFields<Type>, tab: Tab = 'this'): void {
    const { epoch, generation } = state
    listenersOf(type).tell({ type, epoch, generation, tab, ...fields } as unknown as SessionEvents[Type])
  }
  /** Answers whether it still holds once all were told: a listener may have signed out, or in. */
  function change(next: SessionChange): boolean {
    const made = transition(state, next)
    state = made
    changed.tell(made)
    return state === made
  }
  /** Every way into a session, and from one into another. */
  function enter(content: RecordContent, credentials: Credentials, monotonicSentAt: number | null, tab: Tab): void {
    const { session, generation } = content
    const left = state.credentials && state.session !== session ? state.credentials : null
    const holds = change({ type: 'signed-in', session, generation, credentials, monotonicSentAt })
    if (left) emit('ended', { reason: 'replaced', subject: left.subject }, tab)
    if (holds) emit('signed-in', { subject: credentials.subject, claims: credentials.claims }, tab)
  }
  /** A newer state of the session in this page, or another session in its place. */
  function take(record: StoredRecord, credentials: Credentials, sentAt: number | null, tab: Tab, cause: RefreshCause) {
    const { session, generation } = record
    if (!state.credentials || session !== state.session) enter(record, credentials, sentAt, tab)
    else if (change({ type: 'renewed', generation, credentials, monotonicSentAt: sentAt }))
      emit('refreshed', { cause }, tab)
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
        take(record, credentials, null, 'other', 'due')
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
      enter(content, credentials, sent.monotonicMs, 'this')
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
    renewed(record, monotonicSentAt, cause) {
      const { session, credentials } = record
      const isOurs = !state.credentials || session === state.session
      if (credentials && isOurs) take(record, credentials, monotonicSentAt, 'this', cause)
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
