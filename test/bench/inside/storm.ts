import { type Contestant, contestants, type Requests } from '../contestants/index.js'
import { workedMs } from './clock.ts'
import { collect, usedHeap } from './memory.ts'
import { createNetwork, exchange, type Network, type NetworkOptions, origin, turn } from './network.ts'

export interface StormSample {
  readonly ms: number
  /** Of it, what the thread worked itself. */
  readonly workMs: number
  readonly sends: number
  readonly exchanges: number
  readonly refused: number
  /** Requests that were not served. */
  readonly failed: number
}

export interface StormOptions {
  readonly size: number
  readonly rounds: number
  /** The token is past its end, and who can know that does; else the server alone knows. */
  readonly expired?: boolean
  /** The answers come spread over so many milliseconds. */
  readonly spreadMs?: number
  readonly exchangeMs?: number
  /** @default all that refresh */
  readonly only?: readonly string[]
}

const ideal = 'ideal'
const neverRefresh = new Set(['bare fetch', 'ky alone'])
/** What takes longer is measured once: the round after it would tell nothing new. */
const patienceMs = 3000
const lifetimeMs = 20

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

/** The fewest sends there can be, by bare `fetch`: each refused, one exchange, each served; or, where it is known, only that. */
const runIdeal = async (network: Network, { size, expired }: StormOptions): Promise<void> => {
  const url = `${origin}/todos`
  const send = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })
  const all = <Answer>(call: () => Promise<Answer>) => Promise.all(Array.from({ length: size }, call))
  if (!expired) await all(() => send(network.tokens.accessToken))
  const { accessToken } = await exchange(network.tokens)
  await all(async () => (await send(accessToken)).json())
}

const networkFor = ({ size, spreadMs, exchangeMs }: StormOptions): Network => {
  const options: NetworkOptions = {
    ...(exchangeMs !== undefined && { beforeExchange: () => sleep(exchangeMs) }),
    ...(spreadMs !== undefined && {
      beforeAnswer: index => (index <= size + 1 ? sleep(((index - 1) * spreadMs) / size) : undefined),
    }),
  }
  return createNetwork(options)
}

const prepare = async ({ create }: Contestant, network: Network, expired = false): Promise<Requests> => {
  const { tokens } = network
  return create({
    tokens: expired ? { ...tokens, expiresInSeconds: lifetimeMs / 1000 } : tokens,
    url: `${origin}/todos`,
    tokenUrl: `${origin}/token`,
    exchange,
    knowsExpiry: expired,
  })
}

const storm = async (contestant: Contestant | null, options: StormOptions): Promise<StormSample> => {
  const network = networkFor(options)
  globalThis.fetch = network.fetch
  const requests = contestant && (await prepare(contestant, network, options.expired))
  // A client in use: what is done once, at the first request, is no part of a storm.
  await requests?.get()
  const before = network.counts.sends
  if (options.expired) await sleep(lifetimeMs * 2)
  network.refuseAll()
  await turn()
  // What the one before left behind is not to be cleared away in this one's time.
  collect()
  const startedAt = performance.now()
  const worked = workedMs()
  const settled = requests
    ? await Promise.allSettled(Array.from({ length: options.size }, () => requests.get()))
    : await Promise.allSettled([runIdeal(network, options)])
  const workMs = workedMs() - worked
  const ms = performance.now() - startedAt
  const { sends, exchanges, refused } = network.counts
  return {
    ms,
    workMs,
    sends: sends - before,
    exchanges,
    refused,
    failed: settled.filter(({ status }) => status === 'rejected').length,
  }
}

const refreshing = (only: readonly string[] | undefined): readonly Contestant[] =>
  contestants.filter(({ name }) => !neverRefresh.has(name) && (!only || only.includes(name)))

/** Those that can be in a storm. */
export const refreshingNames = (): readonly string[] => refreshing(undefined).map(({ name }) => name)

/** By name, with the ideal among them, round by round. A fresh contestant each time. */
export const measureStorm = async (
  options: StormOptions,
): Promise<Readonly<Record<string, readonly StormSample[]>>> => {
  const runners = [null, ...refreshing(options.only)].map(contestant => ({
    contestant,
    name: contestant?.name ?? ideal,
    samples: [] as StormSample[],
    slow: false,
  }))
  // Two small ones each, to warm up the code.
  for (const { contestant } of runners) {
    for (const size of [20, 200]) await storm(contestant, { ...options, size: Math.min(size, options.size) })
  }
  for (let round = 0; round < options.rounds; round += 1) {
    const first = round % runners.length
    for (const runner of [...runners.slice(first), ...runners.slice(0, first)]) {
      if (runner.slow) continue
      const startedAt = performance.now()
      runner.samples.push(await storm(runner.contestant, options))
      runner.slow = performance.now() - startedAt > patienceMs
    }
  }
  return Object.fromEntries(runners.map(({ name, samples }) => [name, samples]))
}

/** Bytes of heap that each of `size` requests holds while all wait for one exchange. */
export const measureWaiting = async (name: string, size: number): Promise<number> => {
  const [contestant] = refreshing([name])
  if (!contestant) throw new Error(`There is no contestant ${name}`)
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const network = createNetwork({ beforeExchange: () => released })
  globalThis.fetch = network.fetch
  await storm(contestant, { size: 100, rounds: 1 })
  globalThis.fetch = network.fetch
  const requests = await prepare(contestant, network)
  await requests.get()
  network.refuseAll()
  collect()
  const before = usedHeap()
  const waiting = Array.from({ length: size }, () => requests.get().catch(() => {}))
  for (let turns = 0; turns < 20; turns += 1) await turn()
  collect()
  const held = (usedHeap() - before) / size
  if (network.counts.refused < size) throw new Error(`${name}: ${network.counts.refused} of ${size} were refused`)
  release()
  await Promise.all(waiting)
  return held
}

/** One storm, and the process's memory at its peak over what it was before; Node only, in a process of its own. */
export const measurePeak = async (name: string, size: number): Promise<number> => {
  const [contestant = null] = refreshing([name])
  await storm(contestant, { size: 100, rounds: 1 })
  const before = process.resourceUsage().maxRSS
  await storm(contestant, { size, rounds: 1 })
  return (process.resourceUsage().maxRSS - before) * 1024
}
