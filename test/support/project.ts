import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The repository's folder, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

interface Manifest {
  readonly version: string
  readonly exports: Readonly<Record<string, { readonly import: { readonly default: string } } | string>>
  /** Bytes, brotli, of each entry minified without ky. */
  readonly sizeBudgets: Readonly<Record<string, number>>
  /** Of what apps import of one entry or several, by the names in `sizes`. */
  readonly programBudgets: Readonly<Record<string, number>>
}

export const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest

/** What can be imported, without the package's name: `index`, `fetch`, `oauth`. */
export const entries: readonly string[] = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([name]) => (name === '.' ? 'index' : name.slice('./'.length)))
