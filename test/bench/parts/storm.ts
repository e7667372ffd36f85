import { callInNode, callInPage, inChromium } from '../hosts.ts'
import type { StormOptions, StormSample } from '../inside/storm.ts'
import { drawPlot } from '../report/plot.ts'
import { figure, pairwise, type Summary, summarize, withSpread } from '../report/statistics.ts'
import { table } from '../report/table.ts'
import type { Part } from './part.ts'

interface StormFigures {
  readonly ms: Summary
  /** Over the ideal, by the clock and by the thread's own work. */
  readonly ratio: Summary
  readonly workRatio: Summary
  readonly sends: number
  readonly exchanges: number
  readonly refused: number
  readonly failed: number
}
interface Storm {
  readonly place: 'Node' | 'Chromium'
  readonly kind: 'refused' | 'expired' | 'late'
  readonly size: number
  readonly byName: Readonly<Record<string, StormFigures>>
}
interface Result {
  readonly storms: readonly Storm[]
  /** Bytes of heap that a request holds while it waits, by name. */
  readonly waiting: Readonly<Record<Storm['place'], Readonly<Record<string, number>>>>
  /** Bytes that a storm of `peakSize` adds to the process, by name. */
  readonly peak: Readonly<Record<string, number>>
  readonly peakSize: number
}

const ideal = 'ideal'

const figuresOf = (samples: readonly StormSample[], best: readonly StormSample[]): StormFigures => {
  const { sends = 0, exchanges = 0, refused = 0, failed = 0 } = samples.at(-1) ?? {}
  const of = (list: readonly StormSample[], field: 'ms' | 'workMs') => list.map(sample => sample[field])
  const over = (field: 'ms' | 'workMs') =>
    pairwise(of(samples, field), of(best, field), (sample, other) => sample / other)
  return {
    ms: summarize(of(samples, 'ms')),
    ratio: over('ms'),
    workRatio: over('workMs'),
    sends,
    exchanges,
    refused,
    failed,
  }
}

const stormOf = (
  place: Storm['place'],
  kind: Storm['kind'],
  size: number,
  samples: Readonly<Record<string, readonly StormSample[]>>,
): Storm => ({
  place,
  kind,
  size,
  byName: Object.fromEntries(
    Object.entries(samples).map(([name, taken]) => [name, figuresOf(taken, samples[ideal] ?? [])]),
  ),
})

type Samples = Readonly<Record<string, readonly StormSample[]>>

const measureStorms = async (quick: boolean): Promise<readonly Storm[]> => {
  const call = callInNode()
  const storms: Storm[] = []
  const measure = async (kind: Storm['kind'], options: StormOptions) =>
    storms.push(stormOf('Node', kind, options.size, await call<Samples>('measureStorm', options)))
  for (const size of quick ? [10, 100] : [10, 100, 1000]) await measure('refused', { size, rounds: quick ? 3 : 15 })
  if (!quick) await measure('refused', { size: 10_000, rounds: 5 })
  for (const size of quick ? [100] : [100, 10_000]) {
    await measure('expired', { size, rounds: quick ? 3 : 5, expired: true })
  }
  await measure('late', { size: 20, rounds: 3, spreadMs: 50, exchangeMs: 10 })
  await inChromium(async ({ newPage }) => {
    for (const size of quick ? [100] : [100, 1000]) {
      const page = callInPage(await newPage())
      const samples = await page<Samples>('measureStorm', { size, rounds: quick ? 3 : 9 })
      storms.push(stormOf('Chromium', 'refused', size, samples))
    }
  })
  return storms
}

const measureMemory = async (quick: boolean): Promise<Omit<Result, 'storms'>> => {
  const call = callInNode()
  const names = (await call<readonly string[]>('refreshingNames')).filter(name => name !== ideal)
  const peakSize = quick ? 500 : 10_000
  const size = quick ? 200 : 2000
  const node: Record<string, number> = {}
  const peak: Record<string, number> = {}
  for (const name of names) node[name] = await call('measureWaiting', name, size)
  for (const name of [ideal, ...names]) peak[name] = await call('measurePeak', name, peakSize)
  const chromium = await inChromium(async ({ newPage }) => {
    const held: Record<string, number> = {}
    for (const name of names) held[name] = await callInPage(await newPage())('measureWaiting', name, size)
    return held
  })
  return { waiting: { Node: node, Chromium: chromium }, peak, peakSize }
}

const titles: Readonly<Record<Storm['kind'], (size: number) => string>> = {
  refused: size => `${size.toLocaleString('en')} requests, all refused`,
  expired: size => `${size.toLocaleString('en')} requests with a token known to be past its end`,
  late: size => `Late 401s: ${size} requests whose answers come over 50 ms, with an exchange of 10 ms`,
}

const showStorm = ({ place, kind, size, byName }: Storm): string => {
  const isTimed = kind !== 'late'
  // The clock of the thread's own work is too coarse for short ones.
  const hasWork = place === 'Node' && size >= 1000
  const heads = [
    '',
    'exchanges',
    'sends',
    'not served',
    ...(isTimed ? ['ms', '× ideal', ...(hasWork ? ['× ideal, work'] : [])] : []),
  ]
  const rows = Object.entries(byName).map(([name, { ms, ratio, workRatio, sends, exchanges, failed }]) => [
    name,
    String(exchanges),
    String(sends),
    failed ? String(failed) : '',
    ...(isTimed ? [figure(ms.median), withSpread(ratio), ...(hasWork ? [figure(workRatio.median)] : [])] : []),
  ])
  return `**${place}: ${titles[kind](size)}**\n\n${table(heads, rows)}`
}

const showMemory = ({ waiting, peak, peakSize }: Result): string => {
  const rows = Object.entries(peak).map(([name, bytes]) => [
    name,
    ...[waiting.Node[name], waiting.Chromium[name]].map(held =>
      held === undefined ? '' : `${figure(held / 1000)} kB`,
    ),
    `${figure(bytes / 1e6)} MB`,
  ])
  const heads = [
    '',
    'heap a waiting request, Node',
    'Chromium (V8 alone)',
    `Node's process, at the peak of ${peakSize.toLocaleString('en')}`,
  ]
  return `**Memory**\n\n${table(heads, rows)}`
}

export const storm: Part<Result> = {
  name: 'storm',
  title: 'Many requests refused together',
  measure: async ({ quick }) => ({ storms: await measureStorms(quick), ...(await measureMemory(quick)) }),
  show: result =>
    [
      'The ideal is made of bare `fetch`: N sends that are refused, one exchange, N sends that are served (where the token is known to be past its end: one exchange, N sends). Answers come at once, so what is measured is the library. Recipes that share no refresh exchange once a request; each contestant is used as its own documentation has it. "Work" is the time of the thread alone.',
      ...result.storms.map(showStorm),
      showMemory(result),
    ].join('\n\n'),
  plot: ({ storms }) => {
    const refused = storms.filter(({ place, kind }) => place === 'Node' && kind === 'refused')
    const names = [
      'latchkey fetch',
      'latchkey ky',
      'hand-written',
      '@badgateway/oauth2-client',
      'fetch-extras withTokenRefresh',
      'ky with its recipe',
    ]
    const lines = names.map(name => ({
      name,
      points: refused.map(({ size, byName }) => [size, byName[name]?.ratio.median ?? Number.NaN] as const),
    }))
    return {
      'storm.svg': drawPlot({
        title: 'A storm of N refused requests: time over the ideal',
        xLabel: 'N',
        yLabel: '× ideal',
        lines,
        logX: true,
        logY: true,
      }),
    }
  },
}
