import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from 'vite'
import { listen } from './framework-pages.ts'
import { root } from './project.ts'

const client = (origin: string, edition: number) => `
import { createClient, indexedDbStore } from 'latchkey'
export const edition = ${edition}
export const api = createClient({
  baseUrl: '${origin}/',
  store: indexedDbStore(),
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
})
import.meta.hot.dispose(() => api.dispose())
`
const main = `
import { createElement as h, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { useSession } from 'latchkey/react'
import { api, edition } from './api.js'
const rendered = []
function Header() {
  const { status, subject } = useSession(api)
  rendered.push(status + ' ' + subject)
  return h('header', null, status + ' ' + subject)
}
window.page = { api, edition, rendered }
const root = import.meta.hot.data.root ??= createRoot(document.getElementById('root'))
root.render(h(StrictMode, null, h(Header)))
import.meta.hot.accept()
`

const failUnlessLinked = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST') throw error
}

export interface HotApp {
  readonly url: string
  /** Changes the module that makes the client. */
  edit(): Promise<void>
  close(): Promise<void>
}

/** An app in Vite's development server, in the folder that has the packed package. */
export async function startHotApp(origin: string, folder: string): Promise<HotApp> {
  const app = await mkdtemp(join(folder, 'hot-'))
  // Beside the package, which imports them, and there for the other apps of this folder.
  for (const name of ['react', 'react-dom', 'scheduler'])
    await symlink(`${root}node_modules/${name}`, join(folder, 'node_modules', name)).catch(failUnlessLinked)
  await writeFile(join(app, 'api.js'), client(origin, 1))
  await writeFile(join(app, 'main.js'), main)
  await writeFile(
    join(app, 'index.html'),
    `<!doctype html><html lang="en"><title>hot</title><link rel="icon" href="data:,"><script>${listen}</script>
<div id="root"></div><script type="module" src="/main.js"></script></html>`,
  )
  const vite = await createServer({
    configFile: false,
    root: app,
    cacheDir: join(app, '.vite'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, strictPort: false, fs: { strict: false } },
    optimizeDeps: { include: ['react', 'react-dom/client', 'latchkey', 'latchkey/react'] },
  })
  await vite.listen()
  return {
    url: vite.resolvedUrls?.local[0] ?? '',
    edit: () => writeFile(join(app, 'api.js'), client(origin, 2)),
    close: () => vite.close(),
  }
}
