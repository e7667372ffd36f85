import { type Contestant, contestants, type Requests } from '../contestants/index.js'
import { collect, usedHeap } from './memory.ts'
import { answerAsFetch, answerAtOnce, answering, createNetwork, exchange, origin } from './network.ts'

export const kinds = ['empty', 'get', 'post', 'request'] as const
export type Kind = (typeof kinds)[number]

export interface RequestOptions {
  /** Requests go to this URL by the platform's own `fetch`; left out: they are answered in the process, at once. */
  readonly url?: string
  readonly kinds: readonly Kind[]
  readonly rounds: number
  /** Only contestants with these names. @default all */
  readonly only?: readonly string[]
  readonly what: 'time' | 'bytes'
  readonly kyOptions?: object | undefined
}

/** By kind and name: microseconds, or bytes, a request, round by round. */
export type Samples = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>

const sliceMs = 1
const warmUpMs = 60
const todo = { title: 'Water the plants', done: false, tags: ['home', 'green'], due: '2026-11-21T10:00:00Z' }

const callOf = (requests: Requests, kind: Kind): (() => Promise<unknown>) | undefined =>
  kind === 'post' ? () => requests.post(todo) : requests[kind]

/** A library may have taken `fetch` when it was made, so the network is there first. */
const prepare = async (contestant: Contestant, options: RequestOptions): Promise<Requests> => {
  const { url = `${origin}/todos`, kyOptions } = options
  const { tokens } = createNetwork()
  const tokenUrl = new URL('/token', url).href
  return contestant.create({ tokens, url, tokenUrl, exchange, knowsExpiry: true, kyOptions })
}

const spend = async (call: () => Promise<unknown>, count: number): Promise<number> => {
  const startedAt = performance.now()
  for (let index = 0; index < count; index += 1) await call()
  return performance.now() - startedAt
}

/** How many calls make a slice of time; the calls it takes to find out warm up the code. */
const calibrate = async (call: () => Promise<unknown>): Promise<number> => {
  let count = 8
  let spentMs = 0
  let total = 0
  while (total < warmUpMs) {
    spentMs = await spend(call, count)
    total += spentMs
    if (spentMs < sliceMs) count *= 2
  }
  return Math.max(4, Math.round((count * sliceMs) / Math.max(spentMs, 0.1)))
}

const allocate = async (call: () => Promise<unknown>): Promise<number> => {
  const count = 100
  collect()
  const before = usedHeap()
  await spend(call, count)
  return (usedHeap() - before) / count
}

/** One contestant after another in each round, and each round begins with another one: what disturbs the machine disturbs all. */
export const measureRequests = async (options: RequestOptions): Promise<Samples> => {
  const { only, rounds, what } = options
  if (!options.url) globalThis.fetch = answerAsFetch
  const wanted = contestants.filter(({ name }) => !only || only.includes(name))
  const prepared = await Promise.all(
    wanted.map(async contestant => ({ name: contestant.name, requests: await prepare(contestant, options) })),
  )
  const samples: Record<string, Record<string, number[]>> = {}
  for (const kind of options.kinds) {
    answering.isEmpty = kind === 'empty'
    const runners: { name: string; call: () => Promise<unknown>; count: number; taken: number[] }[] = []
    for (const { name, requests } of prepared) {
      const call = callOf(requests, kind)
      if (call) runners.push({ name, call, count: await calibrate(call), taken: [] })
    }
    for (let round = 0; round < rounds; round += 1) {
      const first = round % runners.length
      for (const { call, count, taken } of [...runners.slice(first), ...runners.slice(0, first)]) {
        taken.push(what === 'bytes' ? await allocate(call) : ((await spend(call, count)) / count) * 1000)
      }
    }
    samples[kind] = Object.fromEntries(runners.map(({ name, taken }) => [name, taken]))
  }
  return samples
}

export interface Constructions {
  readonly requests: number
  readonly clones: number
  readonly responseClones: number
}

/** What one call makes of `Request`s and clones, over a `fetch` that makes none. */
export const countConstructions = async (kind: Kind): Promise<Readonly<Record<string, Constructions>>> => {
  globalThis.fetch = answerAtOnce
  const counts: Record<string, Constructions> = {}
  for (const contestant of contestants) {
    const call = callOf(await prepare(contestant, { kinds: [kind], rounds: 1, what: 'time' }), kind)
    if (call) counts[contestant.name] = await count(call)
  }
  return counts
}

const count = async (call: () => Promise<unknown>): Promise<Constructions> => {
  await call()
  const Original = globalThis.Request
  const { clone } = Original.prototype
  const { clone: cloneResponse } = Response.prototype
  let requests = 0
  let clones = 0
  let responseClones = 0
  globalThis.Request = new Proxy(Original, {
    construct(target, parameters, self) {
      requests += 1
      return Reflect.construct(target, parameters, self) as Request
    },
  })
  Original.prototype.clone = function (this: Request) {
    clones += 1
    return clone.call(this)
  }
  Response.prototype.clone = function (this: Response) {
    responseClones += 1
    return cloneResponse.call(this)
  }
  try {
    await call()
  } finally {
    globalThis.Request = Original
    Original.prototype.clone = clone
    Response.prototype.clone = cloneResponse
  }
  return { requests, clones, responseClones }
}

/** For a profiler: the calls of one contestant, over the in-process `fetch`. */
export const oneCall = async (name: string, kind: Kind): Promise<(() => Promise<unknown>) | undefined> => {
  globalThis.fetch = answerAsFetch
  answering.isEmpty = kind === 'empty'
  const contestant = contestants.find(known => known.name === name)
  return contestant && callOf(await prepare(contestant, { kinds: [kind], rounds: 1, what: 'time' }), kind)
}
