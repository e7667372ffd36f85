import { RefreshUnavailableError, summarize } from '../errors.ts'
import { isOffline } from '../platform/page.ts'
import { remainingMs } from '../time/backoff.ts'
import type { Outcome, RefreshRequestPorts } from './refresh-ports.ts'
import { type Unavailable, unavailable } from './unavailable.ts'

/**
 * Why no token request may begin now, by the newest record: other tabs may have failed, or refreshed, since. `ownMs`: how long
 * this page has to wait in any case.
 */
export function blockedByRecord(
  { session, clock, circuitBreaker }: RefreshRequestPorts,
  isStart = false,
  ownMs = 0,
): Unavailable | null {
  const pauseMs = Math.max(ownMs, remainingMs(session.records.latest?.retryAt, clock.wallMs()))
  if (pauseMs) return unavailable('backing-off', pauseMs, '')
  const fullMs = isStart ? 0 : circuitBreaker.openForMs()
  return fullMs ? unavailable('circuit-open', fullMs, 'too many refreshes that helped nobody') : null
}

/** What keeps this page from beginning a token request. */
export interface RefreshBlocks {
  blockedBy(isStart?: boolean): Unavailable | null
  /** Notes how a refresh request ended. Returns whether a token request was made and failed. */
  noteOutcome(outcome: Outcome): boolean
}

export function createRefreshBlocks(ports: RefreshRequestPorts): RefreshBlocks {
  const { clock, session } = ports
  /** The last failure: the cause that is reported to requests that come too soon after it. */
  let failure: Unavailable | undefined
  /** A backoff of this page alone, which ends as soon as the browser reports a network. */
  let offlineUntil = 0
  /** The backoff of this page's own failure, and its tokens. A store may lose it, and show the shorter one of another tab. */
  let failedUntil = 0
  let failedTokens: string | undefined
  /** The tokens of the last record that had a user. */
  let lastTokens: string | undefined
  function tokensNow(): string | undefined {
    const { latest } = session.records
    // Only a login or a refresh shows that the server responds again: no record without a user, and no storage that was wiped.
    if (latest?.credentials) lastTokens = `${latest.sessionId}${latest.generation}`
    return lastTokens
  }
  const leftMs = (until: number) => remainingMs(until, clock.wallMs())

  return {
    blockedBy(isStart) {
      const offlineMs = isOffline() ? leftMs(offlineUntil) : 0
      const ownMs = tokensNow() === failedTokens ? leftMs(failedUntil) : 0
      const found = offlineMs ? unavailable('offline', offlineMs, '') : blockedByRecord(ports, isStart, ownMs)
      if (!failure || !found || found.reason === 'circuit-open') return found
      return { ...found, detail: `after ${summarize(failure)}`, cause: new RefreshUnavailableError(failure) }
    },
    noteOutcome(outcome) {
      if (outcome.kind === 'unavailable' && !outcome.next) return false
      failure = outcome.kind === 'unavailable' ? outcome : undefined
      failedUntil = 0
      if (failure) {
        const until = clock.wallMs() + failure.retryAfterMs
        if (failure.reason === 'offline') offlineUntil = until
        else [failedUntil, failedTokens] = [until, tokensNow()]
      }
      return failure !== undefined
    },
  }
}
