import { backoffMs } from '../time/backoff.ts'
import type { Clock } from '../time/clock.ts'
import { type Failure, isPassing } from './judge-failure.ts'
import type { Unavailable } from './unavailable.ts'

/** How long the requests that wait for a refresh bear with failures that may pass. */
export interface Patience {
  /** By the monotonic clock. */
  readonly untilMs: number
  /** How many token requests have failed since it began. */
  readonly failed: number
}

const lasting: readonly Unavailable['reason'][] = [
  'unreadable-response',
  'invalid-refresh',
  'circuit-open',
  'no-refresh-token',
  'reauthenticating',
]

/**
 * Whether it may pass within seconds. A response that the app's function could not read does not, nor one that the server will
 * repeat (a 404, say); the page of a captive portal does.
 */
const mayPass = ({ reason, status }: Pick<Unavailable, 'reason' | 'status'>): boolean =>
  status === null ? !lasting.includes(reason) : status < 300 || isPassing(status)

/** Whether waiting for another attempt is of no use. */
export const outlastsWait = (found: Unavailable, leftMs: number): boolean =>
  found.next === 'never' || !mayPass(found) || found.retryAfterMs >= leftMs

interface Failed {
  readonly failure: Extract<Failure, { kind: 'unavailable' }>
  /** In a row, in all tabs, this one among them. */
  readonly failures: number
  /** How often in a row the token was sent without a response. */
  readonly attempts: number
  readonly request: { readonly patience?: Patience | null | undefined }
}

/**
 * When the next token request may begin, and whether the requests that wait for this refresh wait for it. A first failure is
 * taken for one that is over by the end of their patience. If the server has responded, the next attempt comes by then at the
 * latest. A token whose response was lost is sent again only once, and late, to outlast most outages.
 */
export function planRetry(
  { failure, failures, attempts, request: { patience } }: Failed,
  { clock, reuseIntervalMs }: { readonly clock: Clock; readonly reuseIntervalMs: number },
): Pick<Unavailable, 'retryAfterMs' | 'next'> {
  const { isUnrotated, retryAfterMs: askedMs } = failure
  const capMs = isUnrotated ? Number.POSITIVE_INFINITY : reuseIntervalMs
  const random = clock.random()
  const retryAfterMs = backoffMs({ failures, retryAfterMs: askedMs, capMs }, random)
  if (!mayPass(failure) || (!isUnrotated && attempts > 1)) return { retryAfterMs, next: 'never' }
  const leftMs = patience ? patience.untilMs - clock.monotonicMs() : 0
  if (leftMs > 0 && patience?.failed === failures - 1 && (askedMs ?? 0) <= leftMs) {
    const lateMs = isUnrotated || askedMs ? retryAfterMs : Math.min(leftMs, capMs) * (0.6 + 0.4 * random)
    // Rounded up: with a part of a millisecond left, it would be sent again and again.
    return { retryAfterMs: Math.ceil(Math.min(lateMs, leftMs)), next: 'planned' }
  }
  return { retryAfterMs, next: retryAfterMs < leftMs ? 'planned' : 'unplanned' }
}
