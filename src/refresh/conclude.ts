import type { Credentials } from '../session/credentials.ts'
import { continueIdentity, isSamePerson } from '../session/identity.ts'
import { emptyRecord } from '../session/records.ts'
import type { RecordContent, StoredRecord } from '../session/session-store.ts'
import { recentFailures } from './backoff.ts'
import type { Answer } from './call-strategy.ts'
import { closeClaim, replace, stands } from './claimed-record.ts'
import { type ExchangePorts, type Flown, mostTries, type Outcome } from './exchange-ports.ts'
import { planRetry } from './patience.ts'
import { callMs, isSignedOut } from './revocation.ts'

/** Steps e to h: what the answer does to the record and the session. `null`: the record has moved; look again (b). */
export async function conclude(
  answer: Answer,
  claimed: StoredRecord,
  flown: Flown,
  monotonicSentAt: number,
  ports: ExchangePorts,
): Promise<Outcome | null> {
  const { session } = ports
  if (answer.kind === 'unavailable') return postpone(answer, claimed, flown, ports)
  if (answer.kind === 'rejected') return refuse(answer, claimed, flown, ports)
  // e: saved before any waiter runs, before the lock is freed, before other tabs are told.
  const { fresh } = answer
  const unproved = claimed.credentials?.unproved === true
  const begins = flown.cause === 'restore' || unproved
  const former = claimed.credentials
  // Memory may know of a person that the record does not name.
  const isStranger = [former, flown.from].some(known => {
    const same = known ? isSamePerson(fresh, known) : true
    // Who was expected has to be named; else the answer of a server that names nobody is as good.
    return unproved ? !same : same === false
  })
  // What an ambient start leaves unsaid is not said of somebody else: the record goes on knowing whose it is.
  const named = begins && former && !isStranger && { statedBy: continueIdentity(fresh, former).statedBy }
  const credentials = { ...answer.credentials, ...named }
  const pending = begins && claimed.revocationPending
  if (pending && isSignedOut(pending, credentials)) {
    const askedAfterMs = (claimed.claim?.startedAt ?? 0) - pending.calledAt
    if (pending.failed || pending.exchange) return endAgain(claimed, flown, ports)
    if (askedAfterMs >= 0 && askedAfterMs < callMs) {
      // Perhaps the call was slower than this question.
      await ports.pause(callMs - askedAfterMs)
      return null
    }
  }
  const content =
    begins && (isStranger || !former)
      ? { ...emptyRecord(), credentials }
      : { session: claimed.session, generation: claimed.generation + 1, credentials }
  const wanted = (begins || !isStranger) && session.state.session === flown.session
  const replaced = wanted && (await replace(claimed, content, ports))
  const saved = replaced || (wanted && (await rescue(claimed, credentials, ports)))
  if (saved && stands(saved, flown, ports)) {
    const isOwn = flown.audience === undefined
    session.renewed(saved, replaced && isOwn ? monotonicSentAt : session.state.monotonicSentAt, flown)
    return { kind: replaced || isOwn ? 'refreshed' : 'adopted' }
  }
  drop(fresh, claimed, isStranger, ports)
  if (begins || !isStranger) return null
  const ended = await replace(claimed, emptyRecord('replaced'), ports)
  if (!ended || !stands(ended, flown, ports)) return null
  session.ended(flown.session, 'replaced', ended.session)
  return { kind: 'superseded' }
}

/**
 * A start has met the session that somebody signed out of, and that the server surely was not told of: it stays ended. Once:
 * should it be met again, it is a login made since, whatever the server says.
 */
async function endAgain(claimed: StoredRecord, flown: Flown, ports: ExchangePorts): Promise<Outcome | null> {
  const { session, generation, endedBy, revocationPending: pending } = claimed
  const calledAt = ports.clock.wallMs()
  const again = pending && { ...pending, calledAt, failed: false, repeated: true, exchange: undefined }
  const content = { session, generation, credentials: null, endedBy, revocationPending: again }
  const written = await replace(claimed, content, ports)
  if (!written || !stands(written, flown, ports)) return null
  ports.session.ended(flown.session, endedBy ?? null, written.session)
  if (again) ports.revocation.repeat(again)
  return { kind: 'superseded' }
}

