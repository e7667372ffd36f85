import { describe, expect, test } from 'vitest'
import { click, driveDemo, signIn, subjectOf, told } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 3600, pace: 0.2 }, { keepsSession: true })

const bind = async () => {
  const { demo, page } = driver
  await page.goto(demo.url)
  await page.locator('body[data-tokens]').waitFor()
  if ((await page.locator('body').getAttribute('data-tokens')) === 'dpop') return
  await page.locator('#schemes input[value="dpop"]').check({ force: true })
  await page.locator('#token-kind').getByText('DPoP').waitFor()
}

describe.each(['Bearer', 'DPoP'])('the demo, with tokens by %s,', kind => {
  const start = async () => {
    if (kind === 'DPoP') await bind()
    await signIn(driver)
    expect(await driver.page.locator('#token-kind').textContent()).toBe(kind)
    return driver
  }
  const authorizations = () => {
    const schemes = new Set<string>()
    driver.page.on('request', request => {
      const { authorization, dpop } = request.headers()
      if (authorization) schemes.add(`${authorization.split(' ')[0]}${dpop ? ' with a proof' : ''}`)
    })
    return schemes
  }

  test('refreshes once for 50 requests, and stays signed in over a reload', async () => {
    const { demo, page } = await start()
    const seen = authorizations()
    await click(page, 'Fire 50 requests')
    await told(page, '50 rejected, 1 refresh, 50 replayed, 50 succeeded')
    expect(demo.counters().reusedRefreshTokens).toBe(0)
    await page.reload()
    await told(page, 'still signed in as Mira')
    await page.getByRole('switch').uncheck()
    await click(page, 'Fire 50 requests')
    await told(page, '0 rejected, 0 refreshes, 0 replayed, 50 succeeded')
    expect([...seen]).toEqual([kind === 'DPoP' ? 'DPoP with a proof' : 'Bearer'])
  })

  // Before the test in which the session gets its newer sign-in.
  test('keeps the session where the user declines', async () => {
    const { page } = await start()
    await click(page, 'Open the safe')
    await click(page, 'Not now')
    await told(page, 'The safe stays shut, and you stay signed in')
    expect(await subjectOf(page).textContent()).toBe('Mira')
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
  })

  test('goes through the real form again for what needs a newer sign-in, and the request goes on (SU-01)', async () => {
    const { demo, page } = await start()
    const before = demo.counters().exchanges
    await click(page, 'Open the safe')
    await told(page, 'The API wants a stronger sign-in')
    const opening = page.context().waitForEvent('page')
    await click(page, 'To the sign-in form')
    const form = await opening
    await form.getByLabel('Password').fill('anything')
    expect(await form.getByLabel('Name').inputValue()).toBe('Mira')
    await Promise.all([form.waitForEvent('close'), click(form, 'Sign in').then(() => click(form, 'Allow'))])
    await told(page, 'The safe is open')
    expect(await subjectOf(page).textContent()).toBe('Mira')
    expect(demo.counters().exchanges).toBe(before)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
  })
})
