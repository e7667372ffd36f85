import type { BrokenCase } from '../server/broken.ts'

interface Configuration {
  readonly api: string
  readonly issuer: string
  readonly clientId: string
  readonly resource: string
  readonly scope: string
  /** A way to break it for each cause of a 401. */
  readonly broken: readonly BrokenCase[]
  /** When the demo was started. */
  readonly startedAt: number
}

/** What the server wrote into the page: where the other two servers are. */
export const configuration: Configuration = JSON.parse(part('configuration').textContent)

/** An element of the page that is always there. */
export function part<Kind extends Element = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id)
  if (!element) throw new Error(`There is no #${id} in the page.`)
  return element as unknown as Kind
}
