import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { root } from '../support/project.ts'
import { isScript, readSnippets } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

/** An app as the documentation writes it, as a bundler builds it. */
const buildApp = async (watching: string, isDevelopment: boolean): Promise<string> => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createClient } from './dist/index.js'
        const api = createClient({ baseUrl: 'https://api.example.com/' })
        ${watching}
        export { api }`,
      resolveDir: root,
    },
    absWorkingDir: root,
    outdir: 'out',
    define: { 'import.meta.env.DEV': String(isDevelopment) },
    bundle: true,
    splitting: true,
    format: 'esm',
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    // Not the names: esbuild chooses them by the letters of the whole source, also of code that it leaves out.
    tsconfigRaw: {},
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

describe('an app that inspects its client in development', () => {
  test('has nothing of the inspector in a production build, not a byte and not a file', async () => {
    const watching = `if (import.meta.env.DEV) void import('./dist/inspector.js').then(({ defineInspector }) => {
      defineInspector()
      document.querySelector('latchkey-inspector').client = api
    })`
    const [development, production, without] = await Promise.all([
      buildApp(watching, true),
      buildApp(watching, false),
      buildApp('', false),
    ])
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
