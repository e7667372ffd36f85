import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumLaunch } from '../../support/browser-launch.ts'
import { createTestingApp, type TestingApp } from '../../support/testing-app.ts'

const page = `import { createClient, indexedDbStore } from 'latchkey'

const api = createClient({
  baseUrl: 'https://api.example.com/',
  refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
  store: indexedDbStore(),
  onLoginRequired: () => document.body.replaceChildren('Please sign in'),
})
const todos = await api.get('todos').json()
document.body.replaceChildren(todos.map(({ title }) => title).join(', '))
`
const config = `export default {
  testMatch: 'todos.spec.ts',
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['json', { outputFile: 'report.json' }]],
  use: { browserName: 'chromium', launchOptions: ${JSON.stringify(chromiumLaunch)} },
}
`

let app: TestingApp
let close: () => void

beforeAll(async () => {
  app = await createTestingApp('docs/testing.md', ['playwright', 'playwright-core'])
  const inApp = (path: string) => join(app.folder, path)
  // What the package of that name is.
  await mkdir(inApp('node_modules/@playwright/test'), { recursive: true })
  await writeFile(inApp('node_modules/@playwright/test/package.json'), '{ "exports": "./index.mjs" }')
  await writeFile(
    inApp('node_modules/@playwright/test/index.mjs'),
    "export * from 'playwright/test'\nexport { default } from 'playwright/test'\n",
  )
  const { outputFiles } = await build({
    stdin: { contents: page, resolveDir: app.folder },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    tsconfigRaw: {},
  })
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? outputFiles[0]?.text : '<!doctype html><script type="module" src="/page.js"></script>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  close = () => void server.close()
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const spec = await readFile(inApp('todos.spec.ts'), 'utf8')
  await writeFile(inApp('todos.spec.ts'), spec.replaceAll('http://localhost:5173', origin))
  await writeFile(inApp('playwright.config.mjs'), config)
})
afterAll(async () => {
  close()
  await app.remove()
})

test('The Playwright tests that docs/testing.md shows pass in an app that has the packed package', async () => {
  await app.runTool('playwright/cli.js', 'test')
  const { stats } = JSON.parse(await readFile(join(app.folder, 'report.json'), 'utf8'))
  expect(stats).toMatchObject({ expected: 3, unexpected: 0, flaky: 0, skipped: 0 })
})
