import type { Clock } from '../time/clock.ts'
import { isLate } from '../time/lateness.ts'
import type { RefreshRequestPorts } from './refresh-ports.ts'

/**
 * Returns whether another tab's lease is still open: its owner may be sending or waiting. A lease is stale once this page has
 * seen it for `staleAfterMs` of its own monotonic clock without having slept; for a page that has just started, if it was
 * older than that at the start.
 */
export function createLeaseWatch(clock: Clock, staleAfterMs: number): RefreshRequestPorts['isLeaseOpen'] {
  const startedAt = clock.wallMs()
  const started = clock.monotonicMs()
  let watched: string | undefined
  let since = 0
  let last = 0
  let wasLate: boolean | undefined
  return (lease, askedMs) => {
    if (!lease || lease.closed) return false
    const now = clock.monotonicMs()
    const isNew = lease.id !== watched
    // Late: the page slept. Late each time, it does not sleep: its timers are throttled, in hidden pages to once a minute even
    // (test/model/watch-model).
    const cameLate = isLate(now - last, askedMs)
    if (isNew || (cameLate && !wasLate)) since = now
    wasLate = cameLate && !isNew
    watched = lease.id
    last = now
    // The page's start by the wall clock as it is set now, or as it was then: neither a clock set back nor a sleep ages a lease.
    const pageStart = Math.min(startedAt, clock.wallMs() - (now - started))
    return now - since < staleAfterMs && lease.startedAt + staleAfterMs > pageStart
  }
}
