import type { EndReason } from '../errors.ts'
import { randomId } from '../platform/random-id.ts'
import { type Clock, now } from '../time/clock.ts'
import { type Credentials, hasSame } from './credentials.ts'
import { decideFollow } from './decide-follow.ts'
import type { Emitter, Listeners, SessionEvents } from './events.ts'
import type { AssumedSession } from './initial-session.ts'
import { createPageState, type PageState, type RenewalSource } from './page-state.ts'
import { continueFrom, requireCredentials } from './parse-tokens.ts'
import type { RevocationPending, SignedInContent, StoredRecord } from './session-store.ts'
import { beginRecord, continueRecord, continuesSession, mostTries } from './sign-in.ts'
import { type SessionState, stateAssuming } from './state.ts'
import { emptyRecord, type Replaced, type SyncedStore } from './synced-store.ts'

export type SessionEvent = SessionEvents[keyof SessionEvents]

/** The session in this page, and the only writer of its state. `announce` notifies other tabs. */
export interface SessionCore extends Emitter {
  readonly state: SessionState
  readonly records: SyncedStore
  /** Called after every change of state. */
  readonly changed: Listeners<SessionState>
  /** Reads the store and follows what is there. Never rejects. */
  reread(): Promise<void>
  /** Adopts the record that the store holds; `null`: it holds none (any more); `undefined`: that is unknown, so nothing changes. */
  follow(record: StoredRecord | null | undefined): void
  /** Takes effect at once; resolves when stored. Rejects with ConfigurationError if the input has no credentials. */
  signIn(input: unknown): Promise<void>
  /** Ends the session at once, whatever other tabs do; resolves when stored. */
  signOut(revocationPending?: RevocationPending, replaced?: Replaced): Promise<void>
  /** A token request of this page was stored as `record`. */
  applyRenewal(record: StoredRecord, monotonicSentAt: number | null, by: RenewalSource): void
  /** Ends the session `sessionId` in this page. The caller stores its end, under the session id `next`. */
  applyEnd(sessionId: string | null, reason: EndReason | null, next: string): void
  /** Ends the session after its rejection, unless the store has moved on; resolves when stored. */
  end(reason: EndReason): Promise<void>
  /** A dialog opens: for a login, or for a step-up. */
  suspend(login: boolean): void
  resume(): void
}

export interface SessionPorts {
  readonly records: SyncedStore
  readonly clock: Clock
  /** Whether the credential is outside the page (cookie, another SDK): then only the server knows the user. */
  readonly isAmbient: boolean
  /** Notifies other tabs that the record has changed. */
  readonly announce: () => void
  /** Lets the scheme and the strategy change the credentials of a login. */
  readonly adopt?: (credentials: Credentials, former: Credentials | null) => Credentials
  /** What a server knew when it rendered the page. */
  readonly assumed?: AssumedSession | null
}

/** Credentials that a sign-in brought. */
interface Arrival {
  readonly fresh: Credentials
  readonly monotonicSentAt: number | null
  /** Whether it is the same access token that the session holds. */
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
  const { emit, change, enterSession, takeOver } = page
  let asksLogin: boolean | undefined
  /** The sign-in or end that took effect here and is not stored yet: until then the store is behind. */
  let writing: object | undefined
  let lastSignIn: { ofSession: string; readonly fresh: Credentials } | undefined
  function leave(...[next, reason, tab]: Parameters<typeof page.leaveSession>): void {
    writing = undefined
    page.leaveSession(next, reason, tab)
  }

  /**
   * The record of a sign-in that continues the session of `latest`, from the newest credentials there are: the record may have
   * newer ones that `follow` has not brought here yet, and the refresh token in memory is used up then.
   */
  function goOn(latest: StoredRecord, fresh: Credentials): SignedInContent {
    const isNewest = latest.credentials && !latest.credentials.tokensElsewhere
    return continueRecord(fresh, { known: isNewest ? latest : page.state, latest })
  }

