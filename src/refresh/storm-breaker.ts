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

/** `recorded`: what the newest record says. */
export function createStormBreaker(
  wallMs: () => number,
  limits: BreakerLimits,
  recorded: () => ExchangeCounts | undefined,
): StormBreaker {
  const { fruitlessExchanges, fruitlessWindowMs } = limits
  const routes = new Map<string, RouteCount>()
  /** Fruitless ones that are not yet in the record: what they brought, and when it was refused. */
  const uncounted = new Map<object, number>()
  /** Those whose exchange is counted, or helped somebody. */
  const judged = new WeakSet<object>()

  /** Times ahead of now come from a clock that has jumped. */
  const past = (times: readonly number[] = []) => times.filter(time => time <= wallMs())
  const begun = () => past(recorded()?.begun)
  const fruitless = () => past([...(recorded()?.fruitless ?? []), ...uncounted.values()])

  /** A full count inside the window, for as long again. */
  function isStorm(): boolean {
    const times = fruitless()
    const last = Math.max(...times)
    const isFull = times.filter(time => last - time < fruitlessWindowMs).length >= fruitlessExchanges
    return isFull && wallMs() - last < fruitlessWindowMs
  }

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
      const recent = begun().filter(time => wallMs() - time < windowMs)
      const [first = 0] = recent
      return recent.length < exchangesInWindow ? 0 : first + windowMs - wallMs()
    },
    replayed(route, credentials, refused) {
      const at = wallMs()
      const count = routes.get(route)
      if (!refused) uncounted.delete(credentials)
      else if (!judged.has(credentials)) remember(uncounted, credentials, at, fruitlessExchanges)
      judged.add(credentials)
      if (refused && count?.credentials !== credentials) {
        remember(routes, route, { fruitless: (count?.fruitless ?? 0) + 1, credentials, at }, routesRemembered)
      }
    },
    get counts() {
      return routes.size > 0
    },
    answered: route => void routes.delete(route),
    begin: () => ({
      begun: [...begun(), wallMs()].slice(-exchangesInWindow),
      fruitless: fruitless().slice(-fruitlessExchanges),
    }),
    begun: () => uncounted.clear(),
  }
}
