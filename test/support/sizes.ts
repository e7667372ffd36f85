import { readFileSync, writeFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'
import { bundleEntry } from './bundle.ts'
import { root } from './project.ts'

/** What a typical app takes of an entry; of the others everything. */
const typical: Readonly<Record<string, readonly string[]>> = {
  index: ['createClient'],
  fetch: ['createAuthenticatedFetch'],
  testing: ['createTestClient', 'endSession', 'resetClient'],
}

/** Never in an app's bundle, but beside a client in its tests: what it shares with other entries is not counted. */
const besideOthers = ['testing']

const withoutShared: Plugin = {
  name: 'without-shared',
  setup: ({ onResolve }) => onResolve({ filter: /\/chunk-\w+\.js$/ }, ({ path }) => ({ path, external: true })),
}

/** Bytes, brotli, of what is measured: an entry, or with `+ky` an entry with ky in it. */
export const measure = async (what: string): Promise<number> => {
  const [entry = '', withKy] = what.split('+')
  const names = typical[entry]
  const { brotliBytes } = await bundleEntry(entry, {
    ...(names && { names }),
    ...(withKy && { external: [] }),
    ...(besideOthers.includes(entry) && { plugins: [withoutShared] }),
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