  /** Applies a sign-in and writes it: over its own session only or, if it starts a new one, over any record. */
  async function applySignIn(first: SignedInContent, { fresh, monotonicSentAt, isHeld }: Arrival): Promise<void> {
    const { sessionId: own } = page.state
    const mine = { ofSession: first.sessionId, fresh }
    lastSignIn = mine
    writing = mine
    let content = first
    for (let tries = 1; ; tries += 1) {
      const { sessionId, generation, credentials } = content
      // Write before the listeners are called: a listener may sign out, and its write must come later.
      const stored = sessionId === own ? records.writeAhead(content) : records.overwrite(content)
      const isRenewal = sessionId === own && (isHeld || tries > 1)
      if (!isRenewal) enterSession(content, monotonicSentAt)
      else if (change({ type: 'renewed', generation, credentials, monotonicSentAt }) && tries === 1)
        emit('signed-in', { subject: credentials.subject, claims: credentials.claims })
      if ((await stored) !== false || writing !== mine || isHeld) break
      // Another tab has written meanwhile. If it ended the session, this sign-in starts a new one, with nothing of the old.
      const { latest } = records
      const moved = latest?.sessionId === own && latest.credentials
      content = moved && tries < mostTries ? goOn(latest, fresh) : beginRecord(fresh)
      mine.ofSession = content.sessionId
    }
    if (writing !== mine) return
    writing = undefined
    // `follow` ignored what was read during the sign-in.
    core.follow(records.latest)
  }

  const members: Omit<SessionCore, keyof PageState> = {
    records,
    async reread() {
      core.follow(await records.read())
    },
    follow(record) {
      // The record is old if this page has signed in or out since it was read, even in the same task.
      if (record !== records.latest || writing) return
      const next = decideFollow(record, { state: page.state, isAmbient, asksLogin })
      if (record?.credentials ? record.sessionId !== lastSignIn?.ofSession : record?.endedBy === 'signed-out')
        lastSignIn = undefined
      if (next.kind === 'leave') leave(next.sessionId ?? randomId(), next.reason, 'other')
      else if (next.kind === 'take-over') takeOver(next.content, null, { cause: 'expiring', startedMs: null })
    },
    async signIn(input) {
      const sent = now(clock)
      const { credentials: former, sessionId: own } = page.state
      const read = requireCredentials(input, sent, clock)
      // A login dialog returned a cookie without a user. Before any request continues, the server must confirm whose it is.
      const ownerUnverified =
        isAmbient && former && page.state.status === 'reauthenticating' && !read.accessToken && read.subject === null
      const adopted = adopt?.(read, former) ?? read
      const fresh = ownerUnverified ? { ...adopted, lifetimeMs: 0, tokensElsewhere: true, ownerUnverified } : adopted
      const isHeld = hasSame('accessToken', fresh, former)
      // The newest record may have ended this session, and `follow` may not have run yet.
      const { latest } = records
      const isKnown = former !== null && latest?.sessionId === own
      // The same call repeated after a refresh, or after a sign-out elsewhere, would bring back used tokens.
      const isSpent = own === lastSignIn?.ofSession && hasSame('accessToken', fresh, lastSignIn?.fresh)
      if (isHeld ? !isKnown : isSpent) return
      const goesOn = isKnown && (ownerUnverified || continuesSession(fresh, former))
      const content = goesOn ? goOn(latest, fresh) : beginRecord(continueFrom(fresh, null))
      const monotonicSentAt = isHeld && former?.lifetimeMs ? page.state.monotonicSentAt : sent.monotonicMs
      await applySignIn(content, { fresh, monotonicSentAt, isHeld })
      announce()
    },
    async signOut(revocationPending, replaced) {
      // Keep the lease of a running token request: a page start must wait for it before it asks the server for the user.
      const lease = revocationPending?.leaseId ? records.latest?.lease : undefined
      // The backoff does not depend on the user: in cookie modes a page start may ask the server again at once.
      const { retryAt, failures } = records.latest ?? {}
      const content = { ...emptyRecord('signed-out'), lease, revocationPending, retryAt, failures }
      const stored = records.overwrite(content, replaced)
      announce() // The page may be left now. Once more when it is stored.
      // No token outlives a sign-out, one in another tab neither. A session that ended otherwise may come back from the store.
      lastSignIn = undefined
      leave(content.sessionId, 'signed-out', 'this')
      await stored
      // If the write failed, another tab's may have come in between.
      core.follow(records.latest)
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
      // Until the end is stored, a read that began before would bring the session back.
      const mine = {}
      writing = mine
      const isStored = latest?.sessionId !== former || (await records.compareAndSet(latest, content))
      if (writing === mine) writing = undefined
      if (!isStored) await core.reread()
      announce()
    },
    suspend(login) {
      asksLogin = login
      change({ type: 'suspended' })
    },
    resume: () => change({ type: 'resumed' }),
  }
  const core: SessionCore = Object.assign(page, members)
  return core
}
