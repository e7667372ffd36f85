import type { Clock } from '../../../src/time/clock.ts'

export interface TabTimer {
  readonly tab: number
  readonly dueMs: number
  readonly callback: () => void
}

/** One time for all tabs, moved only from timer to timer. `random()` is 0: no backoff, so that time decides nothing. */
export interface RealTime {
  readonly nowMs: number
  open(tab: number): Clock
  /** The earliest timer of the tabs that run. */
  next(isRunning: (tab: number) => boolean): TabTimer | undefined
  /** Moves on to the timer, if it is not overdue, and fires it. */
  fire(timer: TabTimer): void
  moveTo(ms: number): void
  forget(tab: number): void
}

export function createRealTime(): RealTime {
  const startMs = Date.UTC(2026, 0, 1)
  const timers = new Set<TabTimer>()
  let nowMs = 0
  return {
    get nowMs() {
      return nowMs
    },
    open: tab => ({
      wallMs: () => startMs + nowMs,
      monotonicMs: () => nowMs,
      random: () => 0,
      setTimer(callback, delayMs) {
        const timer = { tab, dueMs: nowMs + delayMs, callback }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    }),
    next(isRunning) {
      let first: TabTimer | undefined
      for (const timer of timers) if (isRunning(timer.tab) && (!first || timer.dueMs < first.dueMs)) first = timer
      return first
    },
    fire(timer) {
      timers.delete(timer)
      nowMs = Math.max(nowMs, timer.dueMs)
      timer.callback()
    },
    moveTo(ms) {
      nowMs = Math.max(nowMs, ms)
    },
    forget(tab) {
      for (const timer of timers) if (timer.tab === tab) timers.delete(timer)
    },
  }
}
