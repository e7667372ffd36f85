import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import type { BrokenCase } from './broken.ts'

/** What the page has to know of this run. */
export interface PageConfiguration {
  readonly api: string
  readonly issuer: string
  readonly clientId: string
  readonly resource: string
  readonly scope: string
  readonly broken: readonly BrokenCase[]
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}
/** Where the broken servers are: some are never reached, and others only by a redirect. */
const loopback = 'http://127.0.0.1:* http://localhost:* http://api.staging.localhost:*'
/** Paths of the main page; the rest are files. */
const pagePaths = new Set(['/', '/login', '/callback'])

/** `shell.html` plays a native app, and shows `webview.html` in a frame; `frameworks.html` is one app in React and in Vue. */
const pages = ['index.html', 'shell.html', 'webview.html', 'frameworks.html']

export type BuiltPage = ReadonlyMap<string, string | Uint8Array>

/** Builds the pages in memory, with `latchkey` taken from the sources: nothing has to be built before. */
export async function buildPage(): Promise<BuiltPage> {
  const source = fileURLToPath(new URL('../../src', import.meta.url))
  const root = fileURLToPath(new URL('../page/', import.meta.url))
  const result = (await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^latchkey$/, replacement: `${source}/index.ts` },
        { find: /^latchkey\/(.*)$/, replacement: `${source}/$1.ts` },
      ],
    },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: pages.map(page => `${root}${page}`),
        // 'use client' of latchkey/react is for servers that render components; there is none here.
        onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      },
    },
  })) as Rolldown.RolldownOutput
  return new Map(result.output.map(file => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
}

/** Serves the built page; sends whoever came by another name (`localhost`) to the one origin everything trusts. */
export function servePage(files: BuiltPage, pageOrigin: string, configuration: PageConfiguration) {
  const policyOf = (path: string) =>
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${configuration.api} ${configuration.issuer}${path === '/index.html' ? ` ${loopback}` : ''}`,
      "base-uri 'none'",
      "form-action 'none'",
      path === '/shell.html' ? "frame-src 'self'" : "frame-src 'none'",
      path === '/webview.html' ? "frame-ancestors 'self'" : "frame-ancestors 'none'",
    ].join('; ')
  // `<` cannot occur in a JSON text outside strings, so this cannot close the element it stands in.
  const embedded = JSON.stringify(configuration).replaceAll('<', '\\u003c')

  return (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, search } = new URL(request.url ?? '/', pageOrigin)
    if (request.headers.host !== new URL(pageOrigin).host) {
      return void response.writeHead(307, { Location: pageOrigin + pathname + search }).end()
    }
    const path = pagePaths.has(pathname) ? '/index.html' : pathname
    const file = files.get(path)
    if (file === undefined) return void response.writeHead(404).end()
    const isPage = path.endsWith('.html')
    response.writeHead(200, {
      'Content-Type': contentTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      'Content-Security-Policy': policyOf(path),
      'Cache-Control': isPage ? 'no-store' : 'max-age=31536000, immutable',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(isPage ? String(file).replace('{{configuration}}', () => embedded) : file)
  }
}
