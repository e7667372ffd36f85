import { describe, expect, test } from 'vitest'
import { click, driveDemo, signIn, told } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0.2 })

const shiftOf = () => driver.page.locator('#timeline g[transform^="translate"]').first().getAttribute('transform')
const counterOf = (name: string) => driver.page.locator(`.counters [data-counter="${name}"] dd`).textContent()

describe('the picture of the demo', () => {
  test('stands still once nothing has happened for a while, and moves again with the next request', async () => {
    const { page } = driver
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 answered')
    await page.waitForTimeout(3500)
    const still = await shiftOf()
    await page.waitForTimeout(1500)
    expect(await shiftOf()).toBe(still)
    expect(await page.locator('#timeline .track').count()).toBe(50)
    await click(page, 'Ask for a 403')
    await told(page, '403 insufficient_scope')
    expect(await shiftOf()).not.toBe(still)
  })

  test('draws the second proof that an API asked for, once for each request', async () => {
    const { page } = driver
    await page.goto(driver.demo.url)
    await page.locator('#schemes input[value="dpop"]').evaluate((choice: HTMLInputElement) => choice.click())
    await page.locator('body[data-tokens="dpop"]').waitFor()
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 refused, 1 exchange, 50 replayed, 50 answered')
    expect(await page.locator('#timeline .mark-proved').count()).toBeGreaterThan(0)
    expect(await page.getByText('a new DPoP proof').isVisible()).toBe(true)
  })
})

describe('the figures of the demo', () => {
  test('are in sight of the button that sets them off, on a phone', async () => {
    const { page } = driver
    await page.setViewportSize({ width: 390, height: 844 })
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 answered')
    await page.getByRole('button', { name: 'Fire 50 requests' }).scrollIntoViewIfNeeded()
    const figure = page.locator('.sums [data-counter="requests"]')
    expect(await figure.textContent()).toBe('50')
    const box = await figure.boundingBox()
    expect(box?.y).toBeGreaterThan(0)
    expect((box?.y ?? 844) + (box?.height ?? 0)).toBeLessThan(844)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })

  test('are of the last action alone, also while another one is under way', async () => {
    const { page } = driver
    await signIn(driver)
    await page.getByRole('switch').uncheck()
    await click(page, 'Fire 50 requests')
    await click(page, 'Ask for a 403')
    await told(page, '50 requests in')
    await told(page, '403 insufficient_scope')
    expect(await counterOf('requests')).toBe('1')
    expect(await page.locator('#journal').getByText('0 refused, 0 exchanges, 0 replayed, 50 answered').count()).toBe(1)
  })
})
