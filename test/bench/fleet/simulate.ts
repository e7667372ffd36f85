import { type Clients, createClients, createRandom, tickMs } from './clients.ts'

/** What a client knows when an exchange has failed. All times in virtual milliseconds. */
export interface FailedExchange {
  /** In a row. */
  readonly failures: number
  /** How often the token was presented in a row without an answer. */
  readonly tries: number
  /** How many exchanges have failed while its request waited. */
  readonly failed: number
  readonly nowMs: number
  /** Until when its request bears with failures; `null`: no request waits. */
  readonly untilMs: number | null
  /** Whether the endpoint has answered (503), so that the token surely was not spent. */
  readonly isUntouched: boolean
  /** What its token has left; below zero: it is expired. */
  readonly leftMs: number
}

/** One client's ways: when it refreshes, and when it tries again. All times in virtual milliseconds. */
export interface Policy {
  readonly name: string
  /** How old a token is when the client renews it. `random` is the client's own, drawn once. */
  readonly dueAfter: (random: number) => number
  /** Whether it refreshes when a request comes along, and not by a timer. */
  readonly onRequest: boolean
  /** How long a request bears with failures. */
  readonly patienceMs: number
  /** How long it leaves the endpoint alone, and whether it then tries again for the request that waits. */
  readonly afterFailure: (
    failure: FailedExchange,
    random: number,
  ) => {
    readonly retryAfterMs: number
    readonly isPlanned: boolean
    /** How long no request renews the token in the background, while it is good. @default retryAfterMs */
    readonly quietMs?: number
  }
}

export interface Scenario {
  readonly name: string
  /** What the token endpoint can answer in a second, at a time. `0`: it is down. @default all there is */
  readonly capacity?: (atMs: number) => number
  /** Whether the endpoint that is down answers with a 503; else nothing comes back. */
  readonly isUntouched?: boolean
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
  /** Clients of which at least one request failed for want of a token. */
  readonly sawIt: number
}

/** The token endpoint: first come, first served; who has hung up costs nothing more. */
const createEndpoint = ({ durationMs, deadlineMs }: Fleet, { served, failed }: Clients, isUntouched: boolean) => {
  const perSecond = new Uint32Array(Math.ceil(durationMs / 1000))
  const queue: { client: number; at: number }[] = []
  let answeredUpTo = 0
  let mayAnswer = 0
  return {
    perSecond,
    arrive(client: number, nowMs: number, capacity: number) {
      const second = Math.floor(nowMs / 1000)
      perSecond[second] = (perSecond[second] ?? 0) + 1
      if (capacity === 0) failed(client, nowMs, isUntouched)
      else if (capacity === Number.POSITIVE_INFINITY) served(client, nowMs)
      else queue.push({ client, at: nowMs })
    },
    answer(nowMs: number, capacity: number) {
      mayAnswer = Math.min(capacity, mayAnswer + (capacity * tickMs) / 1000)
      for (; answeredUpTo < queue.length; answeredUpTo += 1) {
        const entry = queue[answeredUpTo]
        if (!entry) return
        if (nowMs - entry.at >= deadlineMs) failed(entry.client, nowMs, false)
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
export const simulate = (fleet: Fleet, policy: Policy, scenario: Scenario): Run => {
  const { capacity, refuseAllAtMs, isUntouched = false } = scenario
  const ticks = Math.ceil(fleet.durationMs / tickMs)
  const clients = createClients(fleet, policy, createRandom(fleet.seed), ticks)
  const endpoint = createEndpoint(fleet, clients, isUntouched)
  const refuseAllAt = refuseAllAtMs === undefined ? -1 : Math.ceil(refuseAllAtMs / tickMs)
  for (let tick = 0; tick < ticks; tick += 1) {
    const nowMs = tick * tickMs
    if (tick === refuseAllAt) clients.refuseAll(nowMs)
    const capacityNow = capacity?.(nowMs) ?? Number.POSITIVE_INFINITY
    for (const client of clients.take(tick)) {
      if (clients.begins(client, nowMs)) endpoint.arrive(client, nowMs, capacityNow)
    }
    if (capacityNow > 0 && capacityNow < Number.POSITIVE_INFINITY) endpoint.answer(nowMs, capacityNow)
  }
  const recoveredAtMs = Float64Array.from(clients.recoveredAtMs)
  return { perSecond: endpoint.perSecond, recoveredAtMs, sawIt: clients.sawIt() }
}
