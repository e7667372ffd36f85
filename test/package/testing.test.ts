import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isScript, readSnippets } from '../support/readme.ts'
import { createTestingApp, type TestingApp } from '../support/testing-app.ts'
import { checkTypes } from '../support/type-check.ts'

const snippets = readSnippets('docs/testing.md')

let app: TestingApp
beforeAll(async () => {
  app = await createTestingApp('docs/testing.md', ['vitest', 'msw', 'happy-dom'])
})
afterAll(() => app.remove())

test('The tests that docs/testing.md shows pass in an app that has the packed package, vitest, msw and happy-dom', async () => {
  const args = [
    'run',
    '--exclude',
    '**/*.spec.ts',
    '--reporter=default',
    '--reporter=json',
    '--outputFile.json=report.json',
  ]
  await app.runTool('vitest/vitest.mjs', ...args)
  const report = await readFile(join(app.folder, 'report.json'), 'utf8')
  const { numPassedTests, testResults } = JSON.parse(report) as {
    readonly numPassedTests: number
    readonly testResults: readonly { readonly name: string }[]
  }
  const shown = snippets.filter(({ fileName }) => fileName.endsWith('.test.ts'))
  expect(testResults).toHaveLength(shown.length)
  const written = shown.flatMap(({ text }) => [...text.matchAll(/^test\(/gm)])
  expect({ numPassedTests, shown: shown.length }).toEqual({ numPassedTests: written.length, shown: 7 })
})

test('Every program of docs/testing.md is a file that a test runs, and compiles against the built declarations', () => {
  const programs = snippets.filter(isScript)
  expect(programs.filter(({ fileName }) => fileName.startsWith('snippet-')).map(({ place }) => place)).toEqual([])
  const files = Object.fromEntries(
    programs
      .filter(({ fileName }) => fileName !== 'server.test.ts') // needs the types of Node, which apps may not have
      .map(({ fileName, text }) => [`testing/${fileName}`, text.replace('@playwright/test', 'playwright/test')]),
  )
  expect(checkTypes(files, { resolution: 'bundler', exactOptionalPropertyTypes: true })).toEqual([])
})
