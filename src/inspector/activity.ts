import type { RefreshCause, SessionEvents, Tab } from '../session/events.ts'
import type { InspectedExplanation } from './explanation.ts'

type RequestEvent = SessionEvents['request']

/** What a call does for a time. `toMs` is `null` until that ends. */
export interface Segment {
  readonly kind: 'sending' | 'waiting' | 'replaying'
  readonly lane: number
  readonly fromMs: number
  toMs: number | null
}

export interface Mark {
  readonly kind: 'rejected' | 'succeeded' | 'replayed' | 'declined' | 'failed' | 'proved'
  readonly lane: number
  readonly atMs: number
}

/** The calls of one method and path: one row. */
export interface Route {
  readonly method: string
  /** Path, after the origin where that is not the page's. */
  readonly path: string
  calls: number
  inFlight: number
  rejected: number
  replayed: number
  /** How many calls ended so: by status, or by the error's code. */
  readonly outcomes: Map<string, number>
  /** What to say of a rejection when nothing explains it. */
  note: string | null
  explanation: InspectedExplanation | null
  /** When each lane is free again. */
  readonly laneFreeAt: number[]
  readonly segments: Segment[]
  readonly marks: Mark[]
  /** Rises with each change. */
  version: number
}

export interface RefreshSpan {
  readonly cause: RefreshCause
  readonly fromMs: number
  toMs: number | null
  outcome: 'running' | 'refreshed' | 'adopted' | 'failed' | 'ended'
  /** Why it failed. */
  reason: string | null
}

/** An access token in use, by its generation. */
export interface TokenSpan {
  readonly key: string
  readonly generation: number
  readonly fromMs: number
  toMs: number | null
  /** By the page's clock, or when a server rejected it. */
  overMs: number | null
}

/** A sign-in, a sign-out, an end, a dialog. */
export interface Milestone {
  readonly kind: 'good' | 'neutral' | 'bad'
  readonly text: string
  readonly tab: Tab
  readonly atMs: number
}

/** What happened without a longer pause. Each burst is drawn to a scale of its own. */
export interface Burst {
  readonly id: number
  /** Milliseconds of `performance.now()`, as all times here. */
  readonly fromMs: number
  readonly startedAt: Date
  toMs: number
  inFlight: number
  readonly routes: Map<string, Route>
  readonly refreshes: RefreshSpan[]
  readonly tokens: TokenSpan[]
  readonly milestones: Milestone[]
  /** Segments that are kept: a storm must not grow without end. */
  segments: number
  version: number
}

/** A pause of this length ends a burst. */
const quietMs = 2000
/** A burst is no longer than this: a page that polls never pauses. */
const longestMs = 30_000
const mostBursts = 12
const mostRoutes = 24
const mostSpans = 40
export const otherRoutes = 'other requests'

/** What the inspector remembers: bounded, however many requests there are. */
export interface Activity {
  readonly bursts: readonly Burst[]
  /** The burst that something at this time belongs to. */
  burstAt(atMs: number): Burst
  routeOf(burst: Burst, event: Pick<RequestEvent, 'method' | 'url'>): Route
  /** Whether something is under way, whose end is still to come. */
  isBusy(): boolean
  clear(): void
}

export function createActivity(tokenNow: () => TokenSpan | null): Activity {
  let bursts: Burst[] = []
  let lastId = 0

  const begin = (atMs: number): Burst => {
    const token = tokenNow()
    const burst: Burst = {
      id: ++lastId,
      fromMs: atMs,
      startedAt: new Date(),
      toMs: atMs,
      inFlight: 0,
      routes: new Map(),
      refreshes: [],
      tokens: token ? [{ ...token, fromMs: atMs }] : [],
      milestones: [],
      segments: 0,
      version: 0,
    }
    bursts = [...bursts, burst].slice(-mostBursts)
    return burst
  }
  const isOver = (burst: Burst, atMs: number) =>
    atMs - burst.fromMs > longestMs || (!isBusyBurst(burst) && atMs - burst.toMs > quietMs)

  return {
    get bursts() {
      return bursts
    },
    burstAt(atMs) {
      const last = bursts.at(-1)
      return last && !isOver(last, atMs) ? last : begin(atMs)
    },
    routeOf({ routes }, { method, url }) {
      const key = `${method} ${url}`
      const known = routes.get(key)
      if (known) return known
      const isKept = routes.size < mostRoutes
      const route = isKept
        ? createRoute(method, shorten(url))
        : (routes.get(otherRoutes) ?? createRoute('', otherRoutes))
      routes.set(isKept ? key : otherRoutes, route)
      return route
    },
    isBusy: () => bursts.some(isBusyBurst),
    clear() {
      bursts = []
    },
  }
}

export const isBusyBurst = ({ inFlight, refreshes }: Burst): boolean =>
  inFlight > 0 || refreshes.at(-1)?.outcome === 'running'

const createRoute = (method: string, path: string): Route => ({
  method,
  path,
  calls: 0,
  inFlight: 0,
  rejected: 0,
  replayed: 0,
  outcomes: new Map(),
  note: null,
  explanation: null,
  laneFreeAt: [],
  segments: [],
  marks: [],
  version: 0,
})

/** Without the page's own origin. */
function shorten(url: string): string {
  const { host, origin, pathname } = new URL(url, globalThis.location?.href)
  // A `data:` URL has neither.
  return origin === globalThis.location?.origin ? pathname : host + pathname || url
}

/** Adds to a list, and removes its oldest entry if it is too long. */
export function keep<Entry>(list: Entry[], entry: Entry): void {
  list.push(entry)
  if (list.length > mostSpans) list.shift()
}
