import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AuthServer } from '../../support/auth-server.ts'
import { type Browser, engines } from '../../support/browsers.ts'
import { createStage, impatient, openStageBrowser } from '../../support/tab-stage.ts'
import { createTabTable } from '../../support/tab-table.ts'

const table = createTabTable('A tab that dies in the middle of its refresh, two others waiting')
afterAll(() => table.print())

const alice = { outcome: '200', subject: 'alice' }

/** Until so many requests were refused: who sent them waits for a refresh from then on. */
const refused = (server: AuthServer, count: number) =>
  vi.waitFor(() => expect(server.sends.filter(({ status }) => status === 401).length).toBe(count), 10_000)

describe.for(engines)('in %s', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  test('killed before sending: the next in line sends, once (RT-07, RT-10)', async context => {
    const { server, openTab, openTabs } = await createStage(context, browser)
    const [victim] = await openTabs(1, { ...impatient, gates: ['before sending'] })
    const others = [await openTab(impatient), await openTab(impatient)]
    server.expireAccessTokens()
    victim.ask().catch(() => {})
    await victim.reached('before sending')
    const asking = others.map(tab => tab.ask())
    await refused(server, 3)
    await victim.page.close()
    expect(await Promise.all(asking)).toEqual([alice, alice])
    await table.note(engine, 'before sending', server, others)
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('killed after sending, its request lost: the token is presented once more, and good (RF-13)', async context => {
    const { server, openTab, openTabs } = await createStage(context, browser)
    const [victim] = await openTabs(1, impatient)
    const others = [await openTab(impatient), await openTab(impatient)]
    server.expireAccessTokens()
    const gate = server.holdRefresh()
    victim.ask().catch(() => {})
    await gate.reached()
    const asking = others.map(tab => tab.ask())
    await refused(server, 3)
    await victim.page.close()
    // Never handled, and never answered: of a connection that breaks, Chromium would send the request again by itself.
    gate.open({ kind: 'hang-in-headers' })
    expect(await Promise.all(asking)).toEqual([alice, alice])
    await table.note(engine, 'after sending, request lost', server, others)
    expect([server.refreshes, server.reuses]).toEqual([2, 0])
  })

  test.for([
    ['after the answer', 'grace'],
    ['after the answer', 'strict'],
    ['before saving', 'grace'],
    ['before saving', 'strict'],
  ] as const)(
    'killed %s, server %s: what it got is lost, and the token is presented once more; the server decides (RF-13)',
    async ([step, reuse], context) => {
      const { server, openTab, openTabs } = await createStage(context, browser, { reuse })
      const [victim] = await openTabs(1, { ...impatient, gates: [step] })
      const others = [await openTab(impatient), await openTab(impatient)]
      server.expireAccessTokens()
      victim.ask().catch(() => {})
      await victim.reached(step)
      const asking = others.map(tab => tab.ask())
      await refused(server, 3)
      await victim.page.close()
      const outcomes = (await Promise.all(asking)).map(({ outcome }) => outcome)
      await table.note(engine, `${step}, server ${reuse}`, server, others)
      expect(outcomes).toEqual(reuse === 'grace' ? ['200', '200'] : ['session-ended', 'session-ended'])
      expect([server.refreshes, server.reuses]).toEqual([2, 1])
    },
  )
})
