import { lateTimerMs, savedWithinMs, sentWithinMs } from './delays.ts'

/** Whether a timer that was set for `askedMs` came so late, after `passedMs`, that the page slept or its timers are throttled. */
export const isLate = (passedMs: number, askedMs: number): boolean => passedMs > askedMs + lateTimerMs

/**
 * After this time, a lease that its owner has not closed belongs to a tab that is gone: the request is sent, its deadline passes,
 * perhaps late, and what it brought is saved.
 */
export const leaseLifeMs = (refreshTimeoutMs: number): number =>
  sentWithinMs + refreshTimeoutMs + lateTimerMs + savedWithinMs
