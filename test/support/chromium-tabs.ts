import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumLaunch, pathOf } from './browser-launch.ts'
import { type Browser, type Page, wrapPage } from './browsers.ts'

/** A tab as people have it: hidden while another is in front, and then throttled. */
export interface Tab extends Page {
  bringToFront(): Promise<void>
  /** The page life cycle's `frozen`: nothing runs in it but what a test's `run` calls itself. Hides it, too. */
  freeze(): Promise<void>
  /** Out of `frozen`. It stays hidden until it is brought to the front. */
  resume(): Promise<void>
}

const startChromium = async (profile: string): Promise<{ child: ChildProcess; address: string }> => {
  const args = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...(chromiumLaunch.args ?? [])]
  const child = spawn(pathOf('chromium'), [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`Chromium ended with ${code}`)))
    child.stderr?.on('data', (text: Buffer) => {
      const found = /ws:\/\/\S+/.exec(String(text))
      if (found) resolve(found[0])
    })
  })
  return { child, address }
}

/**
 * Chromium with real tabs. A browser that playwright launches cannot do this: it emulates focus in every page, which keeps
 * them all visible, and a visible page is never frozen (`Page.setWebLifecycleState` is then ignored in silence).
 */
export const openChromiumTabs = async (): Promise<Browser<Tab>> => {
  const profile = await mkdtemp(join(tmpdir(), 'tabs-'))
  const { child, address } = await startChromium(profile)
  const stop = () => child.kill()
  process.once('exit', stop)
  const browser = await chromium.connectOverCDP(address, { noDefaults: true })
  const [context] = browser.contexts()
  if (!context) throw new Error('Chromium has no default context')
  return {
    newPage: async url => {
      const page = await context.newPage()
      const protocol = await context.newCDPSession(page)
      await page.goto(url)
      const enter = async (state: 'frozen' | 'active') =>
        void (await protocol.send('Page.setWebLifecycleState', { state }))
      return {
        ...wrapPage(page),
        bringToFront: () => page.bringToFront(),
        freeze: () => enter('frozen'),
        resume: () => enter('active'),
      }
    },
    close: async () => {
      const ended = new Promise(resolve => child.once('exit', resolve))
      await browser.close()
      stop()
      await ended
      process.off('exit', stop)
      await rm(profile, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
