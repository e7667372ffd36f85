/** One refresh. With `from === to` nobody waited for it, so only its end was told. */
export interface Flight {
  readonly from: number
  to: number | null
  waited: number
  outcome: 'running' | 'refreshed' | 'adopted' | 'failed' | 'refused'
  /** Until when the client backs off after a failure. */
  backoffUntil: number | null
}

/** The life of one token. */
export interface Ribbon {
  readonly generation: number
  readonly from: number
  /** By the picture's time; `endsAt` is the same moment by the page's clock, which does not stand still. */
  expiresAt: number | null
  readonly endsAt: number
  refusedAt: number | null
  to: number | null
}

export interface Flights {
  readonly flights: readonly Flight[]
  readonly ribbons: readonly Ribbon[]
  /** A request began to wait for the refresh. */
  wait(at: number): void
  settle(at: number, outcome: Flight['outcome'], backoffMs?: number): void
  /** No refresh was begun after all. */
  cancel(): void
  /** A token is there; `expiresAt` by the picture's time. */
  hold(at: number, generation: number, expiresAt: number | null): void
  /** The token was refused. */
  refuse(at: number, generation: number): void
  /** The session is another one now, or none: no token, and nothing to wait for. */
  end(at: number): void
  prune(at: number): void
  /** Whether a refresh is under way. */
  isBusy(): boolean
  /** Moves the ends of tokens by as long as the picture stood still. */
  keepTime(at: number): void
}

/** Refreshes and tokens as the session's events tell them. */
export function createFlights(): Flights {
  let flights: Flight[] = []
  let ribbons: Ribbon[] = []
  const running = () => flights.find(flight => flight.to === null)

  return {
    get flights() {
      return flights
    },
    get ribbons() {
      return ribbons
    },
    wait(at) {
      const flight = running()
      if (flight) flight.waited += 1
      else flights.push({ from: at, to: null, waited: 1, outcome: 'running', backoffUntil: null })
    },
    settle(at, outcome, backoffMs) {
      const flight = running() ?? { from: at, to: at, waited: 0, outcome, backoffUntil: null }
      if (flight.to !== null) flights.push(flight)
      flight.to = at
      flight.outcome = outcome
      flight.backoffUntil = backoffMs ? at + backoffMs : null
    },
    cancel() {
      flights = flights.filter(({ to }) => to !== null)
    },
    hold(at, generation, expiresAt) {
      const last = ribbons.at(-1)
      if (last) last.to ??= at
      ribbons.push({
        generation,
        from: at,
        expiresAt,
        endsAt: performance.now() + (expiresAt ?? at) - at,
        refusedAt: null,
        to: null,
      })
    },
    refuse(at, generation) {
      const last = ribbons.at(-1)
      if (last?.generation === generation && last.to === null) last.refusedAt ??= at
    },
    end(at) {
      const last = ribbons.at(-1)
      if (last) last.to ??= at
      const flight = running()
      if (!flight) return
      flight.to = at
      flight.outcome = 'refused'
    },
    prune(at) {
      flights = flights.filter(({ to, backoffUntil }) => to === null || (backoffUntil ?? to) >= at)
      ribbons = ribbons.filter(({ to }) => to === null || to >= at)
    },
    isBusy: () => running() !== undefined,
    keepTime(at) {
      for (const ribbon of ribbons) {
        if (ribbon.to !== null || ribbon.expiresAt === null) continue
        const leftMs = ribbon.endsAt - performance.now()
        ribbon.expiresAt = leftMs > 0 ? at + leftMs : Math.min(ribbon.expiresAt, at)
      }
    },
  }
}
