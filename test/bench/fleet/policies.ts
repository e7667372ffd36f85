import { spread } from '../../../src/client/core.ts'
import type { Clock } from '../../../src/platform/clock.ts'
import { backoffMs, remainingMs } from '../../../src/refresh/backoff.ts'
import type { Credentials } from '../../../src/session/credentials.ts'
import { tokenAge } from '../../../src/session/expiry.ts'
import type { Policy } from './simulate.ts'

export const lifetimeMs = 900_000
/** The defaults of `limits`. */
const leewayMs = 30_000
const lostAnswerGraceMs = 30_000
/** A wall clock at a plausible time: the library takes times near zero for jumped clocks. */
const epochMs = Date.UTC(2026, 0, 1)

/**
 * The library's own code decides: when a token is due, how the due times are spread, how long to wait after a failure; the
 * last unless another `wait` is tried.
 */
export const createLibraryPolicy = (name: string, wait?: Policy['backoffMs']): Policy => {
  let now = 0
  const clock: Pick<Clock, 'wallMs' | 'monotonicMs'> = { wallMs: () => epochMs + now, monotonicMs: () => now }
  const isDue = (nowMs: number, sentAtMs: number, random: number): boolean => {
    now = nowMs
    const credentials = { lifetimeMs, sentAt: epochMs + sentAtMs } as Credentials
    return tokenAge(credentials, sentAtMs, spread(leewayMs, random), clock as Clock) !== 'good'
  }
  return {
    name,
    onRequest: true,
    dueAt: (sentAtMs, random) => sentAtMs + lifetimeMs - spread(leewayMs, random),
    mayStart: (nowMs, sentAtMs, retryAtMs, random) =>
      isDue(nowMs, sentAtMs, random) &&
      (wait ? retryAtMs <= nowMs : remainingMs(epochMs + retryAtMs, epochMs + nowMs) === 0),
    backoffMs: wait ?? libraryBackoff,
  }
}

/** After a lost answer, which is what an outage looks like. */
const libraryBackoff: Policy['backoffMs'] = (failures, random) => backoffMs(failures, null, lostAnswerGraceMs, random)

/** A minute before the end by a timer, and every five seconds until it works: what is often written. */
export const fixedTimer: Policy = {
  name: 'fixed timer, no jitter',
  onRequest: false,
  dueAt: sentAtMs => sentAtMs + lifetimeMs - 60_000,
  mayStart: () => true,
  backoffMs: () => 5000,
}

const fullJitter =
  (firstMs: number, factor: number, longestMs: number): Policy['backoffMs'] =>
  (failures, random) =>
    random * Math.min(longestMs, firstMs * factor ** (failures - 1))

/** What other waits than the library's would give. */
export const otherWaits: readonly Policy[] = [
  createLibraryPolicy('full jitter, 1 s doubled to 1 min', fullJitter(1000, 2, 60_000)),
  createLibraryPolicy('full jitter, 1 s doubled to 10 min', fullJitter(1000, 2, 600_000)),
  createLibraryPolicy('full jitter, 4 s times four to 10 min', fullJitter(4000, 4, 600_000)),
  createLibraryPolicy('full jitter over 5 min from the first', fullJitter(300_000, 1, 300_000)),
  createLibraryPolicy('once within 20 s, then 5 to 10 min', (failures, random) =>
    failures === 1 ? random * 20_000 : 300_000 + random * 300_000,
  ),
]
