import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startDemo } from '../../../demo/server/main.ts'
import { click, driveDemo, signIn, told } from './demo-driver.ts'

const driver = driveDemo({ port: 0, accessTokenSeconds: 300, pace: 0.1 })
const root = fileURLToPath(new URL('../../../', import.meta.url))
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

describe('the demo’s pages', () => {
  test.each(['light', 'dark'] as const)('have nothing in %s that axe-core complains about', async colorScheme => {
    const { demo, page } = driver
    // Colours in the middle of a transition are nobody's choice.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.goto(demo.url)
    await told(page, 'No user is signed in')
    expect(await violationsIn(page)).toEqual([])
    await click(page, 'Sign in')
    await page.getByLabel('Password').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
    expect(await violationsIn(page)).toEqual([])
    await click(page, 'Revoke session')
    await page.getByRole('alert').waitFor()
    expect(await violationsIn(page)).toEqual([])
  })

  test('fit a phone without scrolling sideways', async () => {
    const { page } = driver
    await page.setViewportSize({ width: 375, height: 812 })
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
    expect(await overflowOf(page)).toBe(0)
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await overflowOf(page)).toBe(0)
  })

  test('are used by keyboard alone', async () => {
    const { demo, page } = driver
    const reach = async (selector: string) => {
      for (let presses = 0; presses < 20; presses += 1) {
        if (await page.evaluate(wanted => document.activeElement?.matches(wanted), selector)) return
        await page.keyboard.press('Tab')
      }
      throw new Error(`Tab does not reach ${selector}`)
    }
    await page.goto(demo.url)
    await told(page, 'No user is signed in')
    await reach('#sign-in')
    await page.keyboard.press('Enter')
    await page.getByLabel('Password').waitFor()
    await reach('#login')
    await page.keyboard.type('Mira')
    await page.keyboard.press('Tab')
    await page.keyboard.type('anything')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    await reach('.button.primary')
    await page.keyboard.press('Enter')
    await told(page, 'Signed in as Mira')
    await reach('[data-action="storm"]')
    await page.keyboard.press('Space')
    await told(page, '50 succeeded')
    await reach('#faults input')
    await page.keyboard.press('ArrowRight')
    await told(page, '4 failed for now')
  })

  test('ask no other machine for anything', async () => {
    const { demo, page } = driver
    const asked = new Set<string>()
    page.on('request', request => asked.add(new URL(request.url()).origin))
    await signIn(driver)
    await click(page, 'Fire 50 requests')
    await told(page, '50 succeeded')
    const own = [new URL(demo.url).origin, demo.issuer, demo.api]
    expect([...asked].filter(origin => origin !== 'null').sort()).toEqual(own.sort())
  })
})

describe('npm run demo', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('prints its address, and stops on %s within a second', async signal => {
    const child = spawn(process.execPath, ['demo/server/main.ts'], { cwd: root, env: { ...process.env, PORT: '0' } })
    onTestFinished(() => void child.kill('SIGKILL'))
    let printed = ''
    for await (const text of child.stdout) {
      printed += text
      if (printed.includes('Ctrl-C')) break
    }
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed)?.[0] ?? ''
    expect(await (await fetch(url)).text()).toContain('<title>latchkey')
    const stoppedAt = performance.now()
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(performance.now() - stoppedAt).toBeLessThan(1000)
  })

  test('takes another port where its own is taken, and is found under the name localhost', async () => {
    const demos = [await startDemo(), await startDemo()]
    onTestFinished(async () => void (await Promise.all(demos.map(demo => demo.stop()))))
    const [first, second] = demos.map(demo => demo.url)
    expect(first).not.toBe(second)
    const response = await fetch(String(second).replace('127.0.0.1', 'localhost'))
    expect(response.url).toBe(second)
  })

  test('lets no other site pull its levers', async () => {
    const { demo } = driver
    const lever = new URL('control/revoke', demo.url)
    expect((await fetch(lever, { method: 'POST', headers: { origin: 'http://evil.test' } })).status).toBe(403)
    expect((await fetch(lever, { method: 'POST' })).status).toBe(403)
  })
})
