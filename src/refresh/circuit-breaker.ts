import { bound } from '../platform/bounded.ts'
import type { RefreshCause } from '../session/events.ts'
import type { RefreshCounts } from '../session/session-store.ts'
import { circuitWindowMs, sentWithinMs } from '../time/delays.ts'
import { createRouteCounts } from './route-counts.ts'

export interface CircuitBreakerLimits {
  readonly unhelpfulRefreshes: number
  readonly unhelpfulWindowMs: number
  readonly circuitOpensAfter: number
}

/** What a request was sent with: the session's credentials, or the token of another audience. */
type SentWith = { readonly sentAt: number } | null | undefined

/** Stops refreshes that do not help (promise 5). Counts over all routes are in the record, those by route only in this page. */
export interface CircuitBreaker {
  /** Whether a 401 of this route may cause a token request now. `expired`: its token is known to have expired. */
  allowsRefresh(route: string, expired: boolean): boolean
  /** Milliseconds until the next token request may begin; does not concern the cause `restore`. */
  openForMs(): number
  /** A request of this route was replayed with `credentials`, which a refresh brought. `isRejected`: it was a 401 again. */
  noteReplay(route: string, credentials: object, isRejected: boolean): void
  /** Whether {@link noteAccepted} would change anything for a request sent with `token`. */
  isWorthNoting(token: SentWith): boolean
  /** A response of this route was anything but a 401, so `token`, which its request was sent with, was accepted. */
  noteAccepted(route: string, token: SentWith): void
  /** The counts to store with a lease. */
  countRefresh(cause: RefreshCause): RefreshCounts
  /** The counts that {@link countRefresh} returned are in the record, and the token request is sent. */
  noteSent(): void
  /** Forgets what was counted in this page. */
  forget(): void
  /** The counts as this page knows them. */
  counts(): RefreshCounts
}

export interface CircuitBreakerPorts {
  readonly wallMs: () => number
  readonly limits: CircuitBreakerLimits
  /** What the newest record says. */
  readonly recorded: () => RefreshCounts | undefined
  /** Writes the counts into the record, because other tabs may soon be held back by them. */
  readonly correct: () => void
}

export function createCircuitBreaker({ wallMs, limits, recorded, correct }: CircuitBreakerPorts): CircuitBreaker {
  const { unhelpfulRefreshes, unhelpfulWindowMs, circuitOpensAfter } = limits
  const { routes, isPaused, noteUnhelpful } = createRouteCounts(wallMs)
  /** Stand for credentials in what is counted: no token may outlive its session there. */
  const marks = new WeakMap<object, object>()
  /** Unhelpful refreshes that are not yet in the record: the mark of what they brought, and when that was rejected. */
  const uncounted = new Map<object, number>()
  /** Tokens that were accepted here; and the start times of token requests that brought them, or were given up unsent. */
  const accepted = new WeakSet<object>()
  const notCounted = new Set<number>()
  let unsent: number | undefined

  /** Times ahead of now come from a clock that has jumped. */
  const past = (times: readonly number[] = []) => times.filter(time => time <= wallMs())
  const recent = (times: readonly number[] | undefined) => past(times).filter(time => wallMs() - time < circuitWindowMs)
  /** Recent token requests in the record: no tab has noted there that they helped. */
  const recordedStarts = () => recent(recorded()?.started)
  /** Recent token requests that helped, as far as any tab has noted. */
  const helpfulStarts = () => [...new Set(recent([...(recorded()?.helpful ?? []), ...notCounted]))]
  const startedTimes = () => recordedStarts().filter(time => !notCounted.has(time) && time !== unsent)
  const unhelpfulTimes = () => past([...(recorded()?.unhelpful ?? []), ...uncounted.values()])

  /** As many unhelpful refreshes as are allowed, within the window; and for as long as the window after the last of them. */
  function isStorm(): boolean {
    const times = unhelpfulTimes()
    const last = Math.max(...times)
    const isFull = times.filter(time => last - time < unhelpfulWindowMs).length >= unhelpfulRefreshes
    return isFull && wallMs() - last < unhelpfulWindowMs
  }

  const counts = () => ({
    started: startedTimes(),
    helpful: helpfulStarts().slice(-circuitOpensAfter),
    unhelpful: unhelpfulTimes().slice(-unhelpfulRefreshes),
  })

  return {
    allowsRefresh: (route, expired) => !isPaused(route) && (expired || !isStorm()),
    openForMs() {
      const counted = startedTimes()
      const first = counted[counted.length - circuitOpensAfter]
      return first === undefined ? 0 : first + circuitWindowMs - wallMs()
    },
    noteReplay(route, credentials, isRejected) {
      const known = marks.get(credentials)
      const mark = known ?? {}
      marks.set(credentials, mark)
      if (!isRejected) uncounted.delete(mark)
      // Not if the refresh that brought them is counted already, or has helped.
      else if (!known) bound(uncounted.set(mark, wallMs()), unhelpfulRefreshes)
      if (isRejected) noteUnhelpful(route, mark)
    },
    isWorthNoting: token => routes.size > 0 || (!!token && !accepted.has(token)),
    noteAccepted(route, token) {
      routes.delete(route)
      if (!token || accepted.has(token)) return
      accepted.add(token)
      // The token request that brought it, made here or in another tab: its lease came just before the send.
      const { sentAt } = token
      // Also among those that are noted already: it must not be taken for the one before.
      const startedAt = [...recordedStarts(), ...helpfulStarts()]
        .filter(time => time <= sentAt && sentAt - time <= sentWithinMs)
        .sort((one, two) => one - two)
        .pop()
      if (startedAt === undefined) return
      bound(notCounted.add(startedAt), circuitOpensAfter)
      if (recordedStarts().length * 2 > circuitOpensAfter) correct()
    },
    forget() {
      routes.clear()
      uncounted.clear()
    },
    countRefresh(cause) {
      if (unsent !== undefined) bound(notCounted.add(unsent), circuitOpensAfter)
      unsent = undefined
      const known = counts()
      // What a page sends at its start is not counted: fourteen restored tabs are no storm.
      if (cause === 'restore') return known
      unsent = wallMs()
      return { ...known, started: [...known.started, unsent].slice(-circuitOpensAfter) }
    },
    noteSent() {
      unsent = undefined
      uncounted.clear()
    },
    counts,
  }
}
