/** Time and chance, as a port, so that tests can drive them. */
export interface Clock {
  /** The device's clock in milliseconds: may jump, may be wrong, goes on during sleep. */
  wallMs(): number
  /** Milliseconds that never go back; may stand still during sleep (hr-time issue 115). */
  monotonicMs(): number
  /** Calls back once; answers how to cancel. Delays over 2^31-1 ms are cut to it: browsers fire such timers at once. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** From 0 up to, but not including, 1. */
  random(): number
}

/** A moment by both clocks. */
export type Moment = Readonly<Record<'wallMs' | 'monotonicMs', number>>

export const now = (clock: Clock): Moment => ({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() })

/** By the clock that says more. */
export const elapsedMs = (clock: Clock, since: Moment): number =>
  Math.max(clock.wallMs() - since.wallMs, clock.monotonicMs() - since.monotonicMs)

const longestDelayMs = 2 ** 31 - 1

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => globalThis.performance?.now() ?? Date.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(delayMs, longestDelayMs))
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
