import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { chromium, type Page } from 'playwright'
import { chromiumLaunch } from '../support/browser-launch.ts'
import { buildInside } from './build.ts'
import { startServer } from './server.ts'

/** Calls what `inside/index.ts` exports, by name, in a place of its own. Arguments and answer go as JSON. */
export type Call = <Answer>(name: string, ...parameters: readonly unknown[]) => Promise<Answer>

const run = promisify(execFile)

/** New space large enough that nothing is collected while bytes are counted. */
const heapFlags = ['--expose-gc', '--max-semi-space-size=64', '--min-semi-space-size=64']

/** Each call in a process of its own. */
export const callInNode =
  ({ counted = false } = {}): Call =>
  async <Answer>(name: string, ...parameters: readonly unknown[]) => {
    const file = await buildInside()
    const script = `const inside = await import(${JSON.stringify(file)})
const answer = await inside[${JSON.stringify(name)}](...${JSON.stringify(parameters)})
process.stdout.write(JSON.stringify(answer))
process.exit(0)`
    const flags = counted ? heapFlags : ['--expose-gc']
    const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '--eval', script], {
      maxBuffer: 2 ** 28,
    })
    return JSON.parse(stdout) as Answer
  }

export interface Chromium {
  /** Another tab of the same browser, with the page loaded. */
  readonly newPage: () => Promise<Page>
  readonly origin: string
  readonly version: string
  readonly exchanges: () => number
}

/** With a server of its own, whose page has all of `inside` as `globalThis.inside`. */
export const inChromium = async <Answer>(
  work: (browser: Chromium) => Promise<Answer>,
  { counted = false } = {},
): Promise<Answer> => {
  await buildInside()
  const server = await startServer()
  const flags = counted ? heapFlags : ['--expose-gc']
  const browser = await chromium.launch({
    ...chromiumLaunch,
    args: [...(chromiumLaunch.args ?? []), '--enable-precise-memory-info', `--js-flags=${flags.join(' ')}`],
  })
  try {
    const context = await browser.newContext()
    const newPage = async () => {
      const page = await context.newPage()
      await page.goto(`${server.origin}/page.html`)
      await page.waitForFunction('globalThis.inside !== undefined')
      return page
    }
    return await work({ newPage, origin: server.origin, version: browser.version(), exchanges: server.exchanges })
  } finally {
    await browser.close()
    await server.close()
  }
}

export const callInPage =
  (page: Page): Call =>
  <Answer>(name: string, ...parameters: readonly unknown[]) =>
    page.evaluate(`inside[${JSON.stringify(name)}](...${JSON.stringify(parameters)})`) as Promise<Answer>
