import { build } from 'esbuild'
import { root } from './project.ts'

/**
 * An app as the documentation writes it, as a bundler builds it. Names are left as they are: bundlers choose short ones by how
 * often letters occur, also in code that they then leave out.
 */
async function buildApp(watching: string, isDevelopment: boolean): Promise<string> {
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
    tsconfigRaw: {},
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

/** What an app has of an entry that it imports in development: in development, in production, and without a word of it. */
export async function buildForDevelopmentOnly(entry: string, use: string) {
  const watching = `if (import.meta.env.DEV) void import('./dist/${entry}.js').then(${use})`
  const [development, production, without] = await Promise.all([
    buildApp(watching, true),
    buildApp(watching, false),
    buildApp('', false),
  ])
  return { development, production, without }
}
