import { isOffline } from '../platform/page.ts'
import { randomId } from '../platform/random-id.ts'
import type { Credentials } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import type { RecordContent, RevocationPending, StoredRecord } from '../session/session-store.ts'
import type { SyncedStore } from '../session/synced-store.ts'
import type { Clock } from '../time/clock.ts'
import { signOutHangsMs } from '../time/delays.ts'
import { leaseLifeMs } from '../time/lateness.ts'
import { createTimeLimit } from '../time/wait.ts'
import { isPassing, statusOf } from './judge-failure.ts'
import type { PendingCalls } from './pending-calls.ts'
import { createPost, type PostPorts, type Transport } from './post.ts'
import type { RefreshStrategy } from './strategy.ts'

export interface RevocationPorts {
  readonly strategy: RefreshStrategy
  readonly transport: Transport
  readonly baseUrl: () => string | undefined
  readonly sendHeaders?: PostPorts['sendHeaders']
  readonly trusted?: PostPorts['trusted']
  readonly isPrefix?: boolean
  readonly records: SyncedStore
  readonly clock: Clock
  readonly refreshTimeoutMs: number
  readonly pendingCalls: PendingCalls
}

/** Tells the server of a sign-out. Can neither delay nor undo the sign-out. */
export interface Revocation {
  /** What to store with a sign-out until the server has surely heard of it; `undefined` if that need not be remembered. */
  pendingOf(user: Pick<Credentials, 'subject' | 'claims'> | null): RevocationPending | undefined
  /** Resolves, within the deadline, with whether the server has heard of it. Never rejects. */
  revoke(credentials: Credentials | null, pending?: RevocationPending): Promise<boolean>
  /** Tells the server again of the sign-out in `pending`, which a start has found outstanding. */
  revokeAgain(pending: RevocationPending): void
  /** The token request of this lease is over. `mayBring`: it may have brought a cookie of a session signed out meanwhile. */
  noteRefreshEnded(leased: StoredRecord, mayBring: boolean): void
}

/** More than other tabs can come in between. */
const mostTries = 3

const nameOf = (credentials: Pick<Credentials, 'subject' | 'claims'> | null) => {
  const { sid, auth_time: authTime } = credentials?.claims ?? {}
  return { subject: credentials?.subject ?? null, sid, authTime }
}

/**
 * Whether a start has found the session that was signed out: the same user's, with nothing that tells it from another session.
 * A session that cannot be recognised is a login made since, which the earlier sign-out must not end.
 */
export function isSignedOut(pending: RevocationPending, credentials: Credentials): boolean {
  const { subject, sid, authTime } = nameOf(credentials)
  return subject !== null && subject === pending.subject && sid === pending.sid && authTime === pending.authTime
}

