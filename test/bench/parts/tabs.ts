import { callInPage, inChromium } from '../hosts.ts'
import type { Served } from '../inside/tab.ts'
import { type Summary, summarize, withSpread } from '../report/statistics.ts'
import { table } from '../report/table.ts'
import type { Part } from './part.ts'

interface Figures {
  /** From the moment in which all tabs ask until the first one, half of them, and the last one are served. */
  readonly firstMs: Summary
  readonly halfMs: Summary
  readonly lastMs: Summary
  readonly exchanges: number
  readonly failed: number
}
interface Result {
  readonly tabs: number
  readonly requests: number
  readonly byStore: Readonly<Record<string, Figures>>
}

const kinds = ['valid token', 'IndexedDB', 'web storage'] as const
const leadMs = 400

interface Sample {
  readonly times: readonly number[]
  readonly exchanges: number
  readonly failed: number
}

/** All tabs hold the same token; it is refused from now on, and all ask at once. */
const measureKind = (kind: (typeof kinds)[number], tabs: number, requests: number, rounds: number) =>
  inChromium(async ({ newPage, exchanges }) => {
    const calls = []
    for (let tab = 0; tab < tabs; tab += 1) calls.push(callInPage(await newPage()))
    for (const [index, call] of calls.entries()) await call('openTab', kind, index === 0)
    const samples: Sample[] = []
    for (let round = 0; round < rounds; round += 1) {
      await calls[0]?.('refuseAll')
      const before = exchanges()
      const atMs = Date.now() + leadMs
      const served = await Promise.all(calls.map(call => call<Served>('askAt', atMs, requests)))
      const times = served.map(({ at }) => at - atMs).sort((left, right) => left - right)
      const failed = served.reduce((sum, tab) => sum + tab.failed, 0)
      samples.push({ times, exchanges: exchanges() - before, failed })
    }
    for (const call of calls) await call('closeTab')
    return samples
  })

const figuresOf = (samples: readonly Sample[]): Figures => {
  const at = (share: number) =>
    summarize(samples.map(({ times }) => times[Math.floor((times.length - 1) * share)] ?? Number.NaN))
  return {
    firstMs: at(0),
    halfMs: at(0.5),
    lastMs: at(1),
    exchanges: Math.max(...samples.map(sample => sample.exchanges)),
    failed: Math.max(...samples.map(({ failed }) => failed)),
  }
}

export const tabs: Part<Result> = {
  name: 'tabs',
  title: 'Twenty tabs',
  measure: async ({ quick }) => {
    const count = quick ? 4 : 20
    const byStore: Record<string, Figures> = {}
    for (const kind of kinds) byStore[kind] = figuresOf(await measureKind(kind, count, 5, quick ? 2 : 7))
    return { tabs: count, requests: 5, byStore }
  },
  show: ({ tabs: count, requests, byStore }) =>
    [
      `${count} tabs of one Chromium hold the same session. Its token is refused from one moment on, in which each tab sends ${requests} requests over loopback HTTP; the exchange takes 50 ms at the server. "Valid token" sends the same requests by bare \`fetch\` where nothing is refused. After a token was renewed all tabs have it: only the exchange and the way of its news are in these times.`,
      table(
        ['', 'first tab served, ms', 'half of them, ms', 'all, ms', 'exchanges', 'not served'],
        Object.entries(byStore).map(([name, { firstMs, halfMs, lastMs, exchanges, failed }]) => [
          name,
          withSpread(firstMs),
          withSpread(halfMs),
          withSpread(lastMs),
          String(exchanges),
          failed ? String(failed) : '',
        ]),
      ),
    ].join('\n\n'),
}
