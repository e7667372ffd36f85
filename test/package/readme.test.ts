import { expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../support/auth-server.ts'
import { isScript, readSnippets, runSnippet, type Snippet } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

const documents = ['README.md', 'docs/webview.md']
const snippets = documents.flatMap(readSnippets)
const programs = snippets.filter(isScript)

const documentOf = ({ place }: Snippet) => place.split(':')[0] ?? ''
/** Blocks import those of their own document. */
const folderOf = (snippet: Snippet) => documentOf(snippet).toLowerCase().replace(/\W/g, '-')

test('the README and the page about webviews have programs, and every one of their blocks says its language', () => {
  expect([...new Set(programs.map(documentOf))]).toEqual(documents)
  expect(snippets.filter(({ language }) => language === '').map(({ place }) => place)).toEqual([])
})

test('no program of these documents goes unchecked', () => {
  expect(programs.filter(({ words }) => words.includes('no-check')).map(({ place }) => place)).toEqual([])
})

test('every program of these documents compiles against the built declarations', () => {
  const files = Object.fromEntries(programs.map(program => [`${folderOf(program)}/${program.fileName}`, program.text]))
  const complaints = checkTypes(files, { resolution: 'bundler', exactOptionalPropertyTypes: true })
  const places = programs.map(({ fileName, place }) => `${fileName} is at ${place}`)
  expect(complaints, places.join(', ')).toEqual([])
})

test('these documents have programs that can be run as they stand', () => {
  expect(programs.filter(({ words }) => words.includes('run'))).not.toHaveLength(0)
})

test.each(programs.filter(({ words }) => words.includes('run')))('the program at $place runs', async program => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const own = programs.filter(other => documentOf(other) === documentOf(program))
  const printed = await runSnippet(program, own, server.origin)
  const expected = program.words.find(word => word.startsWith('prints='))?.slice('prints='.length)
  if (expected !== undefined) expect(printed.trim()).toBe(expected)
})
