/** Time and randomness, behind an interface that tests replace. */
export interface Clock {
  /** The device's clock in milliseconds. It may jump, may be wrong, and continues during sleep. */
  wallMs(): number
  /** Milliseconds that never go back. They may stop during sleep (hr-time issue 115). */
  monotonicMs(): number
  /**
   * Calls back once; returns a function that cancels. Longer delays are cut to 2^31-1 ms: browsers fire such timers at once. Of
   * those below 0, a time that is over, Node would warn.
   */
  setTimer(callback: () => void, delayMs: number): () => void
  /** From 0 up to, but not including, 1. */
  random(): number
}

/** A moment by both clocks. */
export type Moment = Readonly<Record<'wallMs' | 'monotonicMs', number>>

export const now = (clock: Clock): Moment => ({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() })

/** The time since a moment, by the clock that has advanced more. */
export const elapsedMs = (clock: Clock, since: Moment): number =>
  Math.max(clock.wallMs() - since.wallMs, clock.monotonicMs() - since.monotonicMs)

const longestDelayMs = 2 ** 31 - 1

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => globalThis.performance?.now() ?? Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.max(0, Math.min(delayMs, longestDelayMs)))
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
