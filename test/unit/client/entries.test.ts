import { readFileSync } from 'node:fs'
import * as index from 'latchkey'
import * as fetchEntry from 'latchkey/fetch'
import { expect, test } from 'vitest'

/** Types are not there at run time, so what an entry exports is read from its text. */
const exportsOf = (entry: string) => {
  const text = readFileSync(new URL(`../../../src/${entry}.ts`, import.meta.url), 'utf8')
  const lists = [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, list = '']) => list)
  return lists.flatMap(list => list.split(',').map(name => name.replace('type ', '').trim())).filter(Boolean)
}
const ofKy = ['Client', 'RootClient', 'createClient', 'ClientOptions', 'RequestOptions']
const ofThePlainForm = ['createAuthenticatedFetch', 'FetchClient', 'FetchClientOptions']

test('latchkey/fetch has all that its users need of latchkey, and so no ky in their bundle', () => {
  const { createClient: _needsKy, ...rest } = index
  const { createAuthenticatedFetch: _plain, ...shared } = fetchEntry
  expect(shared).toEqual(rest)
})

test('and all types', () => {
  const shared = exportsOf('index').filter(name => !ofKy.includes(name))
  expect(
    exportsOf('fetch')
      .filter(name => !ofThePlainForm.includes(name))
      .sort(),
  ).toEqual(shared.sort())
})
