import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../support/project.ts'
import { checkTypes, typeSettings } from '../support/type-check.ts'

const paths = globSync('test/types/apps/*.{ts,tsx}', { cwd: root }).sort()
const apps = Object.fromEntries(paths.map(path => [path, readFileSync(root + path, 'utf8')]))

test('there are apps to compile', () => {
  expect(paths.length).toBeGreaterThanOrEqual(5)
})

test.each(typeSettings)(
  'apps compile against the built declarations, and wrong ones do not ($resolution, exact optional properties: $exactOptionalPropertyTypes)',
  settings => {
    expect(checkTypes(apps, settings)).toEqual([])
  },
)
