import type { EndReason } from '../errors.ts'
import type { Credentials } from '../session/credentials.ts'
import type { RecordContent } from '../session/session-store.ts'
import { emptyRecord } from '../session/synced-store.ts'
import { recentFailures } from '../time/backoff.ts'
import { pause } from '../time/wait.ts'
import { decideSave } from './decide-save.ts'
import { closeLease, isStillCurrent, replaceRecord } from './leased-record.ts'
import { planRetry } from './plan-retry.ts'
import type { Outcome, RefreshRequestPorts, SentRequest } from './refresh-ports.ts'
import { discardUnusedTokens, saveTokens } from './save-tokens.ts'
import type { Granted, TokenResult } from './token-request.ts'

type Rejected = Extract<TokenResult, { kind: 'rejected' }>
type Failed = Extract<TokenResult, { kind: 'unavailable' }>

/** Steps e to h: applies the result to the record and the session. `null`: the record has moved on, so go back to step b. */
export async function applyResult(
  result: TokenResult,
  sent: SentRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  if (result.kind === 'unavailable') return applyFailure(result, sent, ports)
  if (result.kind === 'rejected') return applyRejection(result, sent, ports)
  return applyGrant(result, sent, ports)
}

/** Step e. */
async function applyGrant(granted: Granted, sent: SentRequest, ports: RefreshRequestPorts): Promise<Outcome | null> {
  const save = decideSave({ ...sent, granted, sessionId: ports.session.state.sessionId })
  if (save.kind === 'stay-signed-out') return staySignedOut(sent, ports)
  if (save.kind === 'ask-again') {
    await pause(ports.clock, save.afterMs)
    return null
  }
  const outcome = 'credentials' in save ? await saveTokens(save, sent, ports) : null
  if (outcome) return outcome
  discardUnusedTokens(granted, sent, ports)
  return save.kind === 'end' ? writeEnd(emptyRecord('replaced'), sent, ports) : null
}

/** Writes that the session is over, and ends it in this page. */
async function writeEnd(
  content: RecordContent,
  { leased, request }: SentRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const written = await replaceRecord(leased, { content }, ports)
  if (!written || !isStillCurrent(written, request, ports)) return null
  ports.session.applyEnd(request.sessionId, content.endedBy ?? null, written.sessionId)
  return { kind: 'superseded' }
}

/**
 * A start has found the session that the user signed out of, because the server was not reached then. The session stays signed
 * out, and the server is called again. Only once: found a second time, it is a login made since.
 */
async function staySignedOut(sent: SentRequest, ports: RefreshRequestPorts): Promise<Outcome | null> {
  const { sessionId, generation, endedBy, revocationPending: pending } = sent.leased
  const calledAt = ports.clock.wallMs()
  const again = pending && { ...pending, calledAt, failed: false, repeated: true, leaseId: undefined }
  const content = { sessionId, generation, credentials: null, endedBy, revocationPending: again }
  const outcome = await writeEnd(content, sent, ports)
  if (outcome && again) ports.revocation.revokeAgain(again)
  return outcome
}

/** What a session with these credentials ends by, if they are rejected. */
export const reasonOf = (
  credentials: Credentials | null | undefined,
  { canRefresh, strategy }: RefreshRequestPorts,
): EndReason => (canRefresh() && (strategy.ambient || credentials?.refreshToken) ? 'refresh-rejected' : 'expired')

/** Step g: a rejection counts only against the credentials that were sent, never against a newer session or newer tokens. */
async function applyRejection(
  { misconfigured }: Rejected,
  { leased, request }: SentRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const { session, reauthenticate } = ports
  const { sessionId, generation, credentials } = leased
  const reason = misconfigured ? 'misconfigured' : reasonOf(credentials, ports)
  const suspends = reauthenticate !== undefined && credentials !== null && !misconfigured
  const content: RecordContent = suspends
    ? { sessionId, generation, credentials, rejected: true }
    : emptyRecord(credentials ? reason : leased.endedBy)
  const written = await replaceRecord(leased, { content, isRejection: true }, ports)
  if (!written) return null
  // A page that starts is in no session that its dialog could renew, and leaves that to the tabs that are.
  const end = suspends && request.cause === 'restore' ? emptyRecord(reason) : content
  if ((!suspends || end !== content) && isStillCurrent(written, request, ports))
    session.applyEnd(request.sessionId, end.endedBy ?? null, end.sessionId)
  return { kind: 'rejected', reason }
}

/**
 * Step h: not now. If the server surely did not rotate the token, the lease is removed; else it stays in the record, closed.
 * `retryAt` spares the server: where the browser reports no network, nothing has reached it, so there is no backoff.
 */
async function applyFailure(
  failure: Failed,
  { leased, request }: SentRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome> {
  const { session, clock } = ports
  const failures = recentFailures(leased.failures, leased.retryAt, clock.wallMs()) + 1
  const { retryAfterMs, next } = planRetry({ failure, failures, attempts: leased.lease?.attempts ?? 1, request }, ports)
  const isOffline = failure.reason === 'offline'
  const retryAt = clock.wallMs() + (isOffline ? 0 : retryAfterMs)
  const lease = failure.isUnrotated ? null : isOffline ? { attempts: 0 } : {}
  await closeLease(leased, { lease, failures, retryAt }, ports)
  session.follow(session.records.latest)
  // Newer tokens or another session, stored meanwhile, count for the waiting requests: they need not come back later.
  const { state } = session
  if (state.sessionId !== request.sessionId) return { kind: 'superseded' }
  return state.generation !== request.generation ? { kind: 'adopted' } : { ...failure, retryAfterMs, next }
}
