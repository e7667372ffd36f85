import { readFileSync, writeFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { bundleEntry } from './bundle.ts'
import { root } from './project.ts'

/** What is measured: names of an entry, bundled as an app's bundler does it. */
interface Program {
  readonly entry: string
  /** @default everything of the entry */
  readonly names?: readonly string[]
  /** In its tests, beside a client: what it shares with other entries is not counted. */
  readonly isBesideOthers?: boolean
}

/** Entries of which an app takes a part, and programs that apps are. */
const programs: Readonly<Record<string, Program>> = {
  index: { entry: 'index', names: ['createClient'] },
  fetch: { entry: 'fetch', names: ['createAuthenticatedFetch'] },
  testing: { entry: 'testing', names: ['createTestClient', 'endSession', 'resetClient'], isBesideOthers: true },
  typical: { entry: 'index', names: ['createClient', 'indexedDbStore', 'redirectTo'] },
  'typical-fetch': { entry: 'fetch', names: ['createAuthenticatedFetch', 'indexedDbStore', 'redirectTo'] },
  'safe-return-to': { entry: 'index', names: ['safeReturnTo'] },
}

const withoutShared: Plugin = {
  name: 'without-shared',
  setup: ({ onResolve }) => onResolve({ filter: /\/chunk-\w+\.js$/ }, ({ path }) => ({ path, external: true })),
}

/** Bytes, brotli, of a program or an entry; with `+ky`, with ky in it. */
export const measure = async (what: string): Promise<number> => {
  const [name = '', withKy] = what.split('+')
  const { entry, names, isBesideOthers } = programs[name] ?? { entry: name }
  const { brotliBytes } = await bundleEntry(entry, {
    ...(names && { names }),
    ...(withKy && { external: [] }),
    ...(isBesideOthers && { plugins: [withoutShared] }),
  })
  return brotliBytes
}

/** In the README a figure stands between marks: `<!-- size:index -->4.9 kB<!-- /size -->`. */
const marks = /(?<=<!-- size:([\w+-]+) -->)(.*?)(?=<!-- \/size -->)/g

const readText = () => readFileSync(`${root}README.md`, 'utf8')

export const readFigures = (): readonly { readonly what: string; readonly figure: string }[] =>
  [...readText().matchAll(marks)].map(([, what = '', figure = '']) => ({ what, figure }))

/** Never flatters: rounded up to a tenth of a kilobyte. */
export const figureOf = async (what: string): Promise<string> =>
  `${(Math.ceil((await measure(what)) / 100) / 10).toFixed(1)} kB`

/** Puts what is measured now between the marks: `node test/support/sizes.ts`, after a build. */
const writeFigures = async (): Promise<void> => {
  const measured = new Map<string, string>()
  for (const { what } of readFigures()) measured.set(what, await figureOf(what))
  writeFileSync(
    `${root}README.md`,
    readText().replace(marks, (figure, what: string) => measured.get(what) ?? figure),
  )
  for (const [what, figure] of measured) console.log(`${what}  ${figure}`)
}

if (import.meta.main) await writeFigures()
