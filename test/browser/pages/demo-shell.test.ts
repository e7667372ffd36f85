import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { FrameLocator, Page } from 'playwright'
import { describe, expect, test } from 'vitest'
import { click, driveDemo } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0 })
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const open = async (page: Page): Promise<FrameLocator> => {
  await page.goto(`${driver.demo.url}shell.html`)
  return page.frameLocator('#webview')
}
const told = (webview: FrameLocator, text: string) => webview.getByText(text).first().waitFor({ timeout: 15_000 })

/** The authorization server's own forms, and back. */
const signIn = async (page: Page): Promise<void> => {
  await page.getByLabel('Name').fill('Mira')
  await page.getByLabel('Password').fill('anything')
  await click(page, 'Sign in')
  await click(page, 'Allow')
  await page.waitForURL('**/shell.html')
}

describe('the demo’s shell', () => {
  test('gives the page in its webview tokens, which asks for nothing but those, through good and bad responses', async () => {
    const { page } = driver
    const webview = await open(page)
    await told(webview, 'The session is signed-out')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await signIn(page)
    await told(webview, 'Signed in as Mira. Bridge: android.')
    await webview.getByRole('button', { name: 'Send a request' }).click()
    await told(webview, 'The API answered 200.')

    for (const manner of ['with null', 'with garbage']) {
      await page.getByLabel(manner).check()
      await webview.getByRole('button', { name: 'Ask for a newer token' }).click()
      await told(webview, 'refresh-unavailable')
      await told(webview, 'Signed in as Mira')
    }
    await page.getByLabel('as it should').check()
    await click(page, 'Kill the web process')
    await told(webview, 'Signed in as Mira')
  })

  test('signs out with the page, and the page with the shell, whose login it then asks for', async () => {
    const { page } = driver
    const webview = await open(page)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await signIn(page)
    await told(webview, 'Signed in as Mira')
    await click(page, 'Sign out in the shell')
    await told(webview, 'The session is signed-out')
    await webview.getByRole('button', { name: 'Send a request' }).click()
    await click(page, 'To the sign-in form')
    await signIn(page)
    await told(webview, 'Signed in as Mira')
    await webview.getByRole('button', { name: 'Sign out in the page' }).click()
    await told(webview, 'The shell has signed out, too.')
    await page.getByText('No user is signed in.').waitFor()
  })

  test.each(['light', 'dark'] as const)(
    'has nothing in %s that axe-core complains about, and fits a phone',
    async colorScheme => {
      const { page } = driver
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width: 390, height: 844 })
      const webview = await open(page)
      await told(webview, 'The session is signed-out')
      await page.evaluate(axe)
      const { violations } = await page.evaluate<AxeResults>('axe.run()')
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    },
  )
})
