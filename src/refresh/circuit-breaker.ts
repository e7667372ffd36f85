import type { RefreshCause } from '../session/events.ts'
import type { RefreshCounts } from '../session/session-store.ts'
import { createRouteCounts, remember } from './route-counts.ts'

const windowMs = 30_000
/** A token request is sent within so long of its lease (step d). */
const sentWithinMs = 2000

export interface CircuitBreakerLimits {
  readonly unhelpfulRefreshes: number
  readonly unhelpfulWindowMs: number
  readonly circuitOpensAfter: number
}

/** What a request was sent with: the session's credentials, or the token of another audience. */
type SentWith = { readonly sentAt: number } | null | undefined

/** Stops refreshing that helps nobody (promise 5). Counts over all routes stand in the record; routes only in this page. */
export interface CircuitBreaker {
  /** Whether a 401 of this route may cause a token request now. `expired`: its token is known to be past its end. */
  allowsRefresh(route: string, expired: boolean): boolean
  /** Milliseconds until one more token request may begin, of whatever cause but `restore`. */
  openForMs(): number
  /** A route waited for the token request that brought `credentials`, was replayed with them, and was rejected again or not. */
  noteReplay(route: string, credentials: object, isRejected: boolean): void
  /** Whether an answer to a request sent with `token` would tell anything new; if not, it need not be told. */
  isWorthNoting(token: SentWith): boolean
  /** A route answered anything but 401. `token`: it was sent with this one, which was thereby accepted. */
  noteAccepted(route: string, token: SentWith): void
  /** The counts to store with a lease. */
  countRefresh(cause: RefreshCause): RefreshCounts
  /** What {@link countRefresh} answered stands in the record, and its token request is sent. */
  noteSent(): void
  /** As if nothing had ever been counted here. */
  forget(): void
  /** The counts as they are known here. */
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
  /** Unhelpful ones that are not yet in the record: what they brought, and when it was rejected. */
  const uncounted = new Map<object, number>()
  /** Those whose token request is counted, or helped somebody. */
  const judged = new WeakSet<object>()
  /** Tokens that were accepted here, and when the token requests began that brought them, or were given up unsent. */
  const accepted = new WeakSet<object>()
  const notCounted = new Map<number, true>()
  let unsent: number | undefined

  /** Times ahead of now come from a clock that has jumped. */
  const past = (times: readonly number[] = []) => times.filter(time => time <= wallMs())
  /** What others know of: token requests of late of which nobody has told them that they helped. */
  const recordedStarts = () => past(recorded()?.started).filter(time => wallMs() - time < windowMs)
  const startedTimes = () => recordedStarts().filter(time => !notCounted.has(time) && time !== unsent)
  const unhelpfulTimes = () => past([...(recorded()?.unhelpful ?? []), ...uncounted.values()])

  /** A full count inside the window, for as long again. */
  function isStorm(): boolean {
    const times = unhelpfulTimes()
    const last = Math.max(...times)
    const isFull = times.filter(time => last - time < unhelpfulWindowMs).length >= unhelpfulRefreshes
    return isFull && wallMs() - last < unhelpfulWindowMs
  }

  const counts = () => ({ started: startedTimes(), unhelpful: unhelpfulTimes().slice(-unhelpfulRefreshes) })

  return {
    allowsRefresh: (route, expired) => !isPaused(route) && (expired || !isStorm()),
    openForMs() {
      const recent = startedTimes()
      const first = recent[recent.length - circuitOpensAfter]
      return first === undefined ? 0 : first + windowMs - wallMs()
    },
    noteReplay(route, credentials, isRejected) {
      if (!isRejected) uncounted.delete(credentials)
      else if (!judged.has(credentials)) remember(uncounted, [credentials, wallMs()], unhelpfulRefreshes)
      judged.add(credentials)
      if (isRejected) noteUnhelpful(route, credentials)
    },
    isWorthNoting: token => routes.size > 0 || (!!token && !accepted.has(token)),
    noteAccepted(route, token) {
      routes.delete(route)
      if (!token || accepted.has(token)) return
      accepted.add(token)
      // Whoever began it, here or in another tab: the lease came just before the send.
      const { sentAt } = token
      const its = startedTimes()
        .filter(time => time <= sentAt && sentAt - time <= sentWithinMs)
        .pop()
      if (its === undefined) return
      remember(notCounted, [its, true], circuitOpensAfter)
      if (recordedStarts().length * 2 > circuitOpensAfter) correct()
    },
    forget() {
      routes.clear()
      uncounted.clear()
    },
    countRefresh(cause) {
      if (unsent !== undefined) remember(notCounted, [unsent, true], circuitOpensAfter)
      unsent = undefined
      const known = counts()
      // What a page asks at its start is not counted: fourteen restored tabs are no storm.
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
