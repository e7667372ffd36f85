import { describe, expect, test } from 'vitest'
import { readCauseTable } from '../../support/explain/cause-table.ts'
import { click, driveDemo, lanesOf, signIn, subjectOf, told } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0.2 })

const counterOf = (name: string) => driver.page.locator(`.counters [data-counter="${name}"] dd`).textContent()

describe('the picture of the demo', () => {
  test('stands still once everything is answered, and draws what comes later to a scale of its own', async () => {
    const { page } = driver
    const inspector = page.locator('#inspector')
    const shape = () => inspector.locator('.burst').last().locator('.plot').innerHTML()
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
    expect(await lanesOf(page)).toBe(50)
    const still = await shape()
    await page.waitForTimeout(2500)
    expect(await shape()).toBe(still)
    await click(page, 'Ask for a 403')
    await told(page, '403 insufficient_scope')
    await inspector.getByText('1 × 403').waitFor()
    expect(await inspector.locator('.burst').count()).toBe(2)
    expect(await shape()).toBe(still)
  })

  test('draws the second proof that an API asked for, once for each request', async () => {
    const { page } = driver
    await page.goto(driver.demo.url)
    await page.locator('#schemes input[value="dpop"]').evaluate((choice: HTMLInputElement) => choice.click())
    await page.locator('body[data-tokens="dpop"]').waitFor()
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 rejected, 1 refresh, 50 replayed, 50 succeeded')
    expect(await page.locator('#inspector path.proved').first().getAttribute('d')).toMatch(/^M/)
    expect(await page.locator('#inspector').getByText('new DPoP proof').isVisible()).toBe(true)
  })
})

describe('breaking it on purpose', () => {
  test('has a button for each cause that latchkey explains, and leaves the session alone', async () => {
    const { page } = driver
    await signIn(driver)
    const causes = readCauseTable().map(({ code }) => code.replaceAll('-', ' '))
    const buttons = await page.locator('#breaks button').allTextContents()
    expect(buttons.toSorted()).toEqual(causes.filter(cause => cause !== 'unknown').toSorted())
    const explained = page.locator('#laboratory .explanation summary')
    for (const code of ['expired', 'wrong-audience', 'cors-missing', 'unreachable', 'dpop-proof']) {
      await page.getByRole('button', { name: code.replaceAll('-', ' '), exact: true }).click()
      const title = readCauseTable().find(cause => cause.code === code)?.title ?? ''
      await explained.getByText(title.replaceAll('`', '')).or(explained.getByText(title)).first().waitFor()
    }
    await explained.first().click()
    expect(await page.locator('#laboratory .explanation li').first().isVisible()).toBe(true)
    expect(await subjectOf(page).textContent()).toBe('Mira')
  })
})

describe('the figures of the demo', () => {
  test('are in sight of the button that sets them off, on a phone', async () => {
    const { page } = driver
    await page.setViewportSize({ width: 390, height: 844 })
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
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
    expect(await page.locator('#journal').getByText('0 rejected, 0 refreshes, 0 replayed, 50 succeeded').count()).toBe(
      1,
    )
  })
})
