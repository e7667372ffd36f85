import { readFile } from 'node:fs/promises'
import { extname, normalize } from 'node:path'
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

/** The package's own export map, as an import map: what a page without a bundler would write. */
const createImportMap = async (): Promise<string> => {
  const { exports } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as Exports
  const own = Object.entries(exports).flatMap(([name, target]) => {
    const file = typeof target === 'string' ? undefined : target.import?.default
    return file ? [[name.replace(/^\./, 'latchkey'), file.replace(/^\./, '')] as const] : []
  })
  const imports = {
    ...Object.fromEntries(own),
    ky: '/node_modules/ky/distribution/index.js',
    'jwt-decode': '/node_modules/jwt-decode/build/esm/index.js',
  }
  return JSON.stringify({ imports })
}

const readPage = async (): Promise<Answer> => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
  body: `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">
<script type="importmap">${await createImportMap()}</script><h1>A page</h1></html>`,
})

/** `/page.html`, whose scripts may `import 'latchkey'` and its other entries, and the files behind it. */
export const servePage = async ({ method, path }: ReceivedRequest): Promise<Answer | undefined> => {
  if (method !== 'GET') return undefined
  if (path === '/page.html') return readPage()
  const file = normalize(decodeURIComponent(path))
  if (!folders.test(file)) return undefined
  try {
    const headers = {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'cache-control': 'max-age=60',
    }
    return { status: 200, headers, body: await readFile(root + file.slice(1)) }
  } catch {
    return { status: 404, body: `There is no ${file}: npm run build` }
  }
}
