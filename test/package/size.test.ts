import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bundleEntry } from '../support/bundle.ts'
import { entries, manifest, root } from '../support/project.ts'

/** What a typical app takes of an entry; of the others everything. */
const typical: Readonly<Record<string, readonly string[]>> = {
  index: ['createClient'],
  fetch: ['createAuthenticatedFetch'],
}

const measure = async (entry: string): Promise<number> => {
  const names = typical[entry]
  return (await bundleEntry(entry, names ? { names } : {})).brotliBytes
}

test('every entry has a budget', () => {
  expect(Object.keys(manifest.sizeBudgets).sort()).toEqual([...entries].sort())
})

test.each(Object.entries(manifest.sizeBudgets))(
  'latchkey’s %s stays within %d bytes (brotli, without ky)',
  async (entry, budget) => {
    expect(await measure(entry)).toBeLessThanOrEqual(budget)
  },
)

/** In the README a figure stands between marks: `<!-- size:index -->4.9 kB<!-- /size -->`. */
test('the sizes in the README are the measured ones', async () => {
  const readme = existsSync(`${root}README.md`) ? readFileSync(`${root}README.md`, 'utf8') : ''
  const marks = [...readme.matchAll(/<!-- size:(\w+) -->(.*?)<!-- \/size -->/g)]
  expect(marks.map(([, entry]) => entry)).toContain('index')
  for (const [, entry = '', figure] of marks) {
    const kilobytes = Math.ceil((await measure(entry)) / 100) / 10
    expect(`${entry}: ${figure}`).toBe(`${entry}: ${kilobytes.toFixed(1)} kB`)
  }
})
