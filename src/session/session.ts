import type { EndReason } from '../errors.ts'
import { type Clock, now } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { type Credentials, hasSame } from './credentials.ts'
import type { Emitter, Listeners, SessionEvents } from './events.ts'
import type { AssumedSession } from './initial-session.ts'
import { createPageState, type RenewalSource } from './page-state.ts'
import { continueFrom, requireCredentials } from './parse-tokens.ts'
import type { RevocationPending, SignedInContent, StoredRecord } from './session-store.ts'
import { beginRecord, continueRecord, continuesSession, mostTries } from './sign-in.ts'
import { isOther, type SessionState, stateAssuming } from './state.ts'
import { emptyRecord, type SyncedStore } from './synced-store.ts'

export type SessionEvent = SessionEvents[keyof SessionEvents]

/** The session in this page: the only writer of its state. What it says is told to other tabs by `announce`. */
export interface SessionCore extends Emitter {
  readonly state: SessionState
  readonly records: SyncedStore
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
  /** A token request of this page was stored as `record`. */
  applyRenewal(record: StoredRecord, monotonicSentAt: number | null, by: RenewalSource): void
  /** The session `sessionId` is over, for this page; what to store, with the session id `next`, is the caller's. */
  applyEnd(sessionId: string | null, reason: EndReason | null, next: string): void
  /** Ends the session after its rejection, unless the store has moved on; resolves when stored. */
  end(reason: EndReason): Promise<void>
  /** The person is asked: to log in, or for more than the token in use stands for. */
  suspend(login: boolean): void
  resume(): void
}

export interface SessionPorts {
  readonly records: SyncedStore
  readonly clock: Clock
  /** Whether the credential is the browser's or another SDK's: then only the server can tell whose it is. */
  readonly isAmbient: boolean
  /** Tells the other tabs that the record has changed. */
  readonly announce: () => void
  /** What the scheme and the strategy make of the credentials that a login brought. */
  readonly adopt?: (credentials: Credentials, former: Credentials | null) => Credentials
  /** What a server knew when it rendered the page. */
  readonly assumed?: AssumedSession | null
}

/** Credentials that a sign-in brought. */
interface Arrival {
  readonly fresh: Credentials
  readonly monotonicSentAt: number | null
  /** Whether it is the very token that the session holds. */
  readonly isHeld: boolean
}

