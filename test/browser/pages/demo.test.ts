import { describe, expect, test } from 'vitest'
import { click, driveDemo, fillForm, lanesOf, openSecondTab, signIn, subjectOf, told } from './demo-driver.ts'

// Long-lived tokens: in these tests no token expires, and each refresh has a cause of its own.
const driver = driveDemo({ port: 0, accessTokenSeconds: 3600, pace: 0.2 }, { keepsSession: true })

const choose = (mode: string) => driver.page.locator(`#faults input[value="${mode}"]`).check({ force: true })
const counterOf = (name: string) => driver.page.locator(`[data-counter="${name}"] dd`).textContent()
const serverCounters = () => driver.demo.counters()

describe('the demo', () => {
  test('signs in through the form of the authorization server, and stays signed in over a reload', async () => {
    const { page } = driver
    await signIn(driver)
    await page.reload()
    await told(page, 'still signed in as Mira')
    expect(await subjectOf(page).textContent()).toBe('Mira')
  })

  test('refreshes once for 50 requests with an expired token, and replays each (promise 1)', async () => {
    const { page } = driver
    await signIn(driver)
    const before = serverCounters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 rejected, 1 refresh, 50 replayed, 50 succeeded')
    const after = serverCounters()
    expect(after.exchanges - before.exchanges).toBe(1)
    expect(after.apiRefusals - before.apiRefusals).toBe(50)
    expect(after.apiRequests - before.apiRequests).toBe(100)
    expect(after.reusedRefreshTokens).toBe(0)
    expect(await Promise.all(['requests', 'rejected', 'refreshes', 'replays'].map(counterOf))).toEqual([
      '50',
      '50',
      '1',
      '50',
    ])
    expect(await lanesOf(page)).toBe(50)
  })

  test('does not refresh for 50 requests with a good token', async () => {
    const { page } = driver
    await signIn(driver)
    const before = serverCounters()
    await page.getByRole('switch').uncheck()
    await click(page, 'Fire 50 requests')
    await told(page, '0 rejected, 0 refreshes, 0 replayed, 50 succeeded')
    expect(serverCounters().exchanges).toBe(before.exchanges)
  })

  test('sends an upload again byte for byte (promise 6)', async () => {
    const { page } = driver
    await signIn(driver)
    await click(page, 'Upload a file')
    await told(page, 'was rejected, sent again, and arrived byte for byte')
  })

  test('does not refresh for a 403 (promise 17)', async () => {
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
      await told(page, '0 replayed, 4 failed for now')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      await choose('none')
      await told(page, '4 succeeded')
      expect(await subjectOf(page).textContent()).toBe('Mira')
      expect(await counterOf('requests')).toBe('4')
    },
  )

  test('waits for an authorization server that is slow', async () => {
    const { page } = driver
    await signIn(driver)
    await choose('slow')
    await told(page, '4 requests waited for it')
    await told(page, '1 refresh, 4 replayed, 4 succeeded')
  })

  test('leads to the login, once, when the server revoked the session, and comes back (promise 15)', async () => {
    const { page } = driver
    await signIn(driver)
    await click(page, 'Revoke session')
    await told(page, '3 ended with the session')
    await told(page, 'onLoginRequired was called once, with the reason “refresh-rejected”')
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

  test('refreshes once for two tabs, and the other uses the token (promise 4)', async () => {
    const { page } = driver
    await signIn(driver)
    const other = await openSecondTab(page)
    const before = serverCounters()
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
    await told(other, 'Another tab refreshed the token')
    expect(serverCounters().exchanges - before.exchanges).toBe(1)
    expect(await other.locator('#generation').textContent()).toBe(await page.locator('#generation').textContent())
  })
})
