import { describe, expect, test } from 'vitest'
import { click, driveDemo, fillForm, lanesOf, openSecondTab, signIn, subjectOf, told } from './demo-driver.ts'

// Tokens that last: in these tests nothing is due, and each exchange has been asked for.
const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0.2 })

const choose = (mode: string) => driver.page.locator(`#faults input[value="${mode}"]`).check({ force: true })
const counterOf = (name: string) => driver.page.locator(`[data-counter="${name}"] dd`).textContent()
const serverCounters = () => driver.demo.counters()

describe('the demo', () => {
  test('signs in through the form of the authorization server, and stays signed in over a reload', async () => {
    const { page } = driver
    await signIn(driver, 'Nell')
    await page.reload()
    await told(page, 'still signed in as Nell')
    expect(await subjectOf(page).textContent()).toBe('Nell')
  })

  test('makes one exchange for 50 requests with an expired token, and replays each (promise 1)', async () => {
    const { page } = driver
    await signIn(driver)
    const before = serverCounters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 refused, 1 exchange, 50 replayed, 50 answered')
    const after = serverCounters()
    expect(after.exchanges - before.exchanges).toBe(1)
    expect(after.apiRefusals - before.apiRefusals).toBe(50)
    expect(after.apiRequests - before.apiRequests).toBe(100)
    expect(after.reusedRefreshTokens).toBe(0)
    expect(await Promise.all(['requests', 'refused', 'exchanges', 'replays'].map(counterOf))).toEqual([
      '50',
      '50',
      '1',
      '50',
    ])
    expect(await lanesOf(page)).toBe(50)
  })

  test('makes no exchange for 50 requests with a good token', async () => {
    const { page } = driver
    await signIn(driver)
    const before = serverCounters()
    await page.getByRole('switch').uncheck()
    await click(page, 'Fire 50 requests')
    await told(page, '0 refused, 0 exchanges, 0 replayed, 50 answered')
    expect(serverCounters().exchanges).toBe(before.exchanges)
  })

  test('sends an upload again byte for byte (promise 6)', async () => {
    const { page } = driver
    await signIn(driver)
    await click(page, 'Upload a file')
    await told(page, 'was refused, sent again, and arrived byte for byte')
  })

  test('fetches no new token for a 403 (promise 17)', async () => {
    const { page } = driver
    await signIn(driver)
    const before = serverCounters()
    await click(page, 'Ask for a 403')
    await told(page, '403 insufficient_scope is the caller’s')
    expect(serverCounters().exchanges).toBe(before.exchanges)
  })

  test.each(['offline', 'unavailable', 'garbage'])(
    'stays signed in while the authorization server is %s, and recovers (promise 8)',
    async mode => {
      const { page } = driver
      await signIn(driver)
      await choose(mode)
      await told(page, '0 replayed, 4 told “not now”')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      await choose('none')
      await told(page, '4 answered')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      expect(await counterOf('requests')).toBe('4')
    },
  )

  test('waits for an authorization server that is slow', async () => {
    const { page } = driver
    await signIn(driver)
    await choose('slow')
    await told(page, '4 requests hung on it')
    await told(page, '1 exchange, 4 replayed, 4 answered')
  })

  test('leads to the login, once, when the server revoked the session, and comes back (promise 15)', async () => {
    const { page } = driver
    await signIn(driver)
    await click(page, 'Revoke session')
    await told(page, '3 told that the session is over')
    await told(page, 'onLoginRequired was told once, with the reason “refresh-rejected”')
    expect(await page.locator('#journal').getByText('onLoginRequired').count()).toBe(1)
    await click(page, 'Sign in now')
    await page.waitForURL(`${driver.demo.issuer}/interaction/*`)
    await fillForm(page, 'Mira')
  })

  test('signs out here and in the other tab, without asking for login (promise 12)', async () => {
    const { page } = driver
    await signIn(driver)
    const other = await openSecondTab(page)
    await click(page, 'Sign out')
    await Promise.all([told(page, 'Signed out, here'), told(other, 'Signed out, here')])
    expect(await subjectOf(other).textContent()).toBe('Nobody')
    expect(await page.locator('#notice').isVisible()).toBe(false)
    expect(await other.locator('#notice').isVisible()).toBe(false)
  })

  test('makes one exchange for two tabs, and the other takes it over (promise 4)', async () => {
    const { page } = driver
    await signIn(driver)
    const other = await openSecondTab(page)
    const before = serverCounters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 answered')
    await told(other, 'Another tab fetched a token')
    expect(serverCounters().exchanges - before.exchanges).toBe(1)
    expect(await other.locator('#generation').textContent()).toBe(await page.locator('#generation').textContent())
  })
})
