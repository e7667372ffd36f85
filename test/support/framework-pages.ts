import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Answer } from './http-messages.ts'
import { type InstalledPackage, installPackage } from './installed-package.ts'
import { root } from './project.ts'

const sources = `${root}test/browser/frameworks/`
const react18 = `${root}test/browser/react-18`

interface Source {
  readonly entry: string
  /** The folder whose React it is built with. */
  readonly react: string
}

/** The scripts of the pages. */
const scripts = {
  'react-18': { entry: 'react/plain.tsx', react: react18 },
  'react-18-hydrate': { entry: 'react/hydrate.tsx', react: react18 },
  'react-19': { entry: 'react/plain.tsx', react: root },
  'react-19-hydrate': { entry: 'react/hydrate.tsx', react: root },
  'react-router': { entry: 'react/react-router.tsx', react: root },
  'tanstack-router': { entry: 'react/tanstack-router.tsx', react: root },
  vue: { entry: 'vue/vue-router.ts', react: root },
  'vue-hydrate': { entry: 'vue/hydrate.ts', react: root },
} as const

export type Framework = keyof typeof scripts

/** What renders some of them on a server. */
const servers = {
  'react-18-hydrate': { entry: 'react/server.tsx', react: react18 },
  'react-19-hydrate': { entry: 'react/server.tsx', react: root },
  'vue-hydrate': { entry: 'vue/server.ts', react: root },
} as const

export type RenderedFramework = keyof typeof servers

/** `latchkey` is the packed package, `react` the version that is wanted, and all else the project's own. */
const resolveFrom = (packed: string, react: string): Plugin => ({
  name: 'packed',
  setup: builder => {
    const from = (filter: RegExp, folder: string) =>
      builder.onResolve({ filter }, ({ path, kind, pluginData }) =>
        pluginData === 'found' ? undefined : builder.resolve(path, { resolveDir: folder, kind, pluginData: 'found' }),
      )
    from(/^latchkey(\/|$)/, packed)
    from(/^(react|react-dom|scheduler)(\/|$)/, react)
    from(/^(vue|@vue\/.*)(\/|$)/, root)
  },
})

/** React 18 has a lock file of its own: the project itself is on the newest. */
function installReact18(): void {
  if (existsSync(`${react18}/node_modules/react-dom/package.json`)) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: react18, stdio: 'inherit' })
  if (status !== 0) throw new Error('React 18 could not be installed: npm ci in test/browser/react-18')
}

const define = {
  'process.env.NODE_ENV': '"development"',
  __VUE_OPTIONS_API__: 'true',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true',
}

/** One build for each React, so that what its pages share is parsed once. */
async function bundle(
  packed: string,
  sourcesByName: Readonly<Record<string, Source>>,
  platform: 'browser' | 'node',
): Promise<Readonly<Record<string, string>>> {
  const built: Record<string, string> = {}
  for (const react of [react18, root]) {
    const own = Object.entries(sourcesByName).filter(([, source]) => source.react === react)
    const { outputFiles } = await build({
      entryPoints: Object.fromEntries(own.map(([name, { entry }]) => [name, sources + entry])),
      bundle: true,
      write: false,
      outdir: 'out',
      platform,
      format: platform === 'node' ? 'cjs' : 'esm',
      target: 'es2022',
      jsx: 'automatic',
      tsconfigRaw: {}, // as an app sees it, without this project's paths
      define,
      logLevel: 'error',
      plugins: [resolveFrom(packed, react)],
    })
    for (const { path, text } of outputFiles) built[basename(path, '.js')] = text
  }
  return built
}

export interface FrameworkPages {
  /** An app's folder, with the packed package in it. */
  readonly packed: string
  script(framework: Framework): string
  /** Renders on a server, as for one visitor. */
  render(framework: RenderedFramework, ...args: readonly unknown[]): Promise<string>
  close(): Promise<void>
}

interface Renderer {
  readonly render: (...args: readonly unknown[]) => Promise<string>
}

/** Builds all pages in development mode (so that the frameworks warn), from the packed package. */
export async function buildFrameworkPages(): Promise<FrameworkPages> {
  installReact18()
  const packed: InstalledPackage = await installPackage()
  const built = await bundle(packed.folder, scripts, 'browser')
  const forServers = await bundle(packed.folder, servers, 'node')
  const renderers = new Map(
    Object.entries(forServers).map(([name, text]) => [name, runAsModule(text, join(packed.folder, `${name}.cjs`))]),
  )
  return {
    packed: packed.folder,
    script: framework => built[framework] ?? '',
    render: async (framework, ...args) => (renderers.get(framework) as Renderer).render(...args),
    close: packed.remove,
  }
}

function runAsModule(text: string, path: string): unknown {
  const module = { exports: {} }
  new Function('module', 'exports', 'require', text)(module, module.exports, createRequire(path))
  return module.exports
}

/** Notes what comes to the console, and waits for what a test wants to see. */
export const listen = `window.complaints = []
for (const level of ['error', 'warn']) {
  const tell = console[level]
  console[level] = (...said) => { window.complaints.push(said.map(String).join(' ')); tell.apply(console, said) }
}
addEventListener('error', ({ message }) => window.complaints.push(message))
addEventListener('unhandledrejection', ({ reason }) => window.complaints.push(String(reason)))
window.until = async (holds, what = String(holds)) => {
  for (const start = performance.now(); !holds(); await new Promise(resolve => setTimeout(resolve, 5)))
    if (performance.now() - start > 8000) throw new Error('Never: ' + what + ' in ' + document.body.innerText + ' after ' + window.complaints.join('; '))
}`

/** A document with what the server rendered, and what it knew of the session. */
export const createDocument = (framework: Framework, html = '', known?: object | null): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: `<!doctype html><html lang="en"><title>${framework}</title><link rel="icon" href="data:,">
<script>${listen}
${known === undefined ? '' : `window.known = ${JSON.stringify(known).replaceAll('<', '\\u003c')}`}</script>
<div id="root">${html}</div><script type="module" src="/${framework}.js"></script></html>`,
})
