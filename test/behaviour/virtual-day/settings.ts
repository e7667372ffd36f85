import type { Random } from '../../support/random.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
/** The quiet at the end is longer than any backoff, and any pause of the breaker. */
export const quietMs = 45 * minuteMs
/** What is asked by then, after the day, has an answer at the end. */
export const lastWordMs = 40 * minuteMs

/** What kind of day it is; all of it follows from the seed. */
export interface DaySettings {
  readonly tabs: number
  readonly reuse: 'strict' | 'lenient' | 'grace'
  readonly lifetimeMs: number
  /** Whether the answers say how long a token lives. */
  readonly tellsLifetime: boolean
  readonly tellsSubject: boolean
  readonly keepsOldTokens: boolean
  readonly hasLocks: boolean
  /** Whether the engine takes the lock from a page that it freezes (WebKit). */
  readonly dropsLocks: boolean
  readonly hasChannel: boolean
  /** Whether the monotonic clock stands still while the computer sleeps (hr-time issue 115). */
  readonly monotonicStands: boolean
  /** Of the network: how many requests and answers are lost, and how many take seconds. */
  readonly lossRate: number
  readonly slowRate: number
  /** How many refreshes meet their page's sleep or death. */
  readonly ambushRate: number
  /** Milliseconds between things that happen, on average; infinite: not today. */
  readonly every: {
    readonly request: number
    /** All tabs ask at once: something on their pages is polled by the clock. */
    readonly rush: number
    readonly freeze: number
    readonly kill: number
    readonly sleep: number
    readonly clockJump: number
    readonly signOut: number
    readonly userSwitch: number
    readonly wipe: number
    readonly revocation: number
    readonly outage: number
    readonly overload: number
  }
}

export function drawSettings(random: Random): DaySettings {
  /** One day in three without it. */
  const sometimes = (meanMs: number) => (random.chance(1 / 3) ? Number.POSITIVE_INFINITY : meanMs)
  const isQuiet = random.chance(0.1)
  const fault = (meanMs: number) => (isQuiet ? Number.POSITIVE_INFINITY : sometimes(meanMs))
  return {
    tabs: 5,
    reuse: random.pick(['strict', 'strict', 'lenient', 'grace']),
    lifetimeMs: random.pick([minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs]),
    tellsLifetime: random.chance(0.7),
    tellsSubject: random.chance(0.5),
    keepsOldTokens: random.chance(0.5),
    hasLocks: random.chance(0.7),
    dropsLocks: random.chance(0.3),
    hasChannel: random.chance(0.8),
    monotonicStands: random.chance(0.5),
    lossRate: isQuiet ? 0 : random.pick([0, 0, 0.01, 0.05]),
    slowRate: isQuiet ? 0 : random.pick([0, 0.02, 0.1]),
    ambushRate: isQuiet ? 0 : random.pick([0, 0.02, 0.1]),
    every: {
      request: 30 * minuteMs,
      rush: 15 * minuteMs,
      freeze: fault(hourMs / 2),
      kill: fault(hourMs),
      sleep: fault(8 * hourMs),
      clockJump: fault(6 * hourMs),
      signOut: fault(6 * hourMs),
      userSwitch: fault(8 * hourMs),
      wipe: fault(12 * hourMs),
      revocation: fault(12 * hourMs),
      outage: fault(3 * hourMs),
      overload: fault(3 * hourMs),
    },
  }
}
