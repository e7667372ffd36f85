import type { Clock } from '../../src/time/clock.ts'

/** Longer delays are cut to this, as the clock's port says. */
const longestDelayMs = 2 ** 31 - 1

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

export interface ControlledClock extends Clock {
  /** Both clocks move on; timers that come due run in order, and what they set in motion runs between them. */
  advance(ms: number): Promise<void>
  /** The machine sleeps: the wall clock moves on, the monotonic one stands still, and no timer runs. */
  sleepFor(ms: number): void
  /** Somebody sets the machine's clock, backwards too. */
  jumpWall(ms: number): void
  /** What `random()` gives from now on: always the same number, or what the function answers. */
  setRandom(next: number | (() => number)): void
  /** Lets everything run that waits for nothing but promises. */
  settle(): Promise<void>
  readonly pendingTimers: number
}

export interface ControlledClockOptions {
  /** @default 2026-01-01T00:00:00Z */
  readonly startMs?: number
  /** How many turns of the event loop `settle` gives; more where fake-indexeddb is in play. @default 1 */
  readonly turns?: number
}

/** A turn of the event loop runs every microtask, however long their chain. A message is one also where setImmediate is not. */
const takeTurn = (): Promise<void> =>
  new Promise(resolve => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** The library's clock in the hands of the test. `random()` gives 0.5 until told otherwise. */
export const createControlledClock = (options: ControlledClockOptions = {}): ControlledClock => {
  const { startMs = Date.UTC(2026, 0, 1), turns = 1 } = options
  const timers = new Set<Timer>()
  let wall = startMs
  let monotonic = 0
  let random = () => 0.5

  const settle = async () => {
    for (let turn = 0; turn < turns; turn += 1) await takeTurn()
  }

  const moveTo = (targetMs: number) => {
    wall += targetMs - monotonic
    monotonic = targetMs
  }

  /** The earliest timer due by then; among equals the one set first, as a Set keeps its order. */
  const nextDue = (targetMs: number): Timer | undefined => {
    let next: Timer | undefined
    for (const timer of timers) if (timer.dueMs <= targetMs && (!next || timer.dueMs < next.dueMs)) next = timer
    return next
  }

  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    random: () => random(),
    setTimer: (callback, delayMs) => {
      const timer = { dueMs: monotonic + (delayMs > 0 ? Math.min(delayMs, longestDelayMs) : 0), callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: async ms => {
      const targetMs = monotonic + ms
      await settle()
      for (let timer = nextDue(targetMs); timer; timer = nextDue(targetMs)) {
        timers.delete(timer)
        moveTo(Math.max(monotonic, timer.dueMs))
        timer.callback()
        await settle()
      }
      moveTo(targetMs)
      await settle()
    },
    sleepFor: ms => {
      wall += ms
    },
    jumpWall: ms => {
      wall += ms
    },
    setRandom: next => {
      random = typeof next === 'function' ? next : () => next
    },
    settle,
    get pendingTimers() {
      return timers.size
    },
  }
}
