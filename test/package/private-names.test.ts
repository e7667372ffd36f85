import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { readList, readNames } from '../support/private-names.ts'
import { root } from '../support/project.ts'

const listed = readList()

test('The build shortens no name that another part of the program may know (node test/support/private-names.ts writes the list)', () => {
  const { kept } = readNames()
  expect(listed.filter(name => kept.has(name))).toEqual([])
})

test.each([
  ['is stored', ['revocationPending', 'signedOutAt', 'tokensElsewhere', 'underLock', 'signedIn']],
  ['goes to other tabs', ['sessionId', 'generation', 'nonce']],
  ['is public', ['epoch', 'getSnapshot', 'trustedOrigins', 'rejectedResponse', 'accessTokenExpiresAtMs']],
  ['is the platform’s', ['prerendering', 'byteLength', 'pause', 'unref']],
  ['comes from a server', ['access_token', 'refresh_token_expires_in', 'auth_time', 'error']],
  ['comes from an app that has another library in mind', ['onunauthorized', 'gettoken']],
])('no name is among them that %s', (_why, names) => {
  expect(names.filter(name => listed.includes(name))).toEqual([])
})

test('the built library has none of them left', () => {
  const built = readdirSync(`${root}dist`).filter(name => /\.c?js$/.test(name) && name !== 'cli.js')
  const left = new Set<string>()
  for (const name of built) {
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node) && listed.includes(node.name.text)) left.add(node.name.text)
      ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile(name, readFileSync(`${root}dist/${name}`, 'utf8'), ts.ScriptTarget.Latest))
  }
  expect([...left]).toEqual([])
})
