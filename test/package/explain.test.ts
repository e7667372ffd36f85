import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildForDevelopmentOnly } from '../support/development-only.ts'
import { makeCauseTable, readCauseTableText } from '../support/explain/cause-table.ts'
import { root } from '../support/project.ts'
import { isScript, readSnippets } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

describe('an app that explains its 401s in development', () => {
  test('has nothing of it in a production build, not a byte and not a file', async () => {
    const use = '({ explainUnauthorized }) => explainUnauthorized(api)'
    const { development, production, without } = await buildForDevelopmentOnly('explain', use)
    expect(development).toContain('No user is signed in, so no token was sent')
    expect(production).toBe(without)
  })
})

describe('docs/explain.md', () => {
  test('lists the causes that the source has (node test/support/explain/cause-table.ts writes them)', () => {
    expect(readCauseTableText()).toBe(makeCauseTable())
  })

  test('names every option', () => {
    const source = readFileSync(`${root}src/explain/explain-unauthorized.ts`, 'utf8')
    const [, body = ''] = /interface ExplainOptions \{\n(.*?)\n\}/s.exec(source) ?? []
    const names = [...body.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, name = '']) => name)
    const listed = [...readFileSync(`${root}docs/explain.md`, 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, name]) => name,
    )
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter(name => !listed.includes(name))).toEqual([])
  })

  test('has programs that compile against the built declarations', () => {
    const programs = readSnippets('docs/explain.md').filter(isScript)
    expect(programs.length).toBeGreaterThan(1)
    const files = Object.fromEntries(programs.map(({ fileName, text }) => [`docs/${fileName}`, text]))
    expect(checkTypes(files, { resolution: 'bundler', exactOptionalPropertyTypes: true })).toEqual([])
  })
})
