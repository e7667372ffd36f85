import type { ExchangeCounts } from '../session/session-store.ts'

const windowMs = 30_000
const exchangesInWindow = 10
const longestPauseMs = 900_000
const routesRemembered = 200

export interface BreakerLimits {
  readonly fruitlessExchanges: number
  readonly fruitlessWindowMs: number
}

/** Stops refreshing that helps nobody (promise 5). Counts over all routes stand in the record; routes only in this page. */
export interface StormBreaker {
  /** Whether a 401 of this route may cause an exchange now. `expired`: its token is known to be past its end. */
  allows(route: string, expired: boolean): boolean
  /** Milliseconds until one more exchange may begin, of whatever cause. */
  fullForMs(): number
  /** A route waited for the exchange that brought `credentials`, was replayed with them, and was refused again or not. */
  replayed(route: string, credentials: object, refused: boolean): void
  /** Whether a route is being counted; if not, its answers need not be told. */
  readonly counts: boolean
  /** A route answered anything but 401. */
  answered(route: string): void
  /** The counts to store with a claim. */
  begin(): ExchangeCounts
  /** What {@link begin} answered stands in the record. */
  begun(): void
}

interface RouteCount {
  fruitless: number
  last: object | undefined
  openAt: number
  pauseMs: number
}

/** `recorded`: what the newest record says. */
export function createStormBreaker(
  wallMs: () => number,
  limits: BreakerLimits,
  recorded: () => ExchangeCounts | undefined,
): StormBreaker {
  const { fruitlessExchanges, fruitlessWindowMs } = limits
  const routes = new Map<string, RouteCount>()
  /** Counted here, not yet in the record. */
  let uncounted: readonly { readonly at: number; readonly credentials: object }[] = []
  /** Those whose exchange is counted, or helped somebody. */
  const judged = new WeakSet<object>()

  /** Times ahead of now come from a clock that has jumped. */
  const past = (times: readonly number[] = []) => times.filter(time => time <= wallMs())

  /** A full count inside `spanMs` pauses for `spanMs` from its first, or from its last. */
  function pausedForMs(times: readonly number[] | undefined, count: number, spanMs: number, fromLast: boolean): number {
    const last = past(times).slice(-count)
    const first = last[0]
    const end = last[last.length - 1]
    if (first === undefined || end === undefined || last.length < count || end - first >= spanMs) return 0
    return Math.max(0, (fromLast ? end : first) + spanMs - wallMs())
  }

  const fruitless = () => [...(recorded()?.fruitless ?? []), ...uncounted.map(({ at }) => at)]

  function countRoute(route: string, credentials: object): void {
    const count = routes.get(route) ?? { fruitless: 0, last: undefined, openAt: 0, pauseMs: windowMs / 2 }
    if (count.last === credentials) return
    count.last = credentials
    if (++count.fruitless >= 2) {
      count.pauseMs = Math.min(count.pauseMs * 2, longestPauseMs)
      count.openAt = wallMs() + count.pauseMs
    }
    routes.set(route, count)
    const [oldest] = routes.keys()
    if (routes.size > routesRemembered && oldest !== undefined) routes.delete(oldest)
  }

  return {
    allows(route, expired) {
      const { openAt = 0, pauseMs = 0 } = routes.get(route) ?? {}
      const openInMs = openAt - wallMs()
      // Longer than its pause: the clock has jumped.
      if (openInMs > 0 && openInMs <= pauseMs) return false
      return expired || !pausedForMs(fruitless(), fruitlessExchanges, fruitlessWindowMs, true)
    },
    fullForMs: () => pausedForMs(recorded()?.begun, exchangesInWindow, windowMs, false),
    replayed(route, credentials, refused) {
      if (refused) countRoute(route, credentials)
      else uncounted = uncounted.filter(one => one.credentials !== credentials)
      if (refused && !judged.has(credentials)) {
        uncounted = [...uncounted, { at: wallMs(), credentials }].slice(-fruitlessExchanges)
      }
      judged.add(credentials)
    },
    get counts() {
      return routes.size > 0
    },
    answered: route => void routes.delete(route),
    begin: () => ({
      begun: [...past(recorded()?.begun), wallMs()].slice(-exchangesInWindow),
      fruitless: past(fruitless()).slice(-fruitlessExchanges),
    }),
    begun() {
      uncounted = []
    },
  }
}
