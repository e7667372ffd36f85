import { readFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

const { tsup } = read('package.json') as { readonly tsup: Options }
/** Written by `node test/support/private-names.ts`; a test reads the source for names that must not be in it. */
const names = read('private-names.json') as readonly string[]

export default defineConfig({
  ...tsup,
  esbuildOptions(options) {
    // All entries of the library share their parts, and are built in one pass. The command line is built alone, and is not mangled.
    if ('index' in Object(options.entryPoints)) options.mangleProps = new RegExp(`^(?:${names.join('|')})$`)
  },
})
