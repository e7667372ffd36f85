import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProvider, BrowserProviderOption, TestProject } from 'vitest/node'
import { type DriverWindow, openWebKit, type WebDriver } from './webdriver.ts'

declare module 'vitest/browser' {
  interface BrowserCommands {
    __vitest_viewport: (size: { readonly width: number; readonly height: number }) => Promise<void>
  }
}

const createProvider = (project: TestProject): BrowserProvider => {
  let driver: Promise<WebDriver> | undefined
  const windows = new Map<string, DriverWindow>()
  // What vitest asks of its provider before each file where its own UI is off.
  project.browser?.registerCommand('__vitest_viewport', async ({ sessionId }, size) => {
    await windows.get(sessionId)?.resize(size)
  })
  return {
    name: 'webkitgtk',
    supportsParallelism: false,
    getCommandsContext: () => ({}),
    openPage: async (sessionId, url) => {
      driver ??= openWebKit()
      const page = await (await driver).openWindow()
      windows.set(sessionId, page)
      await page.goto(url)
    },
    close: async () => {
      await (await driver)?.close()
      driver = undefined
      windows.clear()
    },
  }
}

/** Vitest's browser mode in WebKitGTK, which playwright cannot drive from the distribution's packages. */
export const webkitGtk = (): BrowserProviderOption =>
  defineBrowserProvider({
    name: 'webkitgtk',
    supportedBrowser: ['webkit'],
    options: {},
    providerFactory: createProvider,
  })
