import type { Wake } from '../../../src/platform/wake.ts'
import type { Clock } from '../../../src/time/clock.ts'
import type { Random } from '../random.ts'
import type { Timeline } from './timeline.ts'

/** One computer: a clock that can be wrong, and sleep that stops all of its pages. */
export interface Computer {
  wallOffsetMs: number
  readonly isAsleep: boolean
  sleep(durationMs: number): void
  wake(): void
  openPage(number: number): PageLife
  /** The page whose code runs in this turn of the event loop. */
  readonly running: PageLife | undefined
  /** Runs code of a page. */
  enter<Result>(page: PageLife, run: () => Result): Result
}

export interface ComputerSettings {
  /** Whether the monotonic clock stands still while the computer sleeps (hr-time issue 115). */
  readonly monotonicStands: boolean
}

/** A page and what it can feel: time, sleep, death. */
export interface PageLife {
  readonly number: number
  readonly clock: Clock
  readonly wake: Wake
  readonly isDead: boolean
  /** Frozen, or its computer sleeps. */
  readonly isSuspended: boolean
  /** From when to when nothing of it ran; the last one may not have ended. */
  readonly pauses: readonly { readonly fromMs: number; toMs: number }[]
  readonly wokeAtMs: number
  /** Milliseconds since the world began in which it could run. */
  awakeMs(): number
  /** Something of the outside reaches the page: at once, or when it runs again, or never. */
  task(delayMs: number, run: () => void): () => void
  /** `'told'`: it has a moment before; `'cached'`: that, and messages are lost on it meanwhile (back-forward cache). */
  freeze(kind: 'sudden' | 'told' | 'cached'): void
  readonly isDeaf: boolean
  thaw(): void
  /** The user comes back to it. */
  wakeUp(): void
  die(): void
  /** Told when it dies, or is frozen. */
  onEnd(listener: () => void): void
  onFreeze(listener: () => void): void
}

/** What its clock shows when the world begins. */
export const startMs = Date.UTC(2026, 5, 1)

export function createComputer(timeline: Timeline, settings: ComputerSettings, random: Random): Computer {
  const pages: (PageLife & { pause(): void; resume(): void })[] = []
  let asleepSinceMs = Number.POSITIVE_INFINITY
  let wakesAtMs = 0
  let stoodMs = 0
  let running: PageLife | undefined
  const computer: Computer = {
    wallOffsetMs: 0,
    get isAsleep() {
      return asleepSinceMs <= timeline.nowMs
    },
    sleep(durationMs: number) {
      asleepSinceMs = Math.min(asleepSinceMs, timeline.nowMs)
      wakesAtMs = Math.max(wakesAtMs, timeline.nowMs + durationMs)
      for (const page of pages) page.pause()
      timeline.after(durationMs, () => {
        if (timeline.nowMs >= wakesAtMs) computer.wake()
      })
    },
    wake() {
      if (!computer.isAsleep) return
      if (settings.monotonicStands) stoodMs += timeline.nowMs - asleepSinceMs
      asleepSinceMs = Number.POSITIVE_INFINITY
      for (const page of pages) page.resume()
    },
    get running() {
      return running
    },
    enter(page, run) {
      running = page
      return run()
    },
    openPage(number: number) {
      const bornMs = timeline.nowMs - stoodMs
      const monotonicMs = () => timeline.nowMs - stoodMs - bornMs
      const wallMs = () => startMs + timeline.nowMs + computer.wallOffsetMs
      const page = createPage(number, {
        timeline,
        random,
        monotonicMs,
        wallMs,
        isAsleep: () => computer.isAsleep,
        enter: computer.enter,
      })
      pages.push(page)
      return page
    },
  }
  return computer
}

interface PagePorts {
  readonly timeline: Timeline
  readonly random: Random
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  readonly isAsleep: () => boolean
  readonly enter: Computer['enter']
}

