import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, type Engine, engines } from '../../support/browsers.ts'
import {
  createStage,
  openStageBrowser,
  type Platform,
  type StageTab,
  type TabOptions,
} from '../../support/tab-stage.ts'
import { createTabTable } from '../../support/tab-table.ts'

const table = createTabTable('Three tabs of a browser that lacks something')
afterAll(() => table.print())

const platforms: readonly Platform[] = ['Web Locks', 'BroadcastChannel', 'IndexedDB', 'localStorage']
const lacks: readonly (readonly Platform[])[] = [
  ...platforms.map(one => [one]),
  ...platforms.flatMap((one, place) => platforms.slice(place + 1).map(other => [one, other])),
]

/** What a browser lacks is asked of the page, not of the engine: all pairs in Chromium, elsewhere the two by which tabs agree. */
const isDriven = (engine: Engine, missing: readonly Platform[]): boolean =>
  engine === 'chromium' || missing.length === 1 || missing.join() === 'Web Locks,BroadcastChannel'

/** What an app can still use to share a session. */
function storeFor(missing: readonly Platform[]): NonNullable<TabOptions['store']> {
  if (!missing.includes('IndexedDB')) return 'indexed-db'
  return missing.includes('localStorage') ? 'memory' : 'web-storage'
}

const alice = { outcome: '200', subject: 'alice' }
const together = (tabs: readonly StageTab[]) => {
  const atMs = Date.now() + 150
  return Promise.all(tabs.map(tab => tab.ask(atMs)))
}

describe.for(engines)('in %s', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  const shared = lacks
    .filter(missing => isDriven(engine, missing) && storeFor(missing) !== 'memory')
    .map(missing => [missing.join(' and '), missing] as const)

  test.for(shared)(
    'without %s: one refresh, and a sign-out counts everywhere (RT-12)',
    async ([what, missing], context) => {
      const { server, openTabs } = await createStage(context, browser)
      const tabs = await openTabs(3, { missing, store: storeFor(missing) })
      server.expireAccessTokens()
      expect(await together(tabs)).toEqual([alice, alice, alice])
      await table.note(engine, `without ${what} (${storeFor(missing)})`, server, tabs)
      expect([server.refreshes, server.reuses]).toEqual([1, 0])
      await tabs[0].signOut()
      const sent = server.sends.length
      const after = await Promise.all(tabs.slice(1).map(tab => tab.ask(Date.now() + 100)))
      // Who is not told looks before sending, and finds its request's session over.
      expect(after.filter(({ outcome }) => outcome !== '401' && outcome !== 'session-ended')).toEqual([])
      expect(server.sends.slice(sent).filter(({ authorization }) => authorization !== null)).toEqual([])
    },
  )

  test('without any storage each tab has a session of its own, and refreshes its own token once', async context => {
    const { server, openTabs } = await createStage(context, browser)
    const missing: Platform[] = ['IndexedDB', 'localStorage']
    const tabs = await openTabs(3, { missing, store: 'indexed-db' })
    for (const tab of tabs.slice(1)) await tab.signIn(server.issue('alice'))
    server.expireAccessTokens()
    expect(await together(tabs)).toEqual([alice, alice, alice])
    await table.note(engine, 'without IndexedDB and localStorage (memory)', server, tabs)
    expect([server.refreshes, server.reuses]).toEqual([3, 0])
  })
})
