import type { Credentials } from '../session/credentials.ts'
import { continueIdentity, isSamePerson } from '../session/identity.ts'
import type { RecordContent, StoredRecord } from '../session/session-store.ts'
import { emptyRecord } from '../session/synced-store.ts'
import { recentFailures } from './backoff.ts'
import { closeLease, isStillCurrent, replaceRecord } from './leased-record.ts'
import { planRetry } from './patience.ts'
import { mostTries, type Outcome, type RefreshRequest, type RefreshRequestPorts } from './refresh-ports.ts'
import { callMs, isSignedOut } from './revocation.ts'
import type { TokenResult } from './token-request.ts'

/** Steps e to h: what the answer does to the record and the session. `null`: the record has moved; look again (b). */
export async function applyResult(
  answer: TokenResult,
  leased: StoredRecord,
  request: RefreshRequest,
  monotonicSentAt: number,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const { session } = ports
  if (answer.kind === 'unavailable') return applyFailure(answer, leased, request, ports)
  if (answer.kind === 'rejected') return applyRejection(answer, leased, request, ports)
  // e: saved before any waiter runs, before the lock is freed, before other tabs are told.
  const { fresh } = answer
  const ownerUnverified = leased.credentials?.ownerUnverified === true
  const begins = request.cause === 'restore' || ownerUnverified
  const former = leased.credentials
  // Memory may know of a person that the record does not name.
  const isStranger = [former, request.replaces].some(known => {
    const same = known ? isSamePerson(fresh, known) : true
    // Who was expected has to be named; else the answer of a server that names nobody is as good.
    return ownerUnverified ? !same : same === false
  })
  // What an ambient start leaves unsaid is not said of somebody else: the record goes on knowing whose it is.
  const named = begins && former && !isStranger && { statedBy: continueIdentity(fresh, former).statedBy }
  const credentials = { ...answer.credentials, ...named }
  const pending = begins && leased.revocationPending
  if (pending && isSignedOut(pending, credentials)) {
    const askedAfterMs = (leased.lease?.startedAt ?? 0) - pending.calledAt
    if (pending.failed || pending.leaseId) return endRestoredSession(leased, request, ports)
    if (askedAfterMs >= 0 && askedAfterMs < callMs) {
      // Perhaps the call was slower than this question.
      await ports.pause(callMs - askedAfterMs)
      return null
    }
  }
  const content =
    begins && (isStranger || !former)
      ? { ...emptyRecord(), credentials }
      : { sessionId: leased.sessionId, generation: leased.generation + 1, credentials }
  const wanted = (begins || !isStranger) && session.state.sessionId === request.sessionId
  const replaced = wanted && (await replaceRecord(leased, content, ports))
  const saved = replaced || (wanted && (await saveRotatedToken(leased, credentials, ports)))
  if (saved && isStillCurrent(saved, request, ports)) {
    const isOwn = request.audience === undefined
    session.applyRenewal(saved, replaced && isOwn ? monotonicSentAt : session.state.monotonicSentAt, request)
    return { kind: replaced || isOwn ? 'refreshed' : 'adopted' }
  }
  discardUnusedTokens(fresh, leased, isStranger, ports)
  if (begins || !isStranger) return null
  const ended = await replaceRecord(leased, emptyRecord('replaced'), ports)
  if (!ended || !isStillCurrent(ended, request, ports)) return null
  session.applyEnd(request.sessionId, 'replaced', ended.sessionId)
  return { kind: 'superseded' }
}

/**
 * A start has met the session that somebody signed out of, and that the server surely was not told of: it stays ended. Once:
 * should it be met again, it is a login made since, whatever the server says.
 */
async function endRestoredSession(
  leased: StoredRecord,
  request: RefreshRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const { sessionId, generation, endedBy, revocationPending: pending } = leased
  const calledAt = ports.clock.wallMs()
  const again = pending && { ...pending, calledAt, failed: false, repeated: true, leaseId: undefined }
  const content = { sessionId, generation, credentials: null, endedBy, revocationPending: again }
  const written = await replaceRecord(leased, content, ports)
  if (!written || !isStillCurrent(written, request, ports)) return null
  ports.session.applyEnd(request.sessionId, endedBy ?? null, written.sessionId)
  if (again) ports.revocation.revokeAgain(again)
  return { kind: 'superseded' }
}

