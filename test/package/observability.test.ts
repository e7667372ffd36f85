import { describe, expect, test } from 'vitest'
import { buildForDevelopmentOnly } from '../support/development-only.ts'
import { isScript, readSnippets } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

describe('an app that inspects its client in development', () => {
  test('has nothing of the inspector in a production build, not a byte and not a file', async () => {
    const use = `({ defineInspector }) => {
      defineInspector()
      document.querySelector('latchkey-inspector').client = api
    }`
    const { development, production, without } = await buildForDevelopmentOnly('inspector', use)
    expect(development).toContain('Nothing has happened yet.')
    expect(production).toBe(without)
  })
})

test('docs/observability.md has programs that compile against the built declarations', () => {
  const programs = readSnippets('docs/observability.md').filter(isScript)
  expect(programs.length).toBeGreaterThan(3)
  const files = Object.fromEntries(programs.map(({ fileName, text }) => [`docs/${fileName}`, text]))
  const api = `import { createClient } from 'latchkey'\nexport const api = createClient({ baseUrl: 'https://api.example.com/' })`
  const settings = { resolution: 'bundler', exactOptionalPropertyTypes: true } as const
  expect(checkTypes({ 'docs/api.ts': api, ...files }, settings)).toEqual([])
})
