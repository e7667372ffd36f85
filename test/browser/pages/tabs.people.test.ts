import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { type Browser, engines } from '../../support/browsers.ts'
import { createStage, openStageBrowser, type Stage, type StageTab } from '../../support/tab-stage.ts'
import { createTabTable } from '../../support/tab-table.ts'

const table = createTabTable('What a person does in tab B while tab A refreshes')
afterAll(() => table.print())

const steps = ['before sending', 'while the server has it', 'after the answer', 'before saving'] as const
type Step = (typeof steps)[number]

/** Brings the tab's refresh to the step; answers how to let it go on. */
async function bringTo(step: Step, { server }: Stage, tab: StageTab): Promise<() => Promise<void>> {
  if (step !== 'while the server has it') {
    await tab.reached(step)
    return () => tab.open(step)
  }
  const gate = server.holdRefresh()
  await gate.reached()
  return async () => gate.open()
}

const gatesOf = (step: Step) => (step === 'while the server has it' ? [] : [step])

/** Until the tab has heard of it: what a person does counts before the next send, once the news have come. */
const heard = (tab: StageTab) =>
  tab.page.run("while (tab.look().subject === 'alice') await new Promise(resolve => setTimeout(resolve, 5))")

describe.for(engines)('in %s', { concurrent: true }, engine => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openStageBrowser(engine)
  })
  afterAll(() => browser.close())

  async function start(step: Step, context: TestContext) {
    const stage = await createStage(context, browser)
    const [refreshing] = await stage.openTabs(1, { gates: gatesOf(step) })
    const other = await stage.openTab()
    stage.server.expireAccessTokens()
    const arriving = bringTo(step, stage, refreshing)
    const asking = refreshing.ask()
    return { ...stage, refreshing, other, asking, goOn: await arriving }
  }

  test.for(steps)(
    'a sign-out %s wins over the refresh: nobody is signed in anywhere (RT-06, LR-05)',
    async (step, context) => {
      const { server, openTab, refreshing, other, asking, goOn } = await start(step, context)
      await other.signOut()
      await heard(refreshing)
      await goOn()
      expect(await asking).toEqual({ outcome: 'session-ended', subject: null })
      const fresh = await openTab()
      const looks = await table.note(engine, `sign-out ${step}`, server, [refreshing, other, fresh])
      expect(looks.map(({ status }) => status)).toEqual(['signed-out', 'signed-out', 'signed-out'])
      expect([server.refreshes, server.reuses]).toEqual([step === 'before sending' ? 0 : 1, 0])
      // And what comes after goes without a token.
      const sent = server.sends.length
      expect((await refreshing.ask()).outcome).toBe('401')
      expect(server.sends.slice(sent).map(({ authorization }) => authorization)).toEqual([null])
    },
  )

  test.for(steps)(
    "another's sign-in %s wins over the refresh: the waiting request is not sent as them (RT-06)",
    async (step, context) => {
      const { server, openTab, refreshing, other, asking, goOn } = await start(step, context)
      await other.signIn(server.issue('bob'))
      await heard(refreshing)
      await goOn()
      expect(await asking).toEqual({ outcome: 'session-ended', subject: null })
      const fresh = await openTab()
      const looks = await table.note(engine, `bob signs in ${step}`, server, [refreshing, other, fresh])
      expect(looks.map(({ subject }) => subject)).toEqual(['bob', 'bob', 'bob'])
      expect([server.refreshes, server.reuses]).toEqual([step === 'before sending' ? 0 : 1, 0])
      expect(await refreshing.ask()).toEqual({ outcome: '200', subject: 'bob' })
    },
  )

  test.for(steps)(
    'storage wiped and another signed in %s: nothing of the former person comes back (RT-06)',
    async (step, context) => {
      const { server, openTab, refreshing, other, asking, goOn } = await start(step, context)
      await other.page.run(`await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase('latchkey')
      request.onsuccess = resolve
      request.onerror = reject
    })`)
      await other.signIn(server.issue('bob'))
      await heard(refreshing)
      await goOn()
      expect(await asking).toEqual({ outcome: 'session-ended', subject: null })
      const fresh = await openTab()
      const looks = await table.note(engine, `wiped, bob signs in ${step}`, server, [refreshing, other, fresh])
      expect(looks.map(({ subject }) => subject)).toEqual(['bob', 'bob', 'bob'])
      expect(server.reuses).toBe(0)
    },
  )
})
