import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from '../../support/project.ts'
import { amongEachOther, slowest } from '../../support/slowest-first.ts'

test('the slowest tests, which start first, are named as their files are', () => {
  expect(Object.keys(slowest).filter(path => !existsSync(root + path))).toEqual([])
})

test('of three files at a time two drive pages, while there are files of both kinds', () => {
  const seconds: Readonly<Record<string, number>> = {
    page1: 40,
    page2: 40,
    page3: 10,
    page4: 10,
    model: 30,
    unit1: 1,
    unit2: 1,
  }
  const mixed = amongEachOther(
    ['page1', 'page2', 'page3', 'page4'],
    ['model', 'unit1', 'unit2'],
    file => seconds[file] ?? 0,
  )
  expect(mixed).toEqual(['page1', 'model', 'page2', 'unit1', 'unit2', 'page3', 'page4'])
})
