import { build, type Plugin } from 'esbuild'
import { root } from '../support/project.ts'

/** A module of the tests as one script for a page; what it imports of latchkey is the built package. */
export async function bundlePage(path: string, plugins: readonly Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [root + path],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    minifySyntax: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [...plugins],
    logLevel: 'error',
    tsconfigRaw: {}, // as an app sees it, without this project's paths
  })
  return outputFiles[0]?.text ?? ''
}

/** A page with nothing in it but that script. */
export const pageOf = (script: string): string =>
  `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script></html>`
