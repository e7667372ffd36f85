import { type Call, callInNode, callInPage, inChromium } from '../hosts.ts'
import type { Constructions, Kind, RequestOptions, Samples } from '../inside/requests.ts'
import { figure, pairwise, type Summary, summarize, withSpread } from '../report/statistics.ts'
import { table } from '../report/table.ts'
import { startServer } from '../server.ts'
import type { Part } from './part.ts'

interface Figures {
  readonly micros: Summary
  readonly overBare: Summary
  readonly ratio: Summary
  readonly bytes: Summary | null
  readonly bytesOverBare: Summary | null
}
type ByName = Readonly<Record<string, Figures>>

interface Setting {
  readonly place: 'Node' | 'Chromium'
  readonly over: 'in-process' | 'loopback HTTP'
  readonly kyRetries: boolean
  readonly kinds: Readonly<Partial<Record<Kind, ByName>>>
}

interface Result {
  readonly settings: readonly Setting[]
  readonly constructions: Readonly<Partial<Record<Kind, Readonly<Record<string, Constructions>>>>>
}

const bare = 'bare fetch'
const all: readonly Kind[] = ['get', 'post', 'request']
const kindNames: Readonly<Record<Kind, string>> = {
  empty: 'GET, answered with 204',
  get: 'GET',
  post: 'POST JSON',
  request: 'a `Request` input',
}
const kyForms = [bare, 'ky alone', 'latchkey ky', 'ky with its recipe']

const figuresOf = (times: Samples[string], bytes: Samples[string] | undefined): ByName =>
  Object.fromEntries(
    Object.entries(times).map(([name, taken]) => {
      const base = times[bare] ?? []
      const own = bytes?.[name]
      return [
        name,
        {
          micros: summarize(taken),
          overBare: pairwise(taken, base, (sample, other) => sample - other),
          ratio: pairwise(taken, base, (sample, other) => sample / other),
          bytes: own ? summarize(own) : null,
          bytesOverBare: own ? pairwise(own, bytes[bare] ?? [], (sample, other) => sample - other) : null,
        },
      ]
    }),
  )

interface Measuring {
  readonly place: Setting['place']
  readonly call: Call
  readonly counted?: Call
  readonly options: Omit<RequestOptions, 'what'>
}

const measureSetting = async ({ place, call, counted, options }: Measuring): Promise<Setting> => {
  const times = await call<Samples>('measureRequests', { ...options, what: 'time' })
  const bytes = counted && (await counted<Samples>('measureRequests', { ...options, what: 'bytes', rounds: 7 }))
  return {
    place,
    over: options.url ? 'loopback HTTP' : 'in-process',
    kyRetries: options.kyOptions === undefined,
    kinds: Object.fromEntries(options.kinds.map(kind => [kind, figuresOf(times[kind] ?? {}, bytes?.[kind])])),
  }
}

const measureNode = async (rounds: number): Promise<readonly Setting[]> => {
  const call = callInNode()
  const counted = callInNode({ counted: true })
  const server = await startServer()
  try {
    const url = `${server.origin}/todos`
    return [
      await measureSetting({ place: 'Node', call, counted, options: { kinds: all, rounds } }),
      await measureSetting({ place: 'Node', call, options: { kinds: ['get', 'post'], rounds, url } }),
    ]
  } finally {
    await server.close()
  }
}

const measurePage = async (rounds: number): Promise<readonly Setting[]> => {
  const place = 'Chromium'
  const inMemory = { kinds: all, rounds }
  const noRetry = { ...inMemory, kyOptions: { retry: 0 }, only: kyForms }
  const counted = await inChromium(
    async ({ newPage }) => {
      const call = callInPage(await newPage())
      return call<Samples>('measureRequests', { ...inMemory, what: 'bytes', rounds: 7 })
    },
    { counted: true },
  )
  const counting: Call = async <Answer>() => counted as Answer
  return inChromium(async ({ newPage, origin }) => {
    const fresh = async () => callInPage(await newPage())
    const url = `${origin}/todos`
    return [
      await measureSetting({ place, call: await fresh(), counted: counting, options: inMemory }),
      await measureSetting({ place, call: await fresh(), options: noRetry }),
      await measureSetting({ place, call: await fresh(), options: { kinds: ['get', 'post'], rounds, url } }),
    ]
  })
}

const headOf = ({ place, over, kyRetries }: Setting, kind: Kind) =>
  `${place}, ${over}, ${kindNames[kind]}${kyRetries ? '' : ', ky with `retry: 0`'}`

const showKind = (setting: Setting, kind: Kind, figures: ByName): string => {
  const hasBytes = Object.values(figures).some(({ bytes }) => bytes)
  const heads = ['', 'µs', 'over bare fetch', '× bare', ...(hasBytes ? ['bytes', 'over bare fetch'] : [])]
  const rows = Object.entries(figures).map(([name, { micros, overBare, ratio, bytes, bytesOverBare }]) => [
    name,
    withSpread(micros),
    name === bare ? '' : withSpread(overBare, '+'),
    name === bare ? '' : figure(ratio.median),
    ...(hasBytes
      ? [
          bytes ? figure(Math.round(bytes.median)) : '–',
          bytesOverBare && name !== bare ? `+${figure(Math.round(bytesOverBare.median))}` : '',
        ]
      : []),
  ])
  return `**${headOf(setting, kind)}**\n\n${table(heads, rows)}`
}

const showConstructions = ({ constructions }: Result): string => {
  const names = Object.keys(constructions.get ?? {})
  const cell = ({ requests, clones, responseClones }: Constructions) =>
    `${requests} + ${clones}${responseClones ? ` (+ ${responseClones} of the answer)` : ''}`
  const rows = names.map(name => [
    name,
    ...all.map(kind => {
      const counts = constructions[kind]?.[name]
      return counts ? cell(counts) : '–'
    }),
  ])
  return `**\`Request\`s made + clones, a call** (over a \`fetch\` that makes none; with a \`Request\` input the caller's own is counted)\n\n${table(['', ...all.map(kind => kindNames[kind])], rows)}`
}

export const requests: Part<Result> = {
  name: 'requests',
  title: 'One request with a valid token',
  measure: async ({ quick }) => {
    const rounds = quick ? 6 : 40
    const constructions: Record<string, Readonly<Record<string, Constructions>>> = {}
    for (const kind of all) constructions[kind] = await callInNode()('countConstructions', kind)
    return { settings: [...(await measureNode(rounds)), ...(await measurePage(rounds))], constructions }
  },
  show: result => {
    const tables = result.settings.flatMap(setting =>
      Object.entries(setting.kinds).map(([kind, figures]) => showKind(setting, kind as Kind, figures)),
    )
    return [
      'Each call reads its answer as JSON. In-process, `fetch` is replaced by a function that answers at once. Bytes are what V8 allocates for a call; in Chromium, what Blink keeps for `Request`, `Headers` and `Response` is not in them.',
      showConstructions(result),
      ...tables,
    ].join('\n\n')
  },
}
