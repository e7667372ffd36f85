import { readFile } from 'node:fs/promises'
import { basename, extname, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer, ReceivedRequest } from './http-messages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What a page may load; the packages that the library imports are served as they were installed. */
const folders = /^\/(dist|node_modules\/(ky|jwt-decode))\//

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.map': 'application/json',
  '.ts': 'text/plain',
}

interface Exports {
  readonly exports: Readonly<Record<string, { readonly import?: { readonly default?: string } } | string>>
}

/** Each entry's name as apps import it, and its file, by the package's own export map. */
const readEntries = async (): Promise<readonly (readonly [name: string, file: string])[]> => {
  const { exports } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as Exports
  return Object.entries(exports).flatMap(([name, target]) => {
    const file = typeof target === 'string' ? undefined : target.import?.default
    return file ? [[name.replace(/^\./, 'latchkey'), file.replace(/^\./, '')] as const] : []
  })
}

/** The built entries with ky and jwt-decode in them, by file name. The frameworks stay imports: no page here has them. */
const bundle = async (): Promise<ReadonlyMap<string, string>> => {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: (await readEntries()).map(([, file]) => root + file.slice(1)),
    absWorkingDir: root,
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    external: ['react', 'vue'],
    tsconfigRaw: {}, // as an app sees it, without this project's paths
    logLevel: 'silent',
  })
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
}

let bundled: Promise<ReadonlyMap<string, string>> | undefined

/** As a bundler would resolve the names: six requests a page and not fifty, which browsers under automation feel. */
const bundledImports = async () =>
  Object.fromEntries((await readEntries()).map(([name, file]) => [name, `/bundle/${basename(file)}`]))

/** What a page without a bundler would write. */
const plainImports = async () => ({
  ...Object.fromEntries(await readEntries()),
  ky: '/node_modules/ky/distribution/index.js',
  'jwt-decode': '/node_modules/jwt-decode/build/esm/index.js',
})

const pageWith = (imports: Readonly<Record<string, string>>): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
  body: `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script><h1>A page</h1></html>`,
})

const readScript = async (path: string): Promise<Answer | undefined> => {
  const file = normalize(decodeURIComponent(path))
  const isBundled = file.startsWith('/bundle/')
  if (!isBundled && !folders.test(file)) return undefined
  if (isBundled) bundled ??= bundle()
  try {
    const body = isBundled ? (await bundled)?.get(basename(file)) : await readFile(root + file.slice(1))
    if (body === undefined) throw new Error('No such file')
    const headers = {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'cache-control': 'max-age=60',
    }
    return { status: 200, headers, body }
  } catch {
    return { status: 404, body: `There is no ${file}: npm run build` }
  }
}

/**
 * `/page.html`, whose scripts may `import 'latchkey'` and its other entries, and the files behind it; `/unbundled.html` is
 * the same with the files as they are in the package.
 */
export const servePage = async ({ method, path }: ReceivedRequest): Promise<Answer | undefined> => {
  if (method !== 'GET') return undefined
  if (path === '/page.html') return pageWith(await bundledImports())
  if (path === '/unbundled.html') return pageWith(await plainImports())
  return readScript(path)
}
