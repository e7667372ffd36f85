import { execFileSync } from 'node:child_process'
import { buildSingle, builtFolder } from '../build.ts'
import { callInPage, inChromium } from '../hosts.ts'
import type { Start, StoreName } from '../inside/start.ts'
import { type Summary, summarize, withSpread } from '../report/statistics.ts'
import { table } from '../report/table.ts'
import type { Part } from './part.ts'

interface Loaded {
  readonly importMs: Summary
  readonly createMs: Summary | null
}
interface Result {
  readonly node: Readonly<Record<string, Loaded>>
  readonly chromium: Readonly<Record<string, Loaded>>
  readonly first: Readonly<Record<string, { readonly createMs: Summary; readonly firstRequestMs: Summary }>>
}

/** What is loaded, and how one of it is made. */
const programs: Readonly<Record<string, readonly [source: string, create: string]>> = {
  nothing: ['export const api = 1', ''],
  latchkey: [
    `export { createClient } from 'latchkey'`,
    `library.createClient({ baseUrl: 'https://api.test', refresh: async () => null })`,
  ],
  'latchkey/fetch': [
    `export { createAuthenticatedFetch } from 'latchkey/fetch'`,
    `library.createAuthenticatedFetch({ baseUrl: 'https://api.test', refresh: async () => null })`,
  ],
  ky: [`export { default } from 'ky'`, `library.default.create({ baseUrl: 'https://api.test' })`],
  'axios + axios-auth-refresh': [
    `export { default } from 'axios'; export { createAuthRefresh } from 'axios-auth-refresh'`,
    `library.createAuthRefresh(library.default.create(), async () => {})`,
  ],
}

const stores: readonly (StoreName | 'no store, bare fetch')[] = [
  'no store, bare fetch',
  'memory',
  'IndexedDB',
  'web storage',
]

/** `file` is an expression. */
const timing = (file: string, create: string) => `const file = ${file}
const importedAt = performance.now()
const library = await import(file)
const createdAt = performance.now()
${create}
const doneAt = performance.now()`

interface Times {
  readonly importMs: number
  readonly createMs: number
}

const loadedOf = (times: readonly Times[], create: string): Loaded => ({
  importMs: summarize(times.map(({ importMs }) => importMs)),
  createMs: create ? summarize(times.map(({ createMs }) => createMs)) : null,
})

/** In a page the file is fetched before: how fast a server is, is no matter of the library. */
const fromMemory = (file: string) =>
  `URL.createObjectURL(new Blob([await (await fetch('/${file}')).text()], { type: 'text/javascript' }))`

const answer = '{ importMs: createdAt - importedAt, createMs: doneAt - createdAt }'

/** What was measured of each, round by round. */
const createLists = <Sample>() => {
  const lists = new Map<string, Sample[]>()
  return {
    add: (name: string, sample: Sample) => void lists.set(name, [...(lists.get(name) ?? []), sample]),
    entries: () => [...lists],
  }
}

/** A process each, one program after the other. */
const measureNode = (rounds: number): Result['node'] => {
  const times = createLists<Times>()
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, [, create]] of Object.entries(programs)) {
      const script = `${timing(JSON.stringify(builtFolder + fileOf(name)), create)}\nconsole.log(JSON.stringify(${answer}))`
      const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
      times.add(name, JSON.parse(output) as Times)
    }
  }
  return Object.fromEntries(times.entries().map(([name, taken]) => [name, loadedOf(taken, programs[name]?.[1] ?? '')]))
}

const fileOf = (name: string) => `start-${Object.keys(programs).indexOf(name)}.js`

const measureChromium = (rounds: number): Promise<Pick<Result, 'chromium' | 'first'>> =>
  inChromium(async ({ newPage }) => {
    const times = createLists<Times>()
    const starts = createLists<Start>()
    const page = await newPage()
    for (const store of stores) if (store !== 'no store, bare fetch') await callInPage(page)('leaveSession', store)
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, [, create]] of Object.entries(programs)) {
        await page.reload()
        const body = timing(fromMemory(fileOf(name)), create)
        times.add(name, await page.evaluate<Times>(`(async () => { ${body}\nreturn ${answer} })()`))
      }
      for (const store of stores) {
        await page.reload()
        await page.waitForFunction('globalThis.inside !== undefined')
        starts.add(store, await callInPage(page)('measureStart', store))
      }
    }
    return {
      chromium: Object.fromEntries(
        times.entries().map(([name, taken]) => [name, loadedOf(taken, programs[name]?.[1] ?? '')]),
      ),
      first: Object.fromEntries(
        starts.entries().map(([store, taken]) => [
          store,
          {
            createMs: summarize(taken.map(({ createMs }) => createMs)),
            firstRequestMs: summarize(taken.map(({ firstRequestMs }) => firstRequestMs)),
          },
        ]),
      ),
    }
  })

const showLoaded = (title: string, loaded: Result['node']): string =>
  `**${title}**\n\n${table(
    ['', 'import, ms', 'create, ms'],
    Object.entries(loaded).map(([name, { importMs, createMs }]) => [
      name,
      withSpread(importMs),
      createMs ? withSpread(createMs) : '',
    ]),
  )}`

export const startUp: Part<Result> = {
  name: 'start-up',
  title: 'Start-up',
  measure: async ({ quick }) => {
    for (const [name, [source]] of Object.entries(programs)) await buildSingle(source, fileOf(name))
    const rounds = quick ? 3 : 15
    return { node: measureNode(rounds), ...(await measureChromium(rounds)) }
  },
  show: ({ node, chromium, first }) =>
    [
      'Each program is one minified file with everything in it, loaded into a fresh process or a fresh page; "nothing" is an empty file. In Chromium the file has been fetched before.',
      showLoaded('Node', node),
      showLoaded('Chromium', chromium),
      `**Chromium, in a page just loaded, with a session in the store: from \`createClient\` to the first answer, which comes at once**\n\n${table(
        ['store', 'createClient, ms', 'to the first answer, ms'],
        Object.entries(first).map(([store, { createMs, firstRequestMs }]) => [
          store,
          withSpread(createMs),
          withSpread(firstRequestMs),
        ]),
      )}`,
    ].join('\n\n'),
}
