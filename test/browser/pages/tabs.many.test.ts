import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, openBrowser } from '../../support/browsers.ts'
import { createStage } from '../../support/tab-stage.ts'

/** More by `TABS=100 npx vitest run … tabs.many`. */
const count = Number(process.env['TABS'] ?? 12)

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser('chromium')
})
afterAll(() => browser.close())

const heapBytes = 'return performance.memory.usedJSHeapSize'

test(`${count} tabs whose session has an expired token make one refresh, and all go on`, {
  timeout: 60_000 + count * 5000,
}, async context => {
  const { server, openTabs } = await createStage(context, browser, { accessTokenSeconds: 2 })
  const startedAt = performance.now()
  const tabs = await openTabs(count)
  const openedAt = performance.now()
  server.settings.accessTokenSeconds = 300
  const expiresAtMs = await tabs[0].page.run<number>('return tab.api.session.getSnapshot().accessTokenExpiresAtMs')
  const atMs = Math.max(expiresAtMs, Date.now()) + 500 + 25 * count
  const asked = await Promise.all(tabs.map(tab => tab.ask(atMs)))
  const ms = Date.now() - atMs
  const bytes = await Promise.all(tabs.map(({ page }) => page.run<number>(heapBytes)))
  const mebibytes = bytes.reduce((sum, one) => sum + one, 0) / 2 ** 20
  console.log(
    `${count} tabs: opened in ${Math.round(openedAt - startedAt)} ms, all answered ${ms} ms after they asked, ` +
      `${(mebibytes / count).toFixed(1)} MiB of heap each, ${server.refreshes} refresh, ${server.sends.length} requests`,
  )
  expect(asked).toEqual(tabs.map(() => ({ outcome: '200', subject: 'alice' })))
  expect([server.refreshes, server.reuses]).toEqual([1, 0])
  // Each of them knew that the token had expired, and sent its request once.
  expect(server.sends.map(({ status }) => status)).toEqual(tabs.map(() => 200))
})
