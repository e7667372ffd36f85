import { SourceMap, type SourceMapPayload } from 'node:module'
import { brotliCompressSync, constants } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { root } from './project.ts'

export interface Bundle {
  readonly code: string
  /** The library's source files that left anything in the code. */
  readonly sources: ReadonlySet<string>
  /** Packages that the code imports still. */
  readonly imports: readonly string[]
  readonly brotliBytes: number
}

export interface BundleOptions {
  /** @default everything of the entry */
  readonly names?: readonly string[]
  /** @default ['ky', 'react', 'vue'] */
  readonly external?: readonly string[]
  /** Modules put in the place of packages. */
  readonly plugins?: readonly Plugin[]
  /** @default 'esm' */
  readonly format?: 'esm' | 'iife'
}

/** Every place in the one-line code is asked where it came from: a source that was shaken out answers nowhere. */
const readSources = (code: string, map: SourceMapPayload): ReadonlySet<string> => {
  const sourceMap = new SourceMap(map)
  const sources = new Set<string>()
  code.split('\n').forEach((line, lineIndex) => {
    for (let column = 0; column < line.length; column += 1) {
      const entry = sourceMap.findEntry(lineIndex, column)
      if (!('originalSource' in entry)) continue
      const [, source] = /(?:^|\/)(src\/.*)$/.exec(entry.originalSource) ?? []
      if (source) sources.add(source)
    }
  })
  return sources
}

/** What a bundler makes of the built package for an app that imports these names, minified. */
export const bundleEntry = async (entry: string, options: BundleOptions = {}): Promise<Bundle> => {
  const { names, external = ['ky', 'react', 'vue'], plugins = [], format = 'esm' } = options
  const result = await build({
    stdin: {
      contents: `export ${names ? `{ ${names.join(', ')} }` : '*'} from './dist/${entry}.js'`,
      resolveDir: root,
    },
    absWorkingDir: root,
    outfile: 'bundle.js',
    bundle: true,
    write: false,
    minify: true,
    sourcemap: 'external',
    metafile: true,
    target: 'es2022',
    format,
    external: [...external],
    plugins: [...plugins],
    tsconfigRaw: {}, // as an app sees it, without this project's paths
    logLevel: 'silent',
  })
  const textOf = (ending: string) => result.outputFiles.find(file => file.path.endsWith(ending))?.text ?? ''
  const code = textOf('.js')
  const [output] = Object.values(result.metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined)
  return {
    code,
    sources: readSources(code, JSON.parse(textOf('.map')) as SourceMapPayload),
    imports: output?.imports.map(({ path }) => path) ?? [],
    brotliBytes: brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  }
}
