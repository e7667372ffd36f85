import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import type { AuthSettings } from '../../support/auth-settings.ts'
import { type Browser, engines } from '../../support/browsers.ts'
import { openChromiumTabs } from '../../support/chromium-tabs.ts'
import { createStage, type GateName, impatient, openStageBrowser } from '../../support/tab-stage.ts'
import { createTabTable } from '../../support/tab-table.ts'

const table = createTabTable('A tab that sleeps in the middle of its refresh and wakes later')
afterAll(() => table.print())

const alice = { outcome: '200', subject: 'alice' }

interface Case {
  readonly step: GateName | 'while the server has it'
  /** How often the first token is presented, and how often that is a reuse. */
  readonly counts: readonly [refreshes: number, reuses: number]
  readonly reuse: AuthSettings['reuse']
}

/** What the server handled is spent: only one that forgives it can go on. What was never sent costs nothing. */
const cases: readonly Case[] = [
  { step: 'before sending', reuse: 'strict', counts: [1, 0] },
  { step: 'while the server has it', reuse: 'grace', counts: [2, 1] },
  { step: 'after the answer', reuse: 'grace', counts: [2, 1] },
  { step: 'before saving', reuse: 'grace', counts: [2, 1] },
]

const gatesOf = (step: Case['step']) => (step === 'while the server has it' ? [] : [step])

/** In a browser of its own: cases beside it would bring their tabs in front of this one's. */
async function createTabsStage(context: TestContext, settings: Partial<AuthSettings> = {}) {
  const browser = await openChromiumTabs()
  context.onTestFinished(browser.close)
  return createStage(context, browser, settings)
}

// One after another: each has a browser of its own, and beside each other they are too slow for the deadlines of impatient tabs.
describe('in chromium, frozen', () => {
  test.for(cases)(
    'asleep $step: others go on, and it adopts what they have (RT-10, RT-11)',
    async ({ step, reuse, counts }, context) => {
      const { server, openTab, openTabs } = await createTabsStage(context, { reuse })
      const [sleeper] = await openTabs(1, { ...impatient, gates: gatesOf(step) })
      server.expireAccessTokens()
      const held = step === 'while the server has it' ? server.holdRefresh({ at: 'after-handling' }) : undefined
      const sleepersAsk = sleeper.ask()
      await (step === 'while the server has it' ? held?.reached() : sleeper.reached(step))
      // Only a hidden page can be frozen, and another one in front hides it.
      const other = await openTab(impatient)
      await other.page.bringToFront()
      await sleeper.page.freeze()
      expect(await other.ask()).toEqual(alice)
      await sleeper.page.resume()
      held?.open()
      if (step !== 'while the server has it') await sleeper.open(step)
      expect(await sleepersAsk).toEqual(alice)
      await table.note('chromium', `frozen ${step}, server ${reuse}`, server, [sleeper, other])
      expect([server.refreshes, server.reuses]).toEqual(counts)
      // What is stored is the newest there is: the next refresh is a plain one.
      server.expireAccessTokens()
      expect(await other.ask()).toEqual(alice)
      expect(await sleeper.ask()).toEqual(alice)
      expect([server.refreshes, server.reuses]).toEqual([counts[0] + 1, counts[1]])
    },
  )

  test('a hidden tab that is thawed and stays hidden goes on with what waited in it', async context => {
    const { server, openTab, openTabs } = await createTabsStage(context)
    const [holder] = await openTabs(1, { ...impatient, gates: ['before sending'] })
    const sleeper = await openTab(impatient)
    server.expireAccessTokens()
    const holdersAsk = holder.ask()
    await holder.reached('before sending')
    const sleepersAsk = sleeper.ask()
    await holder.page.bringToFront()
    await sleeper.page.freeze()
    await holder.open('before sending')
    expect(await holdersAsk).toEqual(alice)
    await sleeper.page.resume()
    expect(await sleeper.page.run('return document.visibilityState')).toBe('hidden')
    expect(await sleepersAsk).toEqual(alice)
    await table.note('chromium', 'frozen in the queue, thawed while hidden', server, [holder, sleeper])
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('a tab that slept through a sign-out sends nothing as who was signed in', async context => {
    const { server, openTab, openTabs } = await createTabsStage(context)
    const [sleeper] = await openTabs(1, impatient)
    const other = await openTab(impatient)
    await other.page.bringToFront()
    await sleeper.page.freeze()
    await other.signOut()
    // Asked while it sleeps, sent as soon as it wakes.
    const asking = sleeper.ask(Date.now() + 200)
    await other.page.run('await new Promise(resolve => setTimeout(resolve, 300))')
    await sleeper.page.resume()
    await asking
    await table.note('chromium', 'frozen through a sign-out', server, [sleeper, other])
    expect(server.sends.filter(({ authorization }) => authorization !== null)).toEqual([])
  })
})

// Elsewhere no page can be frozen from outside: its refresh stands still in the app's own refresh or store, while the page lives.
describe.for(['firefox', 'webkit'] as const)('in %s, held', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  test.for(cases)(
    'held $step: others go on, and it adopts what they have (RT-10)',
    async ({ step, reuse, counts }, context) => {
      const { server, openTab, openTabs } = await createStage(context, browser, { reuse })
      const [held] = await openTabs(1, { ...impatient, gates: gatesOf(step) })
      const other = await openTab(impatient)
      server.expireAccessTokens()
      const gate = step === 'while the server has it' ? server.holdRefresh({ at: 'after-handling' }) : undefined
      const asking = held.ask()
      await (step === 'while the server has it' ? gate?.reached() : held.reached(step))
      // Its own request may come to its deadline; nobody's session may come to an end.
      expect((await other.ask()).outcome).toMatch(/^(200|refresh-unavailable)$/)
      gate?.open()
      if (step !== 'while the server has it') await held.open(step)
      expect((await asking).outcome).toMatch(/^(200|refresh-unavailable)$/)
      const again = Date.now() + 1100
      expect(await Promise.all([held.ask(again), other.ask(again)])).toEqual([alice, alice])
      await table.note(engine, `held ${step}, server ${reuse}`, server, [held, other])
      expect(server.reuses).toBeLessThanOrEqual(counts[1])
      const { refreshes, reuses } = server
      server.expireAccessTokens()
      expect(await Promise.all([held.ask(), other.ask()])).toEqual([alice, alice])
      expect([server.refreshes, server.reuses]).toEqual([refreshes + 1, reuses])
    },
  )
})

describe.for(engines)('in %s', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  test("the loser's refusal, before the winner's tokens have come, ends nobody's session (RT-09)", async context => {
    const { server, openTab, openTabs } = await createStage(context, browser, { reuse: 'lenient' })
    // Its patience is so long that others take its refresh for lost, as if it slept.
    const [loser] = await openTabs(1, { ...impatient, refreshTimeoutMs: 60_000 })
    const winner = await openTab(impatient)
    server.expireAccessTokens()
    const losersRequest = server.holdRefresh()
    const losersAsk = loser.ask()
    await losersRequest.reached()
    const winnersAnswer = server.holdRefresh({ at: 'after-handling' })
    const winnersAsk = winner.ask()
    await winnersAnswer.reached()
    losersRequest.open()
    // Long enough for the refusal to arrive, and for what the loser does of it.
    await loser.page.run('await new Promise(resolve => setTimeout(resolve, 300))')
    winnersAnswer.open()
    expect(await Promise.all([losersAsk, winnersAsk])).toEqual([alice, alice])
    await table.note(engine, "the loser's 400 before the winner's 200, server lenient", server, [loser, winner])
    expect([server.refreshes, server.reuses]).toEqual([2, 1])
  })
})
