import type { TestContext } from 'vitest'
import { type AuthServer, startAuthServer } from './auth-server.ts'
import type { AuthSettings } from './auth-settings.ts'
import { type Browser, type Engine, openBrowser, type Page } from './browsers.ts'
import { startClient, startFramedClient } from './tab-client.ts'
import type { IssuedTokens } from './token-families.ts'

export type Platform = 'Web Locks' | 'BroadcastChannel' | 'IndexedDB' | 'localStorage'
/** Where a refresh can be made to stand: its lease is stored, its answer has come, its tokens are about to be stored. */
export type GateName = 'before sending' | 'after the answer' | 'before saving'

export interface TabOptions {
  /** What the page's browser lacks. @default nothing */
  readonly missing?: readonly Platform[]
  /** How wrong the page's wall clock is. @default 0 */
  readonly offsetMs?: number
  /** @default none */
  readonly gates?: readonly GateName[]
  /** @default 'indexed-db' */
  readonly store?: 'indexed-db' | 'web-storage' | 'memory'
  /** Whether the client lives in an iframe of the page. @default false */
  readonly isFramed?: boolean
  /** Longer than a busy machine takes for anything. @default 30_000 */
  readonly refreshTimeoutMs?: number
  /** As long, since a gate may stand in a call of the store. @default 30_000 */
  readonly storeTimeoutMs?: number
}

/** For a test that waits until others take a refresh for lost, which they do five seconds after its deadline. */
export const impatient: TabOptions = { refreshTimeoutMs: 1500, storeTimeoutMs: 2000 }

export interface Asked {
  /** A status, or an error's code. */
  readonly outcome: string
  /** Whose data came; `null` if none did. */
  readonly subject: string | null
}

export interface Look {
  readonly status: string
  readonly subject: string | null
  readonly generation: number
  /** Why sessions ended here, in order. */
  readonly ended: readonly string[]
}

/** A page with a client in it. */
export interface StageTab<OfPage extends Page = Page> {
  readonly page: OfPage
  /** Asks the API, at that time if it is ahead. */
  ask(atMs?: number): Promise<Asked>
  look(): Promise<Look>
  signIn(tokens: IssuedTokens): Promise<void>
  signOut(): Promise<void>
  reached(gate: GateName): Promise<void>
  open(gate: GateName): Promise<void>
}

export interface Stage<OfPage extends Page = Page> {
  readonly server: AuthServer
  openTab(options?: TabOptions): Promise<StageTab<OfPage>>
  /** So many, the first of them signed in as alice. */
  openTabs(count: number, options?: TabOptions): Promise<[StageTab<OfPage>, ...StageTab<OfPage>[]]>
}

const wrap = <OfPage extends Page>(page: OfPage): StageTab<OfPage> => ({
  page,
  ask: (atMs = 0) => page.run<Asked>('return tab.ask(args[0])', atMs),
  look: () => page.run<Look>('return tab.look()'),
  signIn: tokens => page.run('await tab.api.session.signIn(args[0])', tokens),
  signOut: () => page.run('await tab.api.session.signOut()'),
  reached: gate => page.run('await tab.gate[args[0]].reached', gate),
  open: gate => page.run('tab.gate[args[0]].open()', gate),
})

/** A browser for several stages. Some end with their last window, so one stays. */
export async function openStageBrowser(engine: Engine): Promise<Browser> {
  const browser = await openBrowser(engine)
  await browser.newPage('about:blank')
  return browser
}

/** Pages that a test has done with, for the next test of the browser: to open one takes up to a second of a core. */
const idlePages = new WeakMap<Browser, Page[]>()

async function openAt<OfPage extends Page>(browser: Browser<OfPage>, url: string): Promise<OfPage> {
  const idle = idlePages.get(browser)?.pop() as OfPage | undefined
  if (!idle) return browser.newPage(url)
  await idle.goto(url)
  return idle
}

/** Unless the test has closed it. */
async function leave(browser: Browser, page: Page): Promise<void> {
  try {
    await page.goto('about:blank')
    idlePages.set(browser, [...(idlePages.get(browser) ?? []), page])
  } catch {}
}

/**
 * A server of its own for one test: a new origin, so storage, locks and channels begin empty, and stages beside it do not
 * disturb it. Closed when the test of `context` ends; the global `onTestFinished` does not know which of several tests called.
 */
export async function createStage<OfPage extends Page>(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  browser: Browser<OfPage>,
  settings: Partial<AuthSettings> = {},
): Promise<Stage<OfPage>> {
  const server = await startAuthServer({ accessTokenFormat: 'jwt', ...settings })
  const pages: Page[] = []
  onTestFinished(async () => {
    await Promise.all(pages.map(page => leave(browser, page)))
    await server.close()
  })
  const openTab = async (options: TabOptions = {}): Promise<StageTab<OfPage>> => {
    const page = await openAt(browser, `${server.origin}/page.html`)
    pages.push(page)
    const { missing = [], offsetMs = 0, gates = [], store = 'indexed-db' } = options
    const { isFramed = false, refreshTimeoutMs = 30_000, storeTimeoutMs = 30_000 } = options
    const settled = { missing, offsetMs, gates, store, refreshTimeoutMs, storeTimeoutMs }
    await page.run(isFramed ? startFramedClient : startClient, settled, startClient)
    return wrap(page)
  }
  return {
    server,
    openTab,
    openTabs: async (count, options) => {
      const first = await openTab(options)
      await first.signIn(server.issue('alice'))
      const others: StageTab<OfPage>[] = []
      while (others.length < count - 1) others.push(await openTab(options))
      return [first, ...others]
    },
  }
}
