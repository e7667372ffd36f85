import { expect, test } from 'vitest'
import { entries, manifest } from '../support/project.ts'
import { figureOf, measure, readFigures } from '../support/sizes.ts'

test('every entry has a budget', () => {
  expect(Object.keys(manifest.sizeBudgets).sort()).toEqual([...entries].sort())
})

test.each(Object.entries(manifest.sizeBudgets))(
  'latchkey’s %s stays within %d bytes (brotli, without ky)',
  async (entry, budget) => {
    expect(await measure(entry)).toBeLessThanOrEqual(budget)
  },
)

test.each(Object.entries(manifest.programBudgets))(
  'the program “%s” stays within %d bytes (brotli, without ky)',
  async (program, budget) => {
    expect(await measure(program)).toBeLessThanOrEqual(budget)
  },
)

test('the README has a figure for every entry', () => {
  expect(readFigures().map(({ what }) => what)).toEqual(expect.arrayContaining([...entries]))
})

test('the sizes in the README are the measured ones (node test/support/sizes.ts writes them)', async () => {
  const written = readFigures()
  const measured = await Promise.all(written.map(async ({ what }) => ({ what, figure: await figureOf(what) })))
  expect(written).toEqual(measured)
})
