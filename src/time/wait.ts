import { type Clock, elapsedMs, now } from './clock.ts'
import { queuedResponseMs } from './delays.ts'
import { isLate } from './lateness.ts'

/** Resolves after `delayMs`. To end a wait by a signal: `unlessAborted` (platform/abort). */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise(resolve => clock.setTimer(resolve, delayMs))

/** Waits, one at a time, that can be ended early. */
export interface Pauses {
  pause(delayMs: number): Promise<void>
  /** Ends the running wait, if there is one. */
  resume(): void
}

export function createPauses(clock: Clock): Pauses {
  let end = () => {}
  return {
    pause: delayMs =>
      new Promise(resolve => {
        const cancel = clock.setTimer(resolve, delayMs)
        end = () => {
          cancel()
          resolve()
        }
      }),
    resume: () => end(),
  }
}

/** Settles as the promise does or, if that takes too long, as `passed` decides. Leaves no timer behind. */
type TimeLimit = <Value>(
  promise: Promise<Value>,
  passed: (resolve: (value: Value) => void, reject: (reason: unknown) => void) => void,
) => Promise<Value>

export const createTimeLimit =
  (clock: Clock, limitMs: number): TimeLimit =>
  (promise, passed) =>
    new Promise((resolve, reject) => {
      const cancel = clock.setTimer(() => passed(resolve, reject), limitMs)
      promise.then(resolve, reject).finally(cancel)
    })

/**
 * Calls back at a deadline; returns a function that cancels. If the page slept through it, waits a little more: the response may
 * be queued behind the timer.
 */
export function setDeadline(clock: Clock, timeoutMs: number, passed: () => void): () => void {
  const started = now(clock)
  let cancel = clock.setTimer(() => {
    if (isLate(elapsedMs(clock, started), timeoutMs)) cancel = clock.setTimer(passed, queuedResponseMs)
    else passed()
  }, timeoutMs)
  return () => cancel()
}