export function createRevocation(ports: RevocationPorts): Revocation {
  const { strategy, baseUrl, records, clock, refreshTimeoutMs, pendingCalls } = ports
  const inTime = createTimeLimit(clock, refreshTimeoutMs)
  const remembers = strategy.ambient === true && strategy.revoke !== undefined
  /** The last sign-out whose call is over, and need not be made again. */
  let heardId: string | undefined

  /** Changes the record, unless `change` returns `null`. Resolves with the revocation that is pending then. */
  async function update(change: (latest: StoredRecord) => Partial<RecordContent> | null) {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const { latest } = records
      const changed = latest && change(latest)
      if (!changed) return undefined
      if (await records.compareAndSet(latest, { ...latest, ...changed })) return changed.revocationPending
      await records.read()
    }
    return undefined
  }

  async function call(credentials: Credentials | null, again: RevocationPending | undefined): Promise<unknown> {
    const signedOutSession = again && {
      subject: again.subject,
      sid: again.sid,
      authTime: again.authTime,
      secondsAgo: Math.max(0, Math.round((clock.wallMs() - again.signedOutAt) / 1000)),
    }
    return strategy.revoke?.({
      accessToken: credentials?.accessToken ?? undefined,
      refreshToken: credentials?.refreshToken ?? undefined,
      idToken: credentials?.idToken ?? undefined,
      post: createPost({ ...ports, baseUrl: baseUrl(), keepalive: true }),
      signedOutSession,
    })
  }

  /** Calls the server. Resolves with whether it has heard; what is not certain stays pending. */
  async function send(
    credentials: Credentials | null,
    pending: RevocationPending | undefined,
    again?: RevocationPending,
  ): Promise<boolean> {
    let failed = false
    let told = strategy.revoke !== undefined
    let isOver = false
    const note = () =>
      update(({ revocationPending: now }) => {
        if (now?.id !== pending?.id || !now) return null
        // A start ends a session again only once: found a second time, it is a login made since.
        if (failed || !isOver) return { revocationPending: { ...now, failed: !now.repeated } }
        return { revocationPending: now.leaseId ? { ...now, failed } : undefined }
      })
    // One that hangs counts as failed while it does: a start would take the session for a login made since.
    const cancel = pending && clock.setTimer(() => void note(), signOutHangsMs)
    try {
      await call(credentials, again)
    } catch (error) {
      const { status, redirected } = statusOf(error)
      // These say that the session is over: 200 with "OK" or a page, a redirect, and 401 for no session.
      told = redirected || (status >= 200 && status < 400) || status === 401
      failed = !told && (status < 400 || isPassing(status))
      // The server would respond the same again: a mistake in the app, which must not hold up a login.
      if (!told && !failed && remembers) report(error)
    }
    isOver = true
    if (!failed) heardId = pending?.id
    cancel?.()
    if (pending) await note()
    return told
  }

  const revoke: Revocation['revoke'] = async (credentials, pending) => {
    // Send before awaiting anything: the page may be about to unload.
    const told = pendingCalls.track(send(credentials, pending))
    return inTime(told, resolve => resolve(false))
  }

  return {
    pendingOf(user) {
      if (!remembers) return undefined
      const { latest } = records
      const { lease } = latest ?? {}
      const at = clock.wallMs()
      const ageMs = lease && !lease.closed ? at - lease.startedAt : -1
      const isUnderWay = ageMs >= 0 && ageMs < leaseLifeMs(refreshTimeoutMs)
      // Signed out before: it is still that session of which the server has to hear.
      const name = user ? nameOf(user) : (latest?.revocationPending ?? nameOf(latest?.credentials ?? null))
      const { subject, sid, authTime } = name
      return {
        id: randomId(),
        subject,
        sid,
        authTime,
        signedOutAt: at,
        calledAt: at,
        failed: isOffline(),
        leaseId: isUnderWay ? lease?.id : undefined,
      }
    },
    revoke,
    revokeAgain: pending => void pendingCalls.track(send(null, pending, pending)),
    noteRefreshEnded({ sessionId, lease: own, credentials }, mayBring) {
      const isSignedOutSince = (latest: StoredRecord | null) =>
        latest !== null && latest.sessionId !== sessionId && !latest.credentials && latest.endedBy === 'signed-out'
      if (!remembers || !isSignedOutSince(records.latest)) return
      const late = update(latest => {
        const { lease, revocationPending: pending } = latest
        if (!isSignedOutSince(latest) || !(mayBring || lease?.id === own?.id)) return null
        const calledAt = clock.wallMs()
        // Even if the server has heard of the sign-out, it must hear again: the cookie came later.
        const known = { signedOutAt: calledAt, ...nameOf(credentials), ...pending }
        // A new id: the response to an earlier call says nothing of this cookie.
        const again = { ...known, id: randomId(), calledAt, failed: false }
        // It stayed only because of this refresh: a login and a start would wait for a call that is over.
        const outstanding = pending?.id === heardId ? undefined : pending
        const revocationPending = mayBring ? again : outstanding
        return {
          lease: lease?.id === own?.id ? null : lease,
          revocationPending: revocationPending && { ...revocationPending, leaseId: undefined },
        }
      })
      pendingCalls.track(late.then(pending => pending && mayBring && send(null, pending, pending)))
    },
  }
}
