import type { EndReason } from '../errors.ts'
import { type Clock, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { type Credentials, hasSame } from './credentials.ts'
import type { Emitter, Listeners, SessionEvents } from './events.ts'
import { createPageState, type RenewedBy } from './page-state.ts'
import { emptyRecord, type Records } from './records.ts'
import type { RevocationPending, StoredRecord } from './session-store.ts'
import { beginRecord, continueRecord, continues, mostTries, type SignedIn } from './sign-in.ts'
import { isOther, type SessionState } from './state.ts'
import { continueFrom, requireCredentials } from './token-set.ts'

export type SessionEvent = SessionEvents[keyof SessionEvents]

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

export function createSession(
  records: Records,
  clock: Clock,
  ambient: boolean,
  announce: () => void,
  adopt?: (credentials: Credentials, former: Credentials | null) => Credentials,
): SessionCore {
  const page = createPageState(clock)
  const { changed, listenersOf, emit, change, enter, take } = page
  let asksLogin = false
  /** The sign-in that counts here and is not stored yet: until then the store is behind. */
  let signing: object | undefined
  /** What the last sign-in brought, and into which session. */
  let brought: { own: string; readonly fresh: Credentials } | undefined
  function leave(...[next, reason, tab]: Parameters<typeof page.leave>): void {
    signing = undefined
    page.leave(next, reason, tab)
  }

  /** Lets a sign-in count, and writes it: over its own session only, or over whatever there is if it begins one. */
  async function keep(fresh: Credentials, first: SignedIn, monotonicSentAt: number | null, isHeld: boolean) {
    const { session: own } = page.state
    const mine = { own: first.session, fresh }
    brought = mine
    signing = mine
    let content = first
    for (let tries = 1; ; tries += 1) {
      const { session, generation, credentials } = content
      // Written before it is told: what a listener does about it (signs out, say) is written after it.
      const stored = session === own ? records.advance(content) : records.overwrite(content)
      const isRenewal = session === own && (isHeld || tries > 1)
      if (!isRenewal) enter(content, credentials, monotonicSentAt)
      else if (change({ type: 'renewed', generation, credentials, monotonicSentAt }) && tries === 1)
        emit('signed-in', { subject: credentials.subject, claims: credentials.claims })
      if ((await stored) !== false || signing !== mine || isHeld) break
      // Another tab has written meanwhile: in this session; or it ended that, and this begins another, with nothing of it.
      const { latest } = records
      const moved = latest?.session === own && latest.credentials
      const known = moved && !moved.withheld ? latest : page.state
      content = moved && tries < mostTries ? continueRecord(fresh, own, known, latest) : beginRecord(fresh)
      mine.own = content.session
    }
    if (signing !== mine) return
    signing = undefined
    // What was read meanwhile had to wait.
    core.follow(records.latest)
  }

  const core: SessionCore = {
    get state() {
      return page.state
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
      if (record !== records.latest || signing) return
      const credentials = record?.credentials
      const isUnknown = page.state.status === 'unknown'
      // Whose cookie it is by now, only the server can tell: unless there is a token.
      if (isUnknown && ambient && !credentials?.accessToken) return
      const isAnothers = record?.session !== page.state.session
      // The login that this page waits for came to pass in another tab.
      const isAnswered = asksLogin && page.state.status === 'reauthenticating' && !record?.refused
      if (!record) {
        // A record once seen and now absent means: signed out elsewhere (or the browser wiped the storage).
        if (page.state.credentials || isUnknown) leave(randomId(), page.state.credentials && 'signed-out', 'other')
      } else if (!credentials) {
        if (isAnothers || page.state.credentials) leave(record.session, record.endedBy ?? null, 'other')
        // Tokens of its own do for each tab, unless they were refused and somebody has signed in since.
      } else if (isAnothers || (isOther(record, page.state) && (!credentials.withheld || isAnswered))) {
        take(record, credentials, null, { cause: 'expiring', startedMs: null })
      }
    },
    async signIn(input) {
      const sent = now(clock)
      const { credentials: former, session: own } = page.state
      const read = requireCredentials(input, sent, clock)
      // In a dialog the person whom it asked is expected. Whose cookie it is, the server is asked before anything goes on.
      const unproved =
        ambient && former && page.state.status === 'reauthenticating' && !read.accessToken && read.subject === null
      const adopted = adopt?.(read, former) ?? read
      const fresh = unproved ? { ...adopted, lifetimeMs: 0, withheld: true, unproved } : adopted
      const isHeld = hasSame('accessToken', fresh, former)
      // Of what was read of late, and is not followed yet, this may be the end.
      const isKnown = own !== null && former !== null && records.latest?.session === own
      // Made again after a refresh, or a sign-out elsewhere, the login's own report brings nothing but what is spent.
      const isSpent = own === brought?.own && hasSame('accessToken', fresh, brought?.fresh)
      if (isHeld ? !isKnown : isSpent) return
      const goesOn = isKnown && (unproved || continues(fresh, former))
      const content = goesOn
        ? continueRecord(fresh, own, page.state, records.latest)
        : beginRecord(continueFrom(fresh, null))
      const monotonicSentAt = isHeld && former?.lifetimeMs ? page.state.monotonicSentAt : sent.monotonicMs
      await keep(fresh, content, monotonicSentAt, isHeld)
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
      const isOurs = !page.state.credentials || [session, by.session].includes(page.state.session)
      if (credentials && isOurs) take(record, credentials, monotonicSentAt, by)
    },
    ended(session, reason, next) {
      if (session === page.state.session) leave(next, reason, 'this')
    },
    async end(reason) {
      const { latest } = records
      const former = page.state.session
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
