import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { type Browser, engines, openBrowser, type Page } from '../../support/browsers.ts'
import { createTestingApp, type TestingApp } from '../../support/testing-app.ts'

let app: TestingApp
/** What Vite made of the app that docs/security.md shows, with the packed package in it. */
const built = new Map<string, string>()

beforeAll(async () => {
  app = await createTestingApp('docs/security.md', [])
  const inApp = (path: string) => join(app.folder, path)
  // The document's API is that of the page here; all else is as it is shown.
  const api = await readFile(inApp('api.ts'), 'utf8')
  await writeFile(inApp('api.ts'), api.replace('https://api.example.com/', '/'))
  await writeFile(inApp('main.ts'), "import { api } from './api'\nObject.assign(window, { api })\n")
  await writeFile(
    inApp('index.html'),
    '<!doctype html><title>App</title><script type="module" src="/main.ts"></script>',
  )
  await build({ configFile: false, root: app.folder, logLevel: 'error', build: { outDir: 'built' } })
  built.set('/index.html', await readFile(inApp('built/index.html'), 'utf8'))
  for (const name of await readdir(inApp('built/assets')))
    built.set(`/assets/${name}`, await readFile(inApp(`built/assets/${name}`), 'utf8'))
})
afterAll(() => app.remove())

/** A server of its own for one test, and so an origin with a worker of its own. */
const serveApp = async () => {
  const server = await startAuthServer()
  onTestFinished(server.close)
  const policy = "default-src 'self'; script-src 'self' 'unsafe-eval'; worker-src 'self'"
  for (const [path, body] of built) {
    const type = path.endsWith('.html') ? 'text/html' : 'text/javascript'
    server.answerWith(path, { status: 200, headers: { 'content-type': type, 'content-security-policy': policy }, body })
  }
  return { server, url: `${server.origin}/index.html` }
}

const ready = `for (let turn = 0; !window.api && turn < 200; turn += 1) await new Promise(resolve => setTimeout(resolve, 10))
  await api.session.ready()`
const statusOf = (page: Page) => page.run<string>(`${ready}; return api.session.status`)
const askFor = (page: Page, path: string) =>
  page.run<number>(`${ready}; return (await api.fetch(args[0])).status`, path)
const onDisk = `return {
  databases: (await indexedDB.databases()).map(({ name }) => name),
  items: [...Object.keys(localStorage), ...Object.values(sessionStorage)],
}`

describe.each(engines)('a session in the memory of a SharedWorker, in %s', engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(engine)
    // Some browsers end with their last window.
    await browser.newPage('about:blank')
  })
  afterAll(() => browser.close())

  const open = async (url: string) => {
    const page = await browser.newPage(url)
    onTestFinished(() => page.close().catch(() => {}))
    return page
  }

  test('is one for two tabs: three requests with an expired token cause one refresh, and nothing is on disk', async () => {
    const { server, url } = await serveApp()
    const [one, two] = [await open(url), await open(url)]
    expect([await statusOf(one), await statusOf(two)]).toEqual(['signed-out', 'signed-out'])
    await one.run('await api.session.signIn(args[0])', server.issue('alice'))
    await expect.poll(() => statusOf(two)).toBe('signed-in')
    server.expireAccessTokens()
    const statuses = await Promise.all([askFor(one, '/api/a'), askFor(two, '/api/b'), askFor(two, '/api/c')])
    expect({ statuses, refreshes: server.refreshes, reuses: server.reuses }).toEqual({
      statuses: [200, 200, 200],
      refreshes: 1,
      reuses: 0,
    })
    expect(await one.run(onDisk)).toEqual({ databases: [], items: [] })
    await two.run('await api.session.signOut()')
    await expect.poll(() => statusOf(one)).toBe('signed-out')
  })

  test('outlives dispose() of the only client, whose port to the worker is closed', async () => {
    const { server, url } = await serveApp()
    const page = await open(url)
    await statusOf(page)
    await page.run('await api.session.signIn(args[0]); api.dispose()', server.issue('alice'))
    expect(await askFor(page, '/api/a')).toBe(200)
    await page.run('await api.session.refresh()')
    expect([await statusOf(page), server.refreshes, server.reuses]).toEqual(['signed-in', 1, 0])
  })

  test('outlives a reload of the only tab', async () => {
    const { server, url } = await serveApp()
    const page = await open(url)
    await page.run(`${ready}; await api.session.signIn(args[0])`, server.issue('alice'))
    await page.goto(`${url}?again`)
    expect([await statusOf(page), await askFor(page, '/api/a'), server.refreshes]).toEqual(['signed-in', 200, 0])
  })
})
