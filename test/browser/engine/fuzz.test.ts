import fc from 'fast-check'
import ky, { type Options } from 'ky'
import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { describe, expect, onTestFinished, test } from 'vitest'
import { comparableToReplay, inAnyOrder, observe, withoutToken } from '../../fuzz/compare-fetch.ts'
import { observeKy } from '../../fuzz/compare-ky.ts'
import { createFetchCalls, type FetchCall } from '../../fuzz/fetch-arguments.ts'
import { valuesOfPages } from '../../fuzz/fetch-values-of-pages.ts'
import { kyCall } from '../../fuzz/ky-options.ts'
import { elsewhere, fuzz, fuzzLimit, take } from './echo.ts'

// As test/fuzz does it in Node, with what only pages have. In one file: two would run at once, and there is one pair of echo servers.
const { runs: numRuns, seed } = fuzz({ runs: 60, seed: 20 })
const { runs: kyRuns } = fuzz({ runs: 20, seed })
const { fetchCall, makeArguments } = createFetchCalls(valuesOfPages)
type Fetch = typeof globalThis.fetch

const { origin } = location
const platform = globalThis.fetch

/** How a page may call it: as a function, as the window's own, by a library that was there before. */
const ways: Readonly<Record<string, (fetch: Fetch) => Fetch>> = {
  unbound: fetch => fetch,
  'on the window': fetch => (input, init) => fetch.call(window, input, init),
  'in place of the page’s own': fetch => (input, init) => {
    globalThis.fetch = fetch
    try {
      return window.fetch(input, init)
    } finally {
      globalThis.fetch = platform
    }
  },
}
const way = fc.constantFrom(...Object.keys(ways))
/** Where relative URLs lead: a page may change it at any time, and to another origin. */
const base = fc.constantFrom(null, '/another/folder/', `${elsewhere}/`)

const withBase = async (href: string | null, run: () => Promise<void>) => {
  const element = document.createElement('base')
  if (href !== null) document.head.append(Object.assign(element, { href }))
  try {
    await run()
  } finally {
    element.remove()
  }
}

/** In a long run, with other fuzzers beside it, the machine is busy all the time. */
const mostLooks = numRuns > 60 ? 10 : 3

/** Engines have clocks and connections of their own, which a busy machine disturbs: what differs must differ each time. */
const repeatedly = async (compare: () => Promise<void>): Promise<void> => {
  for (let looks = 1; ; looks += 1)
    try {
      return await compare()
    } catch (error) {
      if (looks === mostLooks) throw error
    }
}

const observeCall = (fetch: Fetch, call: FetchCall, at: string) => observe(fetch, () => makeArguments(call, at), take)

describe(`client.fetch does what the page’s fetch does (seed ${seed})`, () => {
  test.each([
    ['with a token, to the origin of the page', { baseUrl: origin }, origin],
    ['with a token, to another origin', { baseUrl: elsewhere }, elsewhere],
    ['to an origin that is not trusted', { baseUrl: 'https://else.test/' }, origin],
    ['over a fetch of the app', { baseUrl: origin, fetch: ((input, init) => platform(input, init)) as Fetch }, origin],
  ] as const)(
    '%s',
    async (_, options, at) => {
      const { fetch, session, dispose } = createAuthenticatedFetch(options)
      onTestFinished(dispose)
      await session.signIn({ accessToken: 'good' })
      const leaks: unknown[] = []
      const compare = async (call: FetchCall, name: string) => {
        const expected = await observeCall(platform, call, at)
        if (!expected) return
        const seen = await observeCall(ways[name]?.(fetch) ?? fetch, call, at)
        const strange = seen?.arrivals.filter(({ host }) => host !== new URL(options.baseUrl).host) ?? []
        leaks.push(...strange.filter(({ authorization }) => authorization?.startsWith('Bearer ')))
        expect(seen && { ...seen, arrivals: inAnyOrder(withoutToken(seen.arrivals)) }).toEqual({
          ...expected,
          arrivals: inAnyOrder(withoutToken(expected.arrivals)),
        })
      }
      const property = fc.asyncProperty(fetchCall, way, base, (call, name, href) =>
        withBase(href, () => repeatedly(() => compare(call, name))),
      )
      await fc.assert(property, { numRuns, seed })
      expect(leaks).toEqual([])
    },
    fuzzLimit(numRuns),
  )

  test(
    'in a replay, too: what is sent again is what was to be sent',
    async () => {
      let replays = 0
      const property = fc.asyncProperty(fetchCall, async call => {
        const expected = await observeCall(platform, call, origin)
        const client = createClient({ baseUrl: origin, refresh: async () => ({ accessToken: 'newer' }) })
        await client.session.signIn({ accessToken: 'refused' })
        const seen = await observeCall(client.fetch, call, origin)
        client.dispose()
        if (!expected || !seen || seen.arrivals.length <= expected.arrivals.length) return
        replays += 1
        expect(seen.outcome).toEqual(expected.outcome)
        const again = seen.arrivals.slice(-expected.arrivals.length)
        expect(comparableToReplay(again)).toEqual(comparableToReplay(expected.arrivals))
      })
      await fc.assert(property, { numRuns, seed })
      expect(replays).toBeGreaterThan(numRuns / 20)
    },
    fuzzLimit(numRuns),
  )
})

test.each([
  ['with a token', location.origin],
  ['with a token, at another origin', elsewhere],
  ['signed out', location.origin],
] as const)(
  `a client does what ky does, %s (seed ${seed})`,
  async (state, origin) => {
    const compare = async (call: Parameters<typeof observeKy>[1]) => {
      const server = { origin, take }
      const expected = await observeKy(options => ky.create({ baseUrl: origin, ...options }), call, server)
      const clients: (() => void)[] = []
      const make = (options: Options) => {
        const client = createClient({ baseUrl: origin, ...options })
        clients.push(client.dispose)
        if (state !== 'signed out') void client.session.signIn({ accessToken: 'good' })
        return client
      }
      const seen = await observeKy(make, call, server)
      for (const dispose of clients) dispose()
      const comparable = ({ arrivals, ...rest }: typeof seen) => ({ ...rest, arrivals: inAnyOrder(arrivals) })
      expect(comparable(seen)).toEqual(comparable(expected))
    }
    const property = fc.asyncProperty(kyCall, call => repeatedly(() => compare(call)))
    await fc.assert(property, { numRuns: kyRuns, seed })
  },
  fuzzLimit(kyRuns),
)
