import type { Fleet, Policy } from './simulate.ts'

export const tickMs = 100
/** An answer that was lost longer ago is not counted among those in a row (`reuseIntervalMs`). */
const graceMs = 30_000

/** mulberry32: the same fleet at each run. */
export const createRandom = (seed: number): Random => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Clients by the tick in which each has something to do; each is in one place at a time. */
const createCalendar = (clients: number, ticks: number) => {
  const first = new Int32Array(ticks).fill(-1)
  const next = new Int32Array(clients)
  return {
    add(client: number, atMs: number) {
      const tick = Math.max(Math.ceil(atMs / tickMs), 0)
      if (tick >= ticks) return
      next[client] = first[tick] ?? -1
      first[tick] = client
    },
    take(tick: number): number[] {
      const taken: number[] = []
      for (let client = first[tick] ?? -1; client >= 0; client = next[client] ?? -1) taken.push(client)
      first[tick] = -1
      return taken
    },
    clear: () => first.fill(-1),
  }
}

export type Random = () => number

/** What each client knows, and what becomes of its exchange. */
export const createClients = (fleet: Fleet, policy: Policy, random: Random, ticks: number) => {
  const { clients, lifetimeMs, requestGapMs } = fleet
  const calendar = createCalendar(clients, ticks)
  const dueAfter = Float64Array.from({ length: clients }, () => policy.dueAfter(random()))
  const [sentAt, retryAt, waitsUntil, lostAt, quietUntil] = [1, 2, 3, 4, 5].map(
    () => new Float64Array(clients),
  ) as Columns
  const [failures, failed, tries, saw] = [1, 2, 3, 4].map(() => new Uint8Array(clients)) as Counts
  lostAt.fill(Number.NEGATIVE_INFINITY)
  const recoveredAtMs: number[] = []
  const at = (column: Float64Array | Uint8Array, client: number): number => column[client] ?? 0
  const gap = () => -Math.log(1 - random()) * requestGapMs
  const plan = (client: number, fromMs: number) => calendar.add(client, fromMs + (policy.onRequest ? gap() : 0))
  const endOf = (client: number) => at(sentAt, client) + lifetimeMs
  const quiet = (client: number) => Math.max(at(retryAt, client), at(quietUntil, client))
  /** While its token is good, the next request that matters is the first after the wait; past its end each one does. */
  const planAfterFailure = (client: number, nowMs: number) => {
    if (policy.onRequest) plan(client, Math.max(nowMs, Math.min(quiet(client), endOf(client))))
    else calendar.add(client, Math.max(at(retryAt, client), nowMs + tickMs))
  }
  /** A request comes to nothing. */
  const fail = (client: number, nowMs: number) => {
    saw[client] = 1
    waitsUntil[client] = 0
    planAfterFailure(client, nowMs)
  }
  for (let client = 0; client < clients; client += 1) {
    sentAt[client] = -random() * (at(dueAfter, client) + (policy.onRequest ? requestGapMs : 0))
    plan(client, Math.max(0, at(sentAt, client) + at(dueAfter, client)))
  }
  return {
    take: calendar.take,
    /** Its turn has come: whether it presents its token now. */
    begins(client: number, nowMs: number): boolean {
      if (at(waitsUntil, client)) return true
      const pauseMs = at(retryAt, client) - nowMs
      if (!policy.onRequest) return true
      const isExpired = nowMs >= endOf(client)
      if (!isExpired) {
        const isQuiet = quiet(client) > nowMs
        if (isQuiet) planAfterFailure(client, nowMs)
        return !isQuiet
      }
      if (pauseMs > 0 && pauseMs >= policy.patienceMs) fail(client, nowMs)
      else {
        waitsUntil[client] = nowMs + policy.patienceMs
        failed[client] = 0
        if (pauseMs > 0) calendar.add(client, at(retryAt, client))
      }
      return pauseMs <= 0
    },
    served(client: number, nowMs: number) {
      if (at(failures, client)) recoveredAtMs.push(nowMs)
      failures[client] = 0
      waitsUntil[client] = 0
      retryAt[client] = 0
      quietUntil[client] = 0
      sentAt[client] = nowMs
      plan(client, nowMs + at(dueAfter, client))
    },
    failed(client: number, nowMs: number, isUntouched: boolean) {
      failures[client] = Math.min(250, at(failures, client) + 1)
      tries[client] = isUntouched ? 1 : nowMs - at(lostAt, client) < graceMs ? at(tries, client) + 1 : 1
      if (!isUntouched) lostAt[client] = nowMs
      const untilMs = at(waitsUntil, client) || null
      const failure = { failures: at(failures, client), tries: at(tries, client), failed: at(failed, client) }
      const leftMs = endOf(client) - nowMs
      const told = policy.afterFailure({ ...failure, nowMs, untilMs, isUntouched, leftMs }, random())
      const { retryAfterMs, isPlanned, quietMs = 0 } = told
      failed[client] = at(failed, client) + 1
      retryAt[client] = nowMs + retryAfterMs
      quietUntil[client] = nowMs + quietMs
      if (untilMs && isPlanned) calendar.add(client, Math.max(nowMs + retryAfterMs, nowMs + tickMs))
      else if (untilMs) fail(client, nowMs)
      else planAfterFailure(client, nowMs)
    },
    /** Whoever asks next is refused, and refreshes; that takes a request, also from those who go by a timer. */
    refuseAll(nowMs: number) {
      calendar.clear()
      sentAt.fill(Number.NEGATIVE_INFINITY)
      for (let client = 0; client < clients; client += 1) calendar.add(client, nowMs + gap())
    },
    recoveredAtMs,
    sawIt: () => saw.reduce((sum, one) => sum + one, 0),
  }
}
type Columns = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
type Counts = [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
export type Clients = ReturnType<typeof createClients>