export function createSession({
  records,
  clock,
  isAmbient,
  announce,
  adopt,
  assumed = null,
}: SessionPorts): SessionCore {
  const page = createPageState(clock, stateAssuming(assumed))
  const { changed, listenersOf, emit, change, enterSession, takeOver } = page
  let asksLogin = false
  /** The sign-in that counts here and is not stored yet: until then the store is behind. */
  let signing: object | undefined
  /** What the last sign-in brought, and into which session. */
  let brought: { own: string; readonly fresh: Credentials } | undefined
  function leave(...[next, reason, tab]: Parameters<typeof page.leaveSession>): void {
    signing = undefined
    page.leaveSession(next, reason, tab)
  }

  /** Lets a sign-in count, and writes it: over its own session only, or over whatever there is if it begins one. */
  async function keep(first: SignedInContent, { fresh, monotonicSentAt, isHeld }: Arrival): Promise<void> {
    const { sessionId: own } = page.state
    const mine = { own: first.sessionId, fresh }
    brought = mine
    signing = mine
    let content = first
    for (let tries = 1; ; tries += 1) {
      const { sessionId, generation, credentials } = content
      // Written before it is told: what a listener does about it (signs out, say) is written after it.
      const stored = sessionId === own ? records.writeAhead(content) : records.overwrite(content)
      const isRenewal = sessionId === own && (isHeld || tries > 1)
      if (!isRenewal) enterSession(content, monotonicSentAt)
      else if (change({ type: 'renewed', generation, credentials, monotonicSentAt }) && tries === 1)
        emit('signed-in', { subject: credentials.subject, claims: credentials.claims })
      if ((await stored) !== false || signing !== mine || isHeld) break
      // Another tab has written meanwhile: in this session; or it ended that, and this begins another, with nothing of it.
      const { latest } = records
      const moved = latest?.sessionId === own && latest.credentials
      const known = moved && !moved.tokensElsewhere ? latest : page.state
      content =
        moved && tries < mostTries ? continueRecord(fresh, { sessionId: own, known, latest }) : beginRecord(fresh)
      mine.own = content.sessionId
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
      if (isUnknown && isAmbient && !credentials?.accessToken) return
      const isAnothers = record?.sessionId !== page.state.sessionId
      // The login that this page waits for came to pass in another tab.
      const isAnswered = asksLogin && page.state.status === 'reauthenticating' && !record?.rejected
      if (!record) {
        // A record once seen and now absent means: signed out elsewhere (or the browser wiped the storage).
        if (page.state.credentials || isUnknown) leave(randomId(), page.state.credentials && 'signed-out', 'other')
      } else if (!credentials) {
        if (isAnothers || page.state.credentials) leave(record.sessionId, record.endedBy ?? null, 'other')
        // Tokens of its own do for each tab, unless they were rejected and somebody has signed in since.
      } else if (isAnothers || (isOther(record, page.state) && (!credentials.tokensElsewhere || isAnswered))) {
        takeOver({ ...record, credentials }, null, { cause: 'expiring', startedMs: null })
      }
    },
    async signIn(input) {
      const sent = now(clock)
      const { credentials: former, sessionId: own } = page.state
      const read = requireCredentials(input, sent, clock)
      // In a dialog the person whom it asked is expected. Whose cookie it is, the server is asked before anything goes on.
      const ownerUnverified =
        isAmbient && former && page.state.status === 'reauthenticating' && !read.accessToken && read.subject === null
      const adopted = adopt?.(read, former) ?? read
      const fresh = ownerUnverified ? { ...adopted, lifetimeMs: 0, tokensElsewhere: true, ownerUnverified } : adopted
      const isHeld = hasSame('accessToken', fresh, former)
      // Of what was read of late, and is not followed yet, this may be the end.
      const isKnown = own !== null && former !== null && records.latest?.sessionId === own
      // Made again after a refresh, or a sign-out elsewhere, the login's own report brings nothing but what is spent.
      const isSpent = own === brought?.own && hasSame('accessToken', fresh, brought?.fresh)
      if (isHeld ? !isKnown : isSpent) return
      const goesOn = isKnown && (ownerUnverified || continuesSession(fresh, former))
      const content = goesOn
        ? continueRecord(fresh, { sessionId: own, known: page.state, latest: records.latest })
        : beginRecord(continueFrom(fresh, null))
      const monotonicSentAt = isHeld && former?.lifetimeMs ? page.state.monotonicSentAt : sent.monotonicMs
      await keep(content, { fresh, monotonicSentAt, isHeld })
      announce()
    },
    async signOut(revocationPending) {
      // A token request that is under way is still to be waited for: by a start, before it asks who is signed in.
      const lease = revocationPending?.leaseId ? records.latest?.lease : undefined
      const content = { ...emptyRecord('signed-out'), lease, revocationPending }
      const stored = records.overwrite(content)
      leave(content.sessionId, 'signed-out', 'this')
      await stored
      announce()
    },
    applyRenewal(record, monotonicSentAt, by) {
      const { sessionId, credentials } = record
      const isOurs = !page.state.credentials || [sessionId, by.sessionId].includes(page.state.sessionId)
      if (credentials && isOurs) takeOver({ ...record, credentials }, monotonicSentAt, by)
    },
    applyEnd(sessionId, reason, next) {
      if (sessionId === page.state.sessionId) leave(next, reason, 'this')
    },
    async end(reason) {
      const { latest } = records
      const former = page.state.sessionId
      const content = emptyRecord(reason)
      leave(content.sessionId, reason, 'this')
      if (latest?.sessionId === former && !(await records.compareAndSet(latest, content))) await core.reread()
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
