import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, engines } from '../../support/browsers.ts'
import { createStage, openStageBrowser, type StageTab } from '../../support/tab-stage.ts'
import { createTabTable } from '../../support/tab-table.ts'

const table = createTabTable('Tokens that expire in several tabs')
afterAll(() => table.print())

const dayMs = 86_400_000
/** Soon enough, and late enough for every page to have been told. */
const soonMs = (tabs: readonly StageTab[]) => Date.now() + 150 + 25 * tabs.length
const alice = { outcome: '200', subject: 'alice' }

describe.for(engines)('in %s', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  // Twelve, and a hundred by a flag: tabs.many.
  test.for([2, 5])(
    '%i tabs whose token was refused at once make one refresh, and all go on (RT-01, RT-07)',
    async (count, context) => {
      const { server, openTabs } = await createStage(context, browser)
      const tabs = await openTabs(count)
      server.expireAccessTokens()
      const atMs = soonMs(tabs)
      const asked = await Promise.all(tabs.map(tab => tab.ask(atMs)))
      await table.note(engine, `${count} tabs, all at once`, server, tabs)
      expect(asked).toEqual(tabs.map(() => alice))
      expect([server.refreshes, server.reuses]).toEqual([1, 0])
    },
  )

  test('three tabs that find out one after the other make one refresh (RT-02, RT-03)', async context => {
    const { server, openTabs } = await createStage(context, browser)
    const tabs = await openTabs(3)
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const atMs = soonMs(tabs)
    const asking = tabs.map((tab, place) => tab.ask(atMs + 60 * place))
    await gate.reached()
    await tabs[1]?.page.run('await new Promise(resolve => setTimeout(resolve, 150))')
    gate.open()
    const asked = await Promise.all(asking)
    await table.note(engine, '3 tabs, staggered', server, tabs)
    expect(asked).toEqual(tabs.map(() => alice))
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('an iframe of the same origin shares the refresh of its page and of other tabs (RT-07)', async context => {
    const { server, openTab, openTabs } = await createStage(context, browser)
    const tabs = [...(await openTabs(2)), await openTab({ isFramed: true }), await openTab({ isFramed: true })]
    server.expireAccessTokens()
    const atMs = soonMs(tabs)
    const asked = await Promise.all(tabs.map(tab => tab.ask(atMs)))
    await table.note(engine, '2 tabs and 2 iframes, all at once', server, tabs)
    expect(asked).toEqual(tabs.map(() => alice))
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('refresh after refresh, whichever tab begins, each token is used once (RF-07, RF-08)', async context => {
    const { server, openTabs } = await createStage(context, browser)
    const tabs = await openTabs(3)
    for (let round = 0; round < 5; round += 1) {
      server.expireAccessTokens()
      const atMs = soonMs(tabs)
      const asked = await Promise.all(tabs.map((tab, place) => tab.ask(atMs + ((place + round) % 3) * 20)))
      expect(asked).toEqual(tabs.map(() => alice))
    }
    await table.note(engine, '3 tabs, 5 expiries', server, tabs)
    expect([server.refreshes, server.reuses]).toEqual([5, 0])
  })

  test('a 503 with three tabs waiting is tried again when the server says so, once for all of them, and no tab sees an error (RF-10, RF-12)', async context => {
    const { server, openTabs } = await createStage(context, browser)
    const tabs = await openTabs(3)
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    const atMs = soonMs(tabs)
    const asking = tabs.map(tab => tab.ask(atMs))
    await gate.reached()
    await tabs[1]?.page.run('await new Promise(resolve => setTimeout(resolve, 300))')
    const answeredAt = Date.now()
    gate.open({ kind: 'status', status: 503, headers: { 'retry-after': '1' } })
    expect(await Promise.all(asking)).toEqual(tabs.map(() => alice))
    expect(Date.now() - answeredAt).toBeGreaterThanOrEqual(1000)
    await table.note(engine, '3 tabs wait, 503, and wait on', server, tabs)
    expect([server.refreshes, server.reuses]).toEqual([2, 0])
  })

  test.for([
    ['a day ahead', dayMs],
    ['a day behind', -dayMs],
  ] as const)(
    'clocks that are %s cause at most one refresh a generation, and no loop (TM-08)',
    async ([what, offsetMs], context) => {
      const { server, openTab, openTabs } = await createStage(context, browser)
      const tabs = [...(await openTabs(2, { offsetMs })), await openTab()]
      expect(await Promise.all(tabs.map(tab => tab.ask()))).toEqual(tabs.map(() => alice))
      // The tab with the right clock may think a token of the day before expired; it asks once, and is believed.
      const before = server.refreshes
      expect(before).toBeLessThanOrEqual(1)
      server.expireAccessTokens()
      const atMs = soonMs(tabs)
      expect(await Promise.all(tabs.map(tab => tab.ask(atMs)))).toEqual(tabs.map(() => alice))
      await table.note(engine, `2 tabs with clocks ${what}, 1 right`, server, tabs)
      // One for the refusal; where a tab adopts what another with another clock has stored, it may look expired to it, once a generation.
      expect(server.refreshes - before).toBeGreaterThanOrEqual(1)
      expect(server.refreshes - before).toBeLessThanOrEqual(2)
      expect(server.reuses).toBe(0)
    },
  )
})