/**
 * Somebody signed in as the same person meanwhile and brought no refresh token (a step-up, say), so the record goes on with
 * the one that was just spent: what it was traded for goes in its place, beside the newer access token.
 */
async function saveRotatedToken(
  leased: StoredRecord,
  { refreshToken }: Credentials,
  { session }: RefreshRequestPorts,
): Promise<StoredRecord | null> {
  const { records } = session
  const spent = leased.credentials?.refreshToken
  for (let tries = 0; tries < mostTries; tries += 1) {
    const seen = await records.read()
    const held = seen?.sessionId === leased.sessionId ? seen.credentials : null
    if (!seen || !held || !spent || held.refreshToken !== spent || refreshToken === spent) return null
    const { sessionId: id, generation } = seen
    const credentials = { ...held, refreshToken }
    const written = await records.compareAndSet(seen, { sessionId: id, generation: generation + 1, credentials })
    if (written) return written
  }
  return null
}

/** Tokens that nobody will use. None of a family in use: a server may revoke all of it for one (RFC 7009 §2.1). */
function discardUnusedTokens(
  fresh: Credentials,
  { sessionId, credentials: sent }: StoredRecord,
  isStranger: boolean,
  ports: RefreshRequestPorts,
) {
  const { state, records } = ports.session
  const { latest } = records
  const held = latest?.credentials
  const { refreshToken } = fresh
  const isHeld = refreshToken && [held, state.credentials].some(known => known?.refreshToken === refreshToken)
  const isSent = sent?.refreshToken && held?.refreshToken === sent.refreshToken
  const isOurs = held && !isStranger && (latest?.sessionId === sessionId || isSent)
  if (!isHeld && !isOurs) ports.discard(fresh)
}

/** g: a rejection counts only against the credentials that were sent; a newer session, or newer tokens, are not its concern. */
async function applyRejection(
  answer: Extract<TokenResult, { kind: 'rejected' }>,
  leased: StoredRecord,
  request: RefreshRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const { session, strategy, canRefresh, reauthenticate } = ports
  const { credentials } = leased
  const couldRefresh = canRefresh() && (strategy.ambient || credentials?.refreshToken)
  const reason = answer.misconfigured ? 'misconfigured' : couldRefresh ? 'refresh-rejected' : 'expired'
  const suspends = reauthenticate !== undefined && credentials !== null && !answer.misconfigured
  const content: RecordContent = suspends
    ? { sessionId: leased.sessionId, generation: leased.generation, credentials, rejected: true }
    : emptyRecord(credentials ? reason : leased.endedBy)
  const written = await replaceRecord(leased, content, ports, true)
  if (!written) return null
  if (!suspends && isStillCurrent(written, request, ports))
    session.applyEnd(request.sessionId, content.endedBy ?? null, content.sessionId)
  return { kind: 'rejected', reason }
}

/**
 * h: not now. If the server surely did not rotate, the lease goes; else it stays, closed, and says so. `retryAt` is for the
 * server's sake: where the browser says that there is no network, nothing has reached it.
 */
async function applyFailure(
  failure: Extract<TokenResult, { kind: 'unavailable' }>,
  leased: StoredRecord,
  request: RefreshRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome> {
  const { session, clock } = ports
  const failures = recentFailures(leased.failures, leased.retryAt, clock.wallMs()) + 1
  const { retryAfterMs, next } = planRetry({ failure, failures, attempts: leased.lease?.attempts ?? 1, request }, ports)
  const now = clock.wallMs()
  const told =
    failure.reason === 'offline' ? { failures, retryAt: now, attempts: 0 } : { failures, retryAt: now + retryAfterMs }
  await closeLease(leased, ports, !failure.isUnrotated, told)
  session.follow(session.records.latest)
  // What moved meanwhile counts for who waits: nobody need come back later for what is here already.
  const { state } = session
  if (state.sessionId !== request.sessionId) return { kind: 'superseded' }
  return state.generation !== request.generation ? { kind: 'adopted' } : { ...failure, retryAfterMs, next }
}
