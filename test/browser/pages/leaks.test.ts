import { type CDPSession, chromium, type Page, type Browser as Playwright } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measurePage } from '../../load/chromium-heap.ts'
import { countOf, type Figures, findGrowth, type Grown, isFull, showGrowth } from '../../load/figures.ts'
import { serveLoad } from '../../load/serve.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'

/** What a page alone can show. */
const ofPages = [
  'useSession of React, mounted and unmounted',
  'useSession of Vue, mounted and unmounted',
  '<latchkey-inspector>, begun and stopped',
  'followShell, begun and stopped',
  'create and dispose with indexedDbStore()',
  'create and dispose with sharedMemoryStore()',
]
/** Some of what is counted in Node, which counts all of it in less time. */
const ofBoth = [
  'requests with a valid token, the ky form',
  'requests with a valid token, latchkey/fetch',
  'requests that wait once behind a refresh, the ky form',
  'requests that wait once behind a refresh, latchkey/fetch',
  'create and dispose, the ky form',
  'create and dispose, latchkey/fetch',
  'dispose while a dialog is open that never closes',
  'sign in and sign out',
]

const chosen = [...ofBoth, ...ofPages]

/** Objects that Chromium itself keeps for each turn, as long as the page: the `SharedWorker` and its port. */
const keptByChromium: Readonly<Record<string, number>> = { 'create and dispose with sharedMemoryStore()': 2 }

let server: Awaited<ReturnType<typeof serveLoad>>
let browser: Playwright
let page: Page
let protocol: CDPSession
let before: Figures
const call = (name: 'start' | 'run', ...given: readonly unknown[]) =>
  page.evaluate<unknown>(`load.${name}(...${JSON.stringify(given)})`)

/** A busy browser lets go of some objects late. What is left for good is there each time. */
const mostLooks = 6

const hasGrown = (grown: Grown) => Object.keys(findGrowth(grown)).length > 0

async function soak(name: string, count: number): Promise<Grown> {
  await call('run', name, count)
  const kept = (keptByChromium[name] ?? 0) * count
  for (let looks = 1; ; looks += 1) {
    const after = await measurePage(page, protocol)
    const grown = { name, count, before, after: { ...after, objects: (after['objects'] ?? 0) - kept } }
    if (looks === mostLooks || !hasGrown(grown)) {
      before = after
      return grown
    }
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}

beforeAll(async () => {
  server = await serveLoad()
  browser = await chromium.launch(chromiumLaunch)
  page = await browser.newPage()
  await page.goto(server.origin)
  await page.waitForFunction('globalThis.load')
  protocol = await page.context().newCDPSession(page)
  await protocol.send('Performance.enable')
  // All are begun first, so that one measure stands between two of them: what is made once is there by then.
  for (const name of chosen) {
    await call('start', name)
    await call('run', name, isFull ? 200 : 20)
  }
  before = await measurePage(page, protocol)
}, 3_600_000)
afterAll(async () => {
  await browser.close()
  server.close()
})

describe('in a page of Chromium nothing is left of', () => {
  test.each(chosen)('%s', { timeout: 3_600_000 }, async name => {
    const count = name.startsWith('requests') ? countOf('requests', 100) : countOf('cycles', 30)
    let grown = await soak(name, count)
    // What Chromium makes once, some time, is not made again by as many turns. A leak is.
    if (hasGrown(grown)) grown = await soak(name, count)
    if (isFull) showGrowth('Chromium', [grown])
    expect(findGrowth(grown)).toEqual({})
  })
})
