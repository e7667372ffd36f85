import { type CircuitBreaker, createCircuitBreaker } from '../refresh/circuit-breaker.ts'
import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import type { ResolvedOptions } from './resolve-options.ts'

interface CircuitBreakerWiring {
  readonly limits: ResolvedOptions['limits']
  readonly session: SessionCore
  readonly clock: Clock
  readonly announce: () => void
  readonly isDisposed: () => boolean
}

/** The circuit breaker over the counts in the record. */
export function wireCircuitBreaker({
  limits,
  session,
  clock,
  announce,
  isDisposed,
}: CircuitBreakerWiring): CircuitBreaker {
  const { records } = session
  const correct = async () => {
    if (isDisposed()) return
    await session.reread()
    const { latest } = records
    const refreshCounts = circuitBreaker.counts()
    // If other tabs write meanwhile, the next refresh here stores the counts.
    if (latest && (await records.compareAndSet(latest, { ...latest, refreshCounts }))) announce()
  }
  const recorded = () => records.latest?.refreshCounts
  const circuitBreaker = createCircuitBreaker({ wallMs: clock.wallMs, limits, recorded, correct })
  return circuitBreaker
}
