import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { type DemoOptions, type RunningDemo, startDemo } from '../../../demo/server/main.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'

export interface DemoDriver {
  readonly demo: RunningDemo
  /** A fresh page for each test, in a browser context of its own, or in that of all tests of the file. */
  readonly page: Page
}

interface DriverOptions {
  /** What the user signed in to in one test is found by the next one, which spares it three pages of forms. @default false */
  readonly keepsSession?: boolean
}

/** Starts the demo and Chromium for a file of tests. After each test no page may have thrown. */
export function driveDemo(options: DemoOptions, { keepsSession = false }: DriverOptions = {}): DemoDriver {
  const running = {} as { demo: RunningDemo; browser: Browser; page: Page }
  const errors: Error[] = []
  let kept: BrowserContext | undefined

  beforeAll(async () => {
    running.demo = await startDemo(options)
    running.browser = await chromium.launch(chromiumLaunch)
  })
  beforeEach(async () => {
    const context = kept ?? (await running.browser.newContext())
    if (context !== kept) context.on('weberror', webError => errors.push(webError.error()))
    if (keepsSession) kept = context
    running.page = await context.newPage()
  })
  afterEach(async () => {
    const context = running.page.context()
    if (keepsSession) await Promise.all(context.pages().map(page => page.close()))
    else await context.close()
    running.demo.breakWith('none')
    expect(errors.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await running.browser.close()
    await running.demo.stop()
  })
  return running
}

export const click = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click()

/** Waits for a sentence in the log. */
export const told = (page: Page, text: string): Promise<void> =>
  page.locator('#journal').getByText(text).first().waitFor({ timeout: 15_000 })

/** How many calls are drawn side by side in the inspector's newest burst. */
export const lanesOf = (page: Page): Promise<number> =>
  page
    .locator('#inspector .burst')
    .first()
    .locator('path.sending')
    .first()
    .evaluate(path => path.getAttribute('d')?.split('M').length ?? 0)
    .then(pieces => pieces - 1)

export const subjectOf = (page: Page): Locator => page.locator('#subject')

/** The authorization server's two pages; ends on the demo's, signed in. */
export async function fillForm(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill('anything')
  await click(page, 'Sign in')
  await click(page, 'Allow')
  await told(page, `Signed in as ${name}`)
  // The event comes before the session is stored: a reload now would be of the callback.
  await page.waitForURL(({ pathname }) => pathname !== '/callback')
}

/** By the form, unless a kept session is found. */
export async function signIn({ demo, page }: DemoDriver, name = 'Mira'): Promise<void> {
  await page.goto(demo.url)
  const arrival = page.locator('#journal').getByText(/No user is signed in|still signed in as/)
  if ((await arrival.first().textContent())?.includes('still signed in')) {
    expect(await subjectOf(page).textContent()).toBe(name)
    return
  }
  await click(page, 'Sign in')
  await fillForm(page, name)
}

export async function openSecondTab(page: Page): Promise<Page> {
  const [other] = await Promise.all([page.context().waitForEvent('page'), page.getByText('Second tab').click()])
  await told(other, 'still signed in')
  return other
}
