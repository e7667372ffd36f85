import type { Credentials } from '../session/credentials.ts'
import type { StoredRecord } from '../session/session-store.ts'
import { emptyRecord } from '../session/synced-store.ts'
import { isOfAnotherUser, type Save } from './decide-save.ts'
import { isStillCurrent, readOrRecall, replaceRecord } from './leased-record.ts'
import { mostTries, type Outcome, type RefreshRequestPorts, type SentRequest } from './refresh-ports.ts'
import type { Granted } from './token-request.ts'

/**
 * Writes the tokens before any waiting request goes on, before the lock is freed, and before other tabs are notified.
 * `null`: the record has moved on, so the tokens were not taken.
 */
export async function saveTokens(
  { kind, credentials }: Extract<Save, { kind: 'begin' | 'continue' }>,
  sent: SentRequest,
  ports: RefreshRequestPorts,
): Promise<Outcome | null> {
  const { session } = ports
  const { leased, request, monotonicMs } = sent
  const { sessionId, generation } = leased
  const content = { ...(kind === 'begin' ? emptyRecord() : { sessionId, generation: generation + 1 }), credentials }
  const replaced = await replaceRecord(leased, { content }, ports)
  const saved = replaced ?? (await saveRotatedToken(leased, credentials, ports))
  if (!saved || !isStillCurrent(saved, request, ports)) return null
  const isOwn = request.audience === undefined
  session.applyRenewal(saved, replaced && isOwn ? monotonicMs : session.state.monotonicSentAt, request)
  return { kind: replaced || isOwn ? 'refreshed' : 'adopted' }
}

/**
 * The same user has signed in meanwhile without a new refresh token (a step-up), so the record goes on with the one that was
 * just spent. The rotated token takes its place, beside the newer access token.
 */
async function saveRotatedToken(
  { sessionId, credentials: sent }: StoredRecord,
  { refreshToken }: Credentials,
  { session: { records } }: RefreshRequestPorts,
): Promise<StoredRecord | null> {
  const spent = sent?.refreshToken
  for (let tries = 0; tries < mostTries; tries += 1) {
    const seen = await readOrRecall(records)
    const held = seen?.sessionId === sessionId ? seen.credentials : null
    if (!seen || !held || !spent || held.refreshToken !== spent || refreshToken === spent) return null
    const content = { sessionId, generation: seen.generation + 1, credentials: { ...held, refreshToken } }
    const written = await records.compareAndSet(seen, content)
    if (written) return written
  }
  return null
}

/** Discards tokens that nothing uses. Never one of a family in use: a server may revoke the whole family (RFC 7009 §2.1). */
export function discardUnusedTokens(granted: Granted, sent: SentRequest, ports: RefreshRequestPorts): void {
  const { state, records } = ports.session
  const { sessionId, credentials } = sent.leased
  const { latest } = records
  const held = latest?.credentials
  const { refreshToken } = granted.fresh
  const isHeld = refreshToken && [held, state.credentials].some(known => known?.refreshToken === refreshToken)
  const spent = credentials?.refreshToken
  const isOfHeldFamily =
    held &&
    !isOfAnotherUser({ ...sent, granted }) &&
    (latest.sessionId === sessionId || (spent && held.refreshToken === spent))
  if (!isHeld && !isOfHeldFamily) ports.discard(granted.fresh)
}
