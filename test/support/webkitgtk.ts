import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node'
import { openWebKit, type WebDriver } from './webdriver.ts'

const createProvider = (): BrowserProvider => {
  let driver: Promise<WebDriver> | undefined
  return {
    name: 'webkitgtk',
    supportsParallelism: false,
    getCommandsContext: () => ({}),
    openPage: async (_sessionId, url) => {
      driver ??= openWebKit()
      const page = await (await driver).openWindow()
      await page.goto(url)
    },
    close: async () => {
      await (await driver)?.close()
      driver = undefined
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
