/** One client's ways: when it refreshes, and when it tries again. All times in virtual milliseconds. */
export interface Policy {
  readonly name: string
  /** When a client with this token begins a refresh. `random` is its own, drawn once. */
  readonly dueAt: (sentAtMs: number, random: number) => number
  /** Whether it refreshes when a request comes along, and not by a timer. */
  readonly onRequest: boolean
  /** Asked before each exchange; a policy that is the library asks the library. */
  readonly mayStart: (nowMs: number, sentAtMs: number, retryAtMs: number, random: number) => boolean
  /** How long it leaves the endpoint alone after so many failures in a row. */
  readonly backoffMs: (failures: number, random: number) => number
}

export interface Scenario {
  readonly name: string
  /** What the token endpoint can answer in a second, at a time. `0`: it is down. @default all there is */
  readonly capacity?: (atMs: number) => number
  /** From then on every access token issued so far is refused. */
  readonly refuseAllAtMs?: number
}

export interface Fleet {
  readonly clients: number
  readonly lifetimeMs: number
  readonly durationMs: number
  /** Mean time between two requests of a client; they come as a Poisson process. */
  readonly requestGapMs: number
  /** How long a client waits for the endpoint's answer. */
  readonly deadlineMs: number
  readonly seed: number
}

export interface Run {
  /** Exchanges that reach the endpoint, second by second. */
  readonly perSecond: Uint32Array
  /** Clients that were served after at least one failure: when, in milliseconds. */
  readonly recoveredAtMs: Float64Array
}

const tickMs = 100

/** mulberry32: the same fleet at each run. */
const createRandom = (seed: number): Random => {
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
      const tick = Math.ceil(atMs / tickMs)
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

type Random = () => number

/** What each client knows, and what becomes of its exchange. */
const createClients = ({ clients, lifetimeMs, requestGapMs }: Fleet, policy: Policy, random: Random, ticks: number) => {
  const calendar = createCalendar(clients, ticks)
  const own = Float64Array.from({ length: clients }, random)
  const sentAt = new Float64Array(clients)
  const retryAt = new Float64Array(clients)
  const failures = new Uint8Array(clients)
  const recoveredAtMs: number[] = []
  const gap = () => -Math.log(1 - random()) * requestGapMs
  const plan = (client: number, fromMs: number) => calendar.add(client, fromMs + (policy.onRequest ? gap() : 0))
  const planRefresh = (client: number) => plan(client, policy.dueAt(sentAt[client] ?? 0, own[client] ?? 0))
  for (let client = 0; client < clients; client += 1) {
    sentAt[client] = -random() * (lifetimeMs + (policy.onRequest ? requestGapMs : 0))
    planRefresh(client)
  }
  return {
    take: calendar.take,
    plan,
    mayStart: (client: number, nowMs: number) =>
      policy.mayStart(nowMs, sentAt[client] ?? 0, retryAt[client] ?? 0, own[client] ?? 0),
    served(client: number, nowMs: number) {
      if (failures[client]) recoveredAtMs.push(nowMs)
      failures[client] = 0
      sentAt[client] = nowMs
      planRefresh(client)
    },
    failed(client: number, nowMs: number) {
      failures[client] = Math.min(250, (failures[client] ?? 0) + 1)
      const againAt = nowMs + policy.backoffMs(failures[client] ?? 1, random())
      retryAt[client] = againAt
      plan(client, Math.max(againAt, nowMs + tickMs))
    },
    /** Whoever asks next is refused, and refreshes; that takes a request, also from those who go by a timer. */
    refuseAll(nowMs: number) {
      calendar.clear()
      sentAt.fill(Number.NEGATIVE_INFINITY)
      for (let client = 0; client < clients; client += 1) calendar.add(client, nowMs + gap())
    },
    recoveredAtMs,
  }
}
type Clients = ReturnType<typeof createClients>

/** The token endpoint: first come, first served; who has hung up costs nothing more. */
const createEndpoint = ({ durationMs, deadlineMs }: Fleet, { served, failed }: Clients) => {
  const perSecond = new Uint32Array(Math.ceil(durationMs / 1000))
  const queue: { client: number; at: number }[] = []
  let answeredUpTo = 0
  let mayAnswer = 0
  return {
    perSecond,
    arrive(client: number, nowMs: number, capacity: number) {
      const second = Math.floor(nowMs / 1000)
      perSecond[second] = (perSecond[second] ?? 0) + 1
      if (capacity === 0) failed(client, nowMs)
      else if (capacity === Number.POSITIVE_INFINITY) served(client, nowMs)
      else queue.push({ client, at: nowMs })
    },
    answer(nowMs: number, capacity: number) {
      mayAnswer = Math.min(capacity, mayAnswer + (capacity * tickMs) / 1000)
      for (; answeredUpTo < queue.length; answeredUpTo += 1) {
        const entry = queue[answeredUpTo]
        if (!entry) return
        if (nowMs - entry.at >= deadlineMs) failed(entry.client, nowMs)
        else if (mayAnswer < 1) return
        else {
          mayAnswer -= 1
          served(entry.client, nowMs)
        }
      }
    },
  }
}

/** Many clients over a virtual time, each with its own chance, and one token endpoint that may be down, slow or too small. */
export const simulate = (fleet: Fleet, policy: Policy, { capacity, refuseAllAtMs }: Scenario): Run => {
  const ticks = Math.ceil(fleet.durationMs / tickMs)
  const clients = createClients(fleet, policy, createRandom(fleet.seed), ticks)
  const endpoint = createEndpoint(fleet, clients)
  const refuseAllAt = refuseAllAtMs === undefined ? -1 : Math.ceil(refuseAllAtMs / tickMs)
  for (let tick = 0; tick < ticks; tick += 1) {
    const nowMs = tick * tickMs
    if (tick === refuseAllAt) clients.refuseAll(nowMs)
    const capacityNow = capacity?.(nowMs) ?? Number.POSITIVE_INFINITY
    for (const client of clients.take(tick)) {
      if (clients.mayStart(client, nowMs)) endpoint.arrive(client, nowMs, capacityNow)
      else clients.plan(client, nowMs + tickMs)
    }
    if (capacityNow > 0 && capacityNow < Number.POSITIVE_INFINITY) endpoint.answer(nowMs, capacityNow)
  }
  return { perSecond: endpoint.perSecond, recoveredAtMs: Float64Array.from(clients.recoveredAtMs) }
}
