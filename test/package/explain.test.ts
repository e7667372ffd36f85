import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { makeCauseTable, readCauseTableText } from '../support/explain/cause-table.ts'
import { root } from '../support/project.ts'
import { isScript, readSnippets } from '../support/readme.ts'
import { checkTypes } from '../support/type-check.ts'

/** An app as the README writes it, as a bundler builds it. */
const buildApp = async (isDevelopment: boolean) => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createClient } from './dist/index.js'
        const api = createClient({ baseUrl: 'https://api.example.com/' })
        if (import.meta.env.DEV) void import('./dist/explain.js').then(({ explainUnauthorized }) => explainUnauthorized(api))
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
    minify: true,
    tsconfigRaw: {},
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

describe('an app that explains its 401s in development', () => {
  test('has nothing of it in a production build, not a byte and not a file', async () => {
    const [development, production] = await Promise.all([buildApp(true), buildApp(false)])
    const sentence = 'No user is signed in, so no token was sent'
    expect([development.includes(sentence), production.includes(sentence)]).toEqual([true, false])
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createClient } from './dist/index.js'
          const api = createClient({ baseUrl: 'https://api.example.com/' })
          export { api }`,
        resolveDir: root,
      },
      absWorkingDir: root,
      outdir: 'out',
      bundle: true,
      splitting: true,
      format: 'esm',
      write: false,
      minify: true,
      tsconfigRaw: {},
      logLevel: 'silent',
    })
    expect(production.length).toBe(outputFiles[0]?.text.length)
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
