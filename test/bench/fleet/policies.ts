import { planRetry } from '../../../src/refresh/plan-retry.ts'
import type { RefreshRequest, RefreshRequestPorts } from '../../../src/refresh/refresh-ports.ts'
import type { Credentials } from '../../../src/session/credentials.ts'
import { createTokenAge } from '../../../src/session/expiry.ts'
import { restMs } from '../../../src/time/backoff.ts'
import type { Clock } from '../../../src/time/clock.ts'
import { leewayShareOf } from '../../../src/time/leeway.ts'
import type { Policy } from './simulate.ts'

export const lifetimeMs = 900_000
const reuseIntervalMs = 30_000
/** A wall clock at a plausible time: the library takes times near zero for jumped clocks. */
const epochMs = Date.UTC(2026, 0, 1)

interface LibraryLimits {
  readonly lifetimeMs?: number
  readonly leewayMs?: number
  readonly patienceMs?: number
  /** Whether a token whose renewal failed is used for a while without another try. */
  readonly rests?: boolean
  /** Another wait than the library's, to compare. */
  readonly wait?: (failures: number, random: number) => number
}

/** The library's own code decides: when a token is due, how the due times are spread, and when it tries again after a failure. */
export const createLibraryPolicy = (name: string, given: LibraryLimits = {}): Policy => {
  // The defaults of `limits`.
  const { lifetimeMs: livesMs = lifetimeMs, leewayMs = 300_000, patienceMs = 5000, rests = true, wait } = given
  let now = 0
  const clock = { wallMs: () => epochMs + now, monotonicMs: () => now } as Clock
  const isDueAt = (atMs: number, share: number): boolean => {
    now = atMs
    const credentials = { lifetimeMs: livesMs, sentAt: epochMs } as Credentials
    return createTokenAge({ maxMs: leewayMs, share }, clock)(credentials, 0) !== 'good'
  }
  const dueAfter = (random: number): number => {
    let [good, due] = [0, livesMs]
    while (due - good > 50) {
      const middle = (good + due) / 2
      if (isDueAt(middle, leewayShareOf(random))) due = middle
      else good = middle
    }
    return due
  }
  return {
    name,
    onRequest: true,
    patienceMs,
    dueAfter,
    afterFailure: ({ failures, tries: attempts, failed, nowMs, untilMs, isUntouched, leftMs }, random) => {
      if (wait) return { retryAfterMs: wait(failures, random), isPlanned: false }
      const failure = {
        kind: 'unavailable',
        reason: 'status',
        status: 503,
        retryAfterMs: null,
        isUnrotated: isUntouched,
      }
      const flown = { patience: untilMs === null ? undefined : { untilMs, failed } }
      const found = planRetry(
        { failure: { ...failure, detail: '' } as Failed, failures, attempts, request: flown as RefreshRequest },
        { clock: { ...clock, monotonicMs: () => nowMs, random: () => random }, reuseIntervalMs } as RefreshRequestPorts,
      )
      const quietMs = rests && isUntouched && untilMs === null ? restMs(leftMs, random) : 0
      return { quietMs, retryAfterMs: found.retryAfterMs, isPlanned: found.next === 'planned' }
    },
  }
}
type Failed = Parameters<typeof planRetry>[0]['failure']

/** A minute before the end by a timer, and every five seconds until it works: what is often written. */
export const fixedTimer: Policy = {
  name: 'fixed timer, no jitter',
  onRequest: false,
  patienceMs: 0,
  dueAfter: () => lifetimeMs - 60_000,
  afterFailure: () => ({ retryAfterMs: 5000, isPlanned: false }),
}

const fullJitter =
  (firstMs: number, factor: number, longestMs: number) =>
  (failures: number, random: number): number =>
    random * Math.min(longestMs, firstMs * factor ** (failures - 1))

const createOtherWait = (name: string, wait: (failures: number, random: number) => number): Policy =>
  createLibraryPolicy(name, { leewayMs: 30_000, patienceMs: 0, wait })

/** What each of three measures does. */
export const stepsOf = (livesMs: number): readonly Policy[] => {
  const before = { lifetimeMs: livesMs, leewayMs: 30_000, patienceMs: 0, rests: false }
  return [
    createLibraryPolicy('leeway of 30 s, no patience (before)', before),
    createLibraryPolicy('leeway of 5 min', { ...before, leewayMs: 300_000 }),
    createLibraryPolicy('and patience of 5 s', { ...before, leewayMs: 300_000, patienceMs: 5000 }),
    createLibraryPolicy('and a rest after a 503 (latchkey)', { lifetimeMs: livesMs }),
  ]
}

/** What other waits than the library's would give. */
export const otherWaits: readonly Policy[] = [
  createOtherWait('full jitter, 1 s doubled to 1 min', fullJitter(1000, 2, 60_000)),
  createOtherWait('full jitter, 1 s doubled to 10 min', fullJitter(1000, 2, 600_000)),
  createOtherWait('full jitter, 4 s times four to 10 min', fullJitter(4000, 4, 600_000)),
  createOtherWait('full jitter over 5 min from the first', fullJitter(300_000, 1, 300_000)),
  createOtherWait('once within 20 s, then 5 to 10 min', (failures, random) =>
    failures === 1 ? random * 20_000 : 300_000 + random * 300_000,
  ),
]
