import { readFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

const { tsup } = read('package.json') as { readonly tsup: Options }
/** Written by `node test/support/private-names.ts`; a test reads the source for names that must not be in it. */
const names = read('test/support/private-names.json') as readonly string[]

/** For the library. The command line is built without it: alone, and as it is. */
export default defineConfig({
  ...tsup,
  esbuildOptions(options) {
    // All entries of the library are built in one pass: what they share has the same short names in all of them.
    options.mangleProps = new RegExp(`^(?:${names.join('|')})$`)
    // Minifiers of apps make a little more of it then.
    options.minifySyntax = true
  },
})