/**
 * Somebody signed in as the same person meanwhile and brought no refresh token (a step-up, say), so the record goes on with
 * the one that was just spent: what it was traded for goes in its place, beside the newer access token.
 */
async function rescue(
  claimed: StoredRecord,
  { refreshToken }: Credentials,
  { session }: ExchangePorts,
): Promise<StoredRecord | null> {
  const { records } = session
  const spent = claimed.credentials?.refreshToken
  for (let tries = 0; tries < mostTries; tries += 1) {
    const seen = await records.read()
    const held = seen?.session === claimed.session ? seen.credentials : null
    if (!seen || !held || !spent || held.refreshToken !== spent || refreshToken === spent) return null
    const { session: id, generation } = seen
    const credentials = { ...held, refreshToken }
    const written = await records.compareAndSet(seen, { session: id, generation: generation + 1, credentials })
    if (written) return written
  }
  return null
}

/** Tokens that nobody will use. None of a family in use: a server may revoke all of it for one (RFC 7009 §2.1). */
function drop(
  fresh: Credentials,
  { session, credentials: sent }: StoredRecord,
  isStranger: boolean,
  ports: ExchangePorts,
) {
  const { state, records } = ports.session
  const { latest } = records
  const held = latest?.credentials
  const { refreshToken } = fresh
  const isHeld = refreshToken && [held, state.credentials].some(known => known?.refreshToken === refreshToken)
  const isSent = sent?.refreshToken && held?.refreshToken === sent.refreshToken
  const isOurs = held && !isStranger && (latest?.session === session || isSent)
  if (!isHeld && !isOurs) ports.discard(fresh)
}

/** g: a refusal counts only against the credentials that were sent; a newer session, or newer tokens, are not its concern. */
async function refuse(
  answer: Extract<Answer, { kind: 'rejected' }>,
  claimed: StoredRecord,
  flown: Flown,
  ports: ExchangePorts,
): Promise<Outcome | null> {
  const { session, strategy, canRefresh, reauthenticate } = ports
  const { credentials } = claimed
  const couldRefresh = canRefresh() && (strategy.ambient || credentials?.refreshToken)
  const reason = answer.misconfigured ? 'misconfigured' : couldRefresh ? 'refresh-rejected' : 'expired'
  const suspends = reauthenticate !== undefined && credentials !== null && !answer.misconfigured
  const content: RecordContent = suspends
    ? { session: claimed.session, generation: claimed.generation, credentials, refused: true }
    : emptyRecord(credentials ? reason : claimed.endedBy)
  const written = await replace(claimed, content, ports, true)
  if (!written) return null
  if (!suspends && stands(written, flown, ports)) session.ended(flown.session, content.endedBy ?? null, content.session)
  return { kind: 'rejected', reason }
}

/**
 * h: not now. If the server surely did not rotate, the claim goes; else it stays, closed, and says so. `retryAt` is for the
 * server's sake: where the browser says that there is no network, nothing has reached it.
 */
async function postpone(
  failure: Extract<Answer, { kind: 'unavailable' }>,
  claimed: StoredRecord,
  flown: Flown,
  ports: ExchangePorts,
): Promise<Outcome> {
  const { session, clock } = ports
  const failures = recentFailures(claimed.failures, claimed.retryAt, clock.wallMs()) + 1
  const { retryAfterMs, next } = planRetry({ failure, failures, tries: claimed.claim?.tries ?? 1, flown }, ports)
  const now = clock.wallMs()
  const told =
    failure.reason === 'offline' ? { failures, retryAt: now, tries: 0 } : { failures, retryAt: now + retryAfterMs }
  await closeClaim(claimed, ports, !failure.untouched, told)
  session.follow(session.records.latest)
  // What moved meanwhile counts for who waits: nobody need come back later for what is here already.
  const { state } = session
  if (state.session !== flown.session) return { kind: 'superseded' }
  return state.generation !== flown.generation ? { kind: 'adopted' } : { ...failure, retryAfterMs, next }
}
