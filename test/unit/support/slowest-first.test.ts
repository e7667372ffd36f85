import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../../support/project.ts'
import { slowest } from '../../support/slowest-first.ts'

test('the slowest tests, which start first, are named as their files are', () => {
  expect(slowest.filter(path => !existsSync(root + path))).toEqual([])
})
