import { build } from 'esbuild'
import { root } from '../support/project.ts'

const folder = `${root}test/bench/`

/** Where what is measured is put; ignored by git, as all of node_modules is. */
export const builtFolder = `${folder}node_modules/.built/`

const aliases = {
  latchkey: `${root}src/index.ts`,
  'latchkey/fetch': `${root}src/fetch.ts`,
  // One copy of ky for all who are ky.
  ky: `${root}node_modules/ky`,
}

/** As an app's bundler would: one file with everything in it, the same for Node and the page; ours from the source. */
export const buildInside = async (): Promise<string> => {
  const outfile = `${builtFolder}inside.js`
  await build({
    entryPoints: [`${folder}inside/index.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    sourcemap: true,
    tsconfigRaw: {},
    alias: aliases,
    logLevel: 'error',
  })
  return outfile
}

/** A small program, minified, with everything in it. */
export const buildSingle = async (source: string, file: string): Promise<void> => {
  await build({
    stdin: { contents: source, resolveDir: folder },
    outfile: builtFolder + file,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    tsconfigRaw: {},
    alias: aliases,
    logLevel: 'error',
  })
}
