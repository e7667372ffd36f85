import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { PromiseLookAlike } from '../support/promise-look-alike.ts'
import { attack, platformOf, type SeenSend, wrongSends } from './foreign-origins.ts'
import { ways } from './hostile-calls.ts'
import { hostileUrl } from './hostile-urls.ts'

const { numRuns, seed } = fuzzSettings({ numRuns: 600, seed: 41 })
const way = fc.constantFrom(...Object.keys(ways))
const network = fc.constantFrom('own' as const, 'page' as const)
const platform = platformOf()

beforeEach(() => {
  vi.stubGlobal('location', { href: 'https://app.test/page/', origin: 'https://app.test' })
  vi.spyOn(console, 'warn').mockReturnValue()
})

/** What was sent, over many calls drawn at random. */
async function attackOften(runs: number): Promise<readonly SeenSend[]> {
  const all: SeenSend[] = []
  const property = fc.asyncProperty(hostileUrl, way, network, async (text, name, over) => {
    const sends = await attack(text, name, { network: over, platform })
    expect(wrongSends(sends)).toEqual([])
    all.push(...sends)
  })
  await fc.assert(property, { numRuns: runs, seed })
  return all
}

const longMs = fuzzTimeout(60_000)

test(
  'whatever is sent with a token goes to a trusted origin, by the platform’s own parser, and whatever goes there has one',
  async () => {
    const sends = await attackOften(numRuns)
    // Neither side of the rule is kept because nothing was sent.
    expect(sends.filter(({ isTrusted }) => isTrusted).length).toBeGreaterThan(numRuns / 5)
    expect(sends.filter(({ isTrusted }) => !isTrusted).length).toBeGreaterThan(numRuns / 5)
  },
  longMs,
)

describe('the same holds where the page has replaced', () => {
  test.each<[string, () => void]>([
    ['URL by a class over it', () => void vi.stubGlobal('URL', class extends URL {})],
    ['Request by a class over it', () => void vi.stubGlobal('Request', class extends Request {})],
    ['Headers by a class over it', () => void vi.stubGlobal('Headers', class extends Headers {})],
    ['Promise by a class of its own', () => void vi.stubGlobal('Promise', PromiseLookAlike)],
  ])(
    '%s',
    async (_, replace) => {
      replace()
      const sends = await attackOften(Math.ceil(numRuns / 10))
      expect(sends.filter(({ isTrusted }) => isTrusted).length).toBeGreaterThan(0)
    },
    longMs,
  )
})
