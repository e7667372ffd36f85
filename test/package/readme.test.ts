import { expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../support/auth-server.ts'
import { isScript, readSnippets, runSnippet } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

const snippets = readSnippets('README.md')
const programs = snippets.filter(isScript)

test('the README has programs, and every one of its blocks says its language', () => {
  expect(programs.length).toBeGreaterThan(0)
  expect(snippets.filter(({ language }) => language === '').map(({ place }) => place)).toEqual([])
})

test('no program of the README goes unchecked', () => {
  expect(programs.filter(({ words }) => words.includes('no-check')).map(({ place }) => place)).toEqual([])
})

test('every program of the README compiles against the built declarations', () => {
  const files = Object.fromEntries(programs.map(({ fileName, text }) => [`readme/${fileName}`, text]))
  const complaints = checkTypes(files, { resolution: 'bundler', exactOptionalPropertyTypes: true })
  const places = programs.map(({ fileName, place }) => `${fileName} is at ${place}`)
  expect(complaints, places.join(', ')).toEqual([])
})

test('the README has programs that can be run as they stand', () => {
  expect(programs.filter(({ words }) => words.includes('run'))).not.toHaveLength(0)
})

test.each(programs.filter(({ words }) => words.includes('run')))('the program at $place runs', async program => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const printed = await runSnippet(program, programs, server.origin)
  const expected = program.words.find(word => word.startsWith('prints='))?.slice('prints='.length)
  if (expected !== undefined) expect(printed.trim()).toBe(expected)
})
