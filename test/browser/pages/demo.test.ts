import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningDemo, startDemo } from '../../../demo/server/main.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'

let demo: RunningDemo
let browser: Browser
let context: BrowserContext
let page: Page
let pageErrors: Error[]

beforeAll(async () => {
  // Tokens that last: in these tests nothing is due, and each exchange has been asked for.
  demo = await startDemo({ port: 0, accessTokenSeconds: 300, pace: 0.2 })
  browser = await chromium.launch(chromiumLaunch)
})

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

beforeEach(async () => {
  pageErrors = []
  context = await browser.newContext()
  context.on('weberror', webError => pageErrors.push(webError.error()))
  page = await context.newPage()
})

afterEach(async () => {
  await context.close()
  expect(pageErrors).toEqual([])
})

const subjectOf = (at: Page) => at.locator('#subject')
const journalOf = (at: Page) => at.locator('#journal')
const click = (at: Page, name: string) => at.getByRole('button', { name }).click()
const choose = (mode: string) => page.locator(`#faults input[value="${mode}"]`).check({ force: true })
const counterOf = (name: string) => page.locator(`[data-counter="${name}"] dd`).textContent()

async function fillForm(at: Page, name: string): Promise<void> {
  await at.getByLabel('Name').fill(name)
  await at.getByLabel('Password').fill('anything')
  await click(at, 'Sign in')
  await click(at, 'Allow')
  await at.waitForURL(demo.url)
  await at.waitForFunction(subject => document.querySelector('#subject')?.textContent === subject, name)
}

async function signIn(name = 'Mira'): Promise<void> {
  await page.goto(demo.url)
  await click(page, 'Sign in')
  await fillForm(page, name)
}

const told = (at: Page, text: string | RegExp) => journalOf(at).getByText(text).first().waitFor({ timeout: 15_000 })

describe('the demo', () => {
  test('signs in through the form of the authorization server, and stays signed in over a reload', async () => {
    await signIn('Nell')
    await page.reload()
    await told(page, 'still signed in as Nell')
    expect(await subjectOf(page).textContent()).toBe('Nell')
  })

  test('makes one exchange for 50 requests with an expired token, and replays each (promise 1)', async () => {
    await signIn()
    const before = demo.counters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 refused, 1 exchange, 50 replayed, 50 answered')
    const after = demo.counters()
    expect(after.exchanges - before.exchanges).toBe(1)
    expect(after.apiRefusals - before.apiRefusals).toBe(50)
    expect(after.apiRequests - before.apiRequests).toBe(100)
    expect(after.reusedRefreshTokens).toBe(0)
    expect(await Promise.all(['requests', 'refused', 'exchanges', 'replays'].map(counterOf))).toEqual(['50', '50', '1', '50'])
    expect(await page.locator('#timeline .track').count()).toBe(50)
  })

  test('makes no exchange for 50 requests with a good token', async () => {
    await signIn()
    const before = demo.counters()
    await page.getByRole('switch').uncheck()
    await click(page, 'Fire 50 requests')
    await told(page, '0 refused, 0 exchanges, 0 replayed, 50 answered')
    expect(demo.counters().exchanges).toBe(before.exchanges)
  })

  test('sends an upload again byte for byte (promise 6)', async () => {
    await signIn()
    await click(page, 'Upload a file')
    await told(page, 'was refused, sent again, and arrived byte for byte')
  })

  test('fetches no new token for a 403 (promise 17)', async () => {
    await signIn()
    const before = demo.counters()
    await click(page, 'Ask for a 403')
    await told(page, '403 insufficient_scope is the caller’s')
    expect(demo.counters().exchanges).toBe(before.exchanges)
  })

  test.each(['offline', 'unavailable', 'garbage'])(
    'stays signed in while the authorization server is %s, and recovers (promise 8)',
    async mode => {
      await signIn()
      await choose(mode)
      await told(page, '0 replayed, 4 told “not now”')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      await choose('none')
      await told(page, '4 answered')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      expect(await counterOf('requests')).toBe('8')
    },
  )

  test('waits for an authorization server that is slow', async () => {
    await signIn()
    await choose('slow')
    await told(page, '4 requests hung on it')
    await told(page, '1 exchange, 4 replayed, 4 answered')
    await choose('none')
  })

  test('leads to the login, once, when the server revoked the session, and comes back (promise 15)', async () => {
    await signIn()
    await click(page, 'Revoke session')
    await told(page, '3 told that the session is over')
    await told(page, 'onLoginRequired was told once, with the reason “refused”')
    expect(await journalOf(page).getByText('onLoginRequired').count()).toBe(1)
    await click(page, 'Sign in now')
    await page.waitForURL(`${demo.issuer}/interaction/*`)
    await fillForm(page, 'Mira')
  })

  test('signs out here and in the other tab, without asking for login (promise 12)', async () => {
    await signIn()
    const [other] = await Promise.all([page.waitForEvent('popup'), page.getByText('Open second tab').click()])
    await told(other, 'still signed in as Mira')
    await click(page, 'Sign out')
    await Promise.all([told(page, 'Signed out, here'), told(other, 'Signed out, here')])
    expect(await subjectOf(other).textContent()).toBe('Nobody')
    expect(await page.locator('#notice').isVisible()).toBe(false)
    expect(await other.locator('#notice').isVisible()).toBe(false)
  })

  test('makes one exchange for two tabs, and the other takes it over (promise 4)', async () => {
    await signIn()
    const [other] = await Promise.all([page.waitForEvent('popup'), page.getByText('Open second tab').click()])
    await told(other, 'still signed in as Mira')
    const before = demo.counters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 answered')
    await told(other, 'Another tab fetched a token')
    expect(demo.counters().exchanges - before.exchanges).toBe(1)
    expect(await other.locator('#generation').textContent()).toBe(await page.locator('#generation').textContent())
  })
})