function createPage(number: number, { timeline, random, monotonicMs, wallMs, isAsleep, enter }: PagePorts) {
  const backlog: (() => void)[] = []
  const wakers = new Set<() => void>()
  const sleepers = new Set<() => void>()
  const enders: (() => void)[] = []
  const freezers: (() => void)[] = []
  const pauses: { fromMs: number; toMs: number }[] = []
  let isDead = false
  let isFrozen = false
  let isDeaf = false
  let wokeAtMs = timeline.nowMs
  const isPaused = () => pauses.at(-1)?.toMs === Number.POSITIVE_INFINITY

  function task(delayMs: number, run: () => void): () => void {
    let isCancelled = false
    const arrive = () => {
      if (isDead || isCancelled) return
      if (isPaused()) backlog.push(arrive)
      else enter(page, run)
    }
    const cancel = timeline.after(delayMs, arrive)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  /** Mostly in time; sometimes the page is busy. */
  const lateness = () => (random.chance(0.02) ? random.between(50, 900) : random.between(0, 5))

  function setTimer(callback: () => void, delayMs: number): () => void {
    const dueMs = monotonicMs() + delayMs
    let cancel = () => {}
    const fire = () => {
      const leftMs = dueMs - monotonicMs()
      // The monotonic clock stood still in sleep, and the timer with it.
      if (leftMs > 1) cancel = task(leftMs, fire)
      else callback()
    }
    cancel = task(delayMs + lateness(), fire)
    return () => cancel()
  }

  function pause(): void {
    if (!isPaused() && !isDead) pauses.push({ fromMs: timeline.nowMs, toMs: Number.POSITIVE_INFINITY })
  }
  function resume(): void {
    const last = pauses.at(-1)
    if (!last || !isPaused() || isFrozen || isAsleep()) return
    last.toMs = timeline.nowMs
    wokeAtMs = timeline.nowMs
    // What was queued runs now, in the order in which it came.
    for (const arrive of backlog.splice(0)) timeline.after(0, arrive)
  }
  const add = (listeners: Set<() => void>, listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  const page = {
    number,
    clock: { monotonicMs, wallMs, setTimer, random: random.next } satisfies Clock,
    wake: { onWake: woken => add(wakers, woken), onSleep: asleep => add(sleepers, asleep) } satisfies Wake,
    pauses,
    task,
    pause,
    resume,
    get isDead() {
      return isDead
    },
    get isSuspended() {
      return isPaused()
    },
    get wokeAtMs() {
      return wokeAtMs
    },
    awakeMs: () =>
      timeline.nowMs - pauses.reduce((sum, { fromMs, toMs }) => sum + Math.min(toMs, timeline.nowMs) - fromMs, 0),
    get isDeaf() {
      return isDeaf
    },
    freeze(kind: 'sudden' | 'told' | 'cached') {
      if (isFrozen || isDead) return
      const isTold = kind !== 'sudden'
      isFrozen = true
      isDeaf = kind === 'cached'
      if (isTold && !isPaused()) for (const asleep of [...sleepers]) enter(page, asleep)
      // What the page does of that has a moment to happen.
      timeline.after(isTold ? 1 : 0, () => {
        if (!isFrozen || isDead) return
        pause()
        for (const listener of freezers) listener()
      })
    },
    wakeUp() {
      if (isDead || isFrozen || isAsleep()) return
      for (const woken of [...wakers]) enter(page, woken)
    },
    thaw() {
      if (!isFrozen || isDead) return
      isFrozen = false
      isDeaf = false
      // Where the computer sleeps, the page is told when both are awake.
      task(0, page.wakeUp)
      resume()
    },
    die() {
      if (isDead) return
      isDead = true
      backlog.length = 0
      for (const listener of enders) listener()
    },
    onEnd: (listener: () => void) => void enders.push(listener),
    onFreeze: (listener: () => void) => void freezers.push(listener),
  }
  return page
}
