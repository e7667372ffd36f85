import type { RefreshCause } from '../session/events.ts'
import type { ExchangeCounts } from '../session/session-store.ts'

const windowMs = 30_000
/** An exchange is sent within so long of its claim (step d). */
const sentWithinMs = 2000
const longestPauseMs = 900_000
const routesRemembered = 200

export interface BreakerLimits {
  readonly unhelpfulRefreshes: number
  readonly unhelpfulWindowMs: number
  readonly circuitOpensAfter: number
}

/** What a request was sent with: the session's credentials, or the token of another audience. */
type SentWith = { readonly sentAt: number } | null | undefined

/** Stops refreshing that helps nobody (promise 5). Counts over all routes stand in the record; routes only in this page. */
export interface StormBreaker {
  /** Whether a 401 of this route may cause an exchange now. `expired`: its token is known to be past its end. */
  allows(route: string, expired: boolean): boolean
  /** Milliseconds until one more exchange may begin, of whatever cause but `start`. */
  fullForMs(): number
  /** A route waited for the exchange that brought `credentials`, was replayed with them, and was refused again or not. */
  replayed(route: string, credentials: object, refused: boolean): void
  /** Whether an answer to a request sent with `token` would tell anything new; if not, it need not be told. */
  isNews(token: SentWith): boolean
  /** A route answered anything but 401. `token`: it was sent with this one, which was thereby accepted. */
  answered(route: string, token: SentWith): void
  /** The counts to store with a claim. */
  begin(cause: RefreshCause): ExchangeCounts
  /** What {@link begin} answered stands in the record, and its exchange is sent. */
  begun(): void
  /** The counts as they are known here. */
  counts(): ExchangeCounts
}

interface RouteCount {
  readonly fruitless: number
  /** Which exchange was the last of them, and when. */
  readonly credentials: object
  readonly at: number
}

/** The oldest of a Map is its first. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most) map.delete(oldest as Key)
}

/** `recorded`: what the newest record says. `correct`: writes the counts there, since other tabs may soon be held back by them. */
export function createStormBreaker(
  wallMs: () => number,
  limits: BreakerLimits,
  recorded: () => ExchangeCounts | undefined,
  correct: () => void,
): StormBreaker {
  const { unhelpfulRefreshes, unhelpfulWindowMs, circuitOpensAfter } = limits
  const routes = new Map<string, RouteCount>()
  /** Fruitless ones that are not yet in the record: what they brought, and when it was refused. */
  const uncounted = new Map<object, number>()
  /** Those whose exchange is counted, or helped somebody. */
  const judged = new WeakSet<object>()
  /** Tokens that were accepted here, and when the exchanges began that brought them, or were given up unsent. */
  const accepted = new WeakSet<object>()
  const notCounted = new Map<number, true>()
  let unsent: number | undefined

  /** Times ahead of now come from a clock that has jumped. */
  const past = (times: readonly number[] = []) => times.filter(time => time <= wallMs())
  /** What others know of: exchanges of late of which nobody has told them that they helped. */
  const toldBegun = () => past(recorded()?.begun).filter(time => wallMs() - time < windowMs)
  const begun = () => toldBegun().filter(time => !notCounted.has(time) && time !== unsent)
  const fruitless = () => past([...(recorded()?.fruitless ?? []), ...uncounted.values()])

  /** A full count inside the window, for as long again. */
  function isStorm(): boolean {
    const times = fruitless()
    const last = Math.max(...times)
    const isFull = times.filter(time => last - time < unhelpfulWindowMs).length >= unhelpfulRefreshes
    return isFull && wallMs() - last < unhelpfulWindowMs
  }

  const counts = () => ({ begun: begun(), fruitless: fruitless().slice(-unhelpfulRefreshes) })

  return {
    allows(route, expired) {
      const count = routes.get(route)
      if (count && count.fruitless > 1) {
        const sinceMs = wallMs() - count.at
        const pauseMs = Math.min(windowMs * 2 ** (count.fruitless - 2), longestPauseMs)
        // Below zero the clock has jumped.
        if (sinceMs >= 0 && sinceMs < pauseMs) return false
      }
      return expired || !isStorm()
    },
    fullForMs() {
      const recent = begun()
      const first = recent[recent.length - circuitOpensAfter]
      return first === undefined ? 0 : first + windowMs - wallMs()
    },
    replayed(route, credentials, refused) {
      const at = wallMs()
      const count = routes.get(route)
      if (!refused) uncounted.delete(credentials)
      else if (!judged.has(credentials)) remember(uncounted, credentials, at, unhelpfulRefreshes)
      judged.add(credentials)
      if (refused && count?.credentials !== credentials) {
        remember(routes, route, { fruitless: (count?.fruitless ?? 0) + 1, credentials, at }, routesRemembered)
      }
    },
    isNews: token => routes.size > 0 || (!!token && !accepted.has(token)),
    answered(route, token) {
      routes.delete(route)
      if (!token || accepted.has(token)) return
      accepted.add(token)
      // Whoever began it, here or in another tab: the claim came just before the send.
      const { sentAt } = token
      const its = begun()
        .filter(time => time <= sentAt && sentAt - time <= sentWithinMs)
        .pop()
      if (its === undefined) return
      remember(notCounted, its, true, circuitOpensAfter)
      if (toldBegun().length * 2 > circuitOpensAfter) correct()
    },
    begin(cause) {
      if (unsent !== undefined) remember(notCounted, unsent, true, circuitOpensAfter)
      unsent = undefined
      const known = counts()
      // What a page asks at its start is not counted: fourteen restored tabs are no storm.
      if (cause === 'restore') return known
      unsent = wallMs()
      return { ...known, begun: [...known.begun, unsent].slice(-circuitOpensAfter) }
    },
    begun() {
      unsent = undefined
      uncounted.clear()
    },
    counts,
  }
}
