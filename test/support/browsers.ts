import { type BrowserType, chromium, firefox, type LaunchOptions, type Page as PlaywrightPage } from 'playwright'
import { chromiumLaunch, firefoxLaunch } from './browser-launch.ts'
import { readOutcome, runInPage } from './run-in-page.ts'
import { openWebKit } from './webdriver.ts'

export type Engine = 'chromium' | 'firefox' | 'webkit'

/** For `test.each(engines)`. */
export const engines: readonly Engine[] = ['chromium', 'firefox', 'webkit']

export interface Page {
  goto(url: string): Promise<void>
  /**
   * Runs an async function's body in the page; it finds its arguments in `args`. Arguments and result go as JSON.
   * Several runs, in one page or many, may be under way at once.
   * @example await page.run<number>('return (await fetch(args[0])).status', '/api/todos')
   */
  run<T = void>(body: string, ...args: readonly unknown[]): Promise<T>
  /** PNG. */
  screenshot(): Promise<Buffer>
  /** Goes without asking, as when a tab is closed. */
  close(): Promise<void>
}

/** All pages of one browser share its storage, locks, channels and cookies; two browsers share nothing. */
export interface Browser<OfPage extends Page = Page> {
  newPage(url: string): Promise<OfPage>
  close(): Promise<void>
}

export const wrapPage = (page: PlaywrightPage): Page => ({
  goto: async url => void (await page.goto(url)),
  run: async <T>(body: string, ...args: readonly unknown[]) =>
    readOutcome<T>(await page.evaluate<string>(`(${runInPage})(${JSON.stringify([body, args])})`)),
  screenshot: () => page.screenshot(),
  close: () => page.close(),
})

const openPlaywright = async (type: BrowserType, options: LaunchOptions): Promise<Browser> => {
  const browser = await type.launch(options)
  const context = await browser.newContext()
  return {
    newPage: async url => {
      const page = await context.newPage()
      await page.goto(url)
      return wrapPage(page)
    },
    close: () => browser.close(),
  }
}

const openWebKitWindows = async (): Promise<Browser> => {
  const driver = await openWebKit()
  return {
    newPage: async url => {
      const page = await driver.openWindow()
      await page.goto(url)
      return page
    },
    close: () => driver.close(),
  }
}

/** A real browser with nothing stored in it. Every page of it counts as visible; `chromium-tabs.ts` has hidden and frozen ones. */
export const openBrowser = (engine: Engine): Promise<Browser> => {
  if (engine === 'chromium') return openPlaywright(chromium, chromiumLaunch)
  return engine === 'firefox' ? openPlaywright(firefox, firefoxLaunch) : openWebKitWindows()
}
