import type { Plugin } from 'esbuild'
import { chromium, type Page, type Browser as Playwright } from 'playwright'
import { bundlePage, pageOf } from '../../load/bundle-page.ts'
import { chromiumLaunch } from '../../support/browser-launch.ts'
import { root } from '../../support/project.ts'
import type { Cell, CellOptions } from '../cell.ts'
import type { Fault } from '../fault.ts'
import { faults } from '../faults.ts'
import { everyCell, workThrough } from '../run.ts'
import { type Account, type AccountOptions, startWorld, type World } from '../world.ts'
import type { OpenedAccount, Servers } from './in-page.ts'

/** In a page it is the built package that must hold. */
const built: Plugin = {
  name: 'built',
  setup: ({ onResolve }) => onResolve({ filter: /\/src\/.*\.ts$/ }, () => ({ path: `${root}dist/index.js` })),
}

/** Each page has an origin of its own, with six connections, of which a cell may keep one for as long as it lasts. */
const atOncePerPage = 4

/**
 * What a page can do. Chromium sends a stream as a body over HTTP/2 and newer only, and the faults are made on connections of
 * HTTP/1.1.
 */
export const cellsForPages: readonly CellOptions[] = everyCell.filter(({ load }) => load !== 'a stream body')

const faultOf = (title: string): Fault => {
  const found = Object.values(faults)
    .flat()
    .find(fault => fault.title === title)
  if (!found) throw new Error(`There is no fault ${title}`)
  return found
}

const createServers = (world: World, origin: string): Servers => {
  const accounts: Account[] = []
  return {
    addresses: async () => world.addresses,
    async open({ fault, ...options }: AccountOptions): Promise<OpenedAccount> {
      const account = world.open({ ...options, fault: faultOf(fault.title) }, origin)
      const { url, accessToken, refreshToken } = account
      return { id: accounts.push(account) - 1, url, accessToken, refreshToken }
    },
    release: async id => void accounts[id]?.release(),
    heal: async id => void accounts[id]?.heal(),
    seen: async id => accounts[id]?.seen() ?? { tokenRequests: 0, reuses: 0 },
  }
}

async function openPage(browser: Playwright, world: World, origin: string): Promise<Page> {
  const servers = createServers(world, origin)
  const page = await browser.newPage()
  const call = (name: keyof Servers, ...given: never[]) => (servers[name] as (...all: never[]) => unknown)(...given)
  await page.exposeFunction('callServers', call)
  await page.goto(origin)
  await page.waitForFunction('globalThis.runCell')
  return page
}

export interface ChromiumMatrix {
  readonly cells: readonly Cell[]
  readonly version: string
  readonly elsewhere: readonly string[]
}

/** The cells, in so many pages of Chromium at once. */
export async function runInChromium(list: readonly CellOptions[], pageCount: number): Promise<ChromiumMatrix> {
  const script = await bundlePage('test/reliability/browser/in-page.ts', [built])
  const files = new Map([
    ['/', { type: 'text/html', text: pageOf('/in-page.js') }],
    ['/in-page.js', { type: 'text/javascript', text: script }],
  ])
  const world = await startWorld({ origins: pageCount, files })
  const browser = await chromium.launch(chromiumLaunch)
  try {
    const pages: Page[] = []
    for (const origin of world.origins) pages.push(await openPage(browser, world, origin))
    const cells = await workThrough(list, pageCount * atOncePerPage, async (options, worker) => {
      const { strike: _onTheServer, ...fault } = options.fault
      const page = pages[worker % pageCount] as Page
      const cell = await page.evaluate<Cell>(`runCell(${JSON.stringify({ ...options, fault })})`)
      return { ...cell, fault: options.fault }
    })
    return { cells, version: browser.version(), elsewhere: world.elsewhere }
  } finally {
    await browser.close()
    await world.close()
  }
}
