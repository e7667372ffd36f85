import { bound } from '../platform/bounded.ts'
import { routePauseMs } from '../time/backoff.ts'

const routesRemembered = 200

interface RouteCount {
  readonly unhelpful: number
  /** The mark of what the last unhelpful refresh brought, and when that was rejected. */
  readonly mark: object
  readonly at: number
}

/** Unhelpful refreshes in a row, by route. In this page only. */
export interface RouteCounts {
  /** Whether a 401 of this route may cause no refresh now. */
  isPaused(route: string): boolean
  /** The refresh that brought what has this mark did not help this route. Counts once for all requests that waited for it. */
  noteUnhelpful(route: string, mark: object): void
  readonly routes: Map<string, RouteCount>
}

export function createRouteCounts(wallMs: () => number): RouteCounts {
  const routes = new Map<string, RouteCount>()
  return {
    routes,
    isPaused(route) {
      const { unhelpful = 0, at = 0 } = routes.get(route) ?? {}
      const sinceMs = wallMs() - at
      // Below zero the clock has jumped.
      return sinceMs >= 0 && sinceMs < routePauseMs(unhelpful)
    },
    noteUnhelpful(route, mark) {
      const count = routes.get(route)
      if (count?.mark === mark) return
      routes.set(route, { unhelpful: (count?.unhelpful ?? 0) + 1, mark, at: wallMs() })
      bound(routes, routesRemembered)
    },
  }
}
