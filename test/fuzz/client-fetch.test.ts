import fc from 'fast-check'
import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { comparableToReplay, observe, withoutToken } from './compare-fetch.ts'
import { type EchoServer, refusedToken, startEchoServer } from './echo-server.ts'
import { createFetchCalls, type FetchCall } from './fetch-arguments.ts'

/**
 * `client.fetch` is `fetch` (promise 20): over calls drawn at random, both do the same. More of them, and others, by
 * `FUZZ_RUNS=20000 FUZZ_SEED=$RANDOM`; a failure prints the seed and the path that bring it back.
 * Long runs may also report “ReadableStream is already closed” as an unhandled error: Node’s own `fetch` does it alone as well.
 */
const { numRuns, seed } = fuzzSettings({ numRuns: 250, seed: 20 })

const { fetchCall, makeArguments } = createFetchCalls()
type Fetch = typeof globalThis.fetch

let server: EchoServer
beforeAll(async () => {
  server = await startEchoServer()
})
afterAll(() => server.close())

const observeCall = (fetch: Fetch, call: FetchCall) =>
  observe(fetch, () => makeArguments(call, server.origin), server.take)

describe('client.fetch does what fetch does', () => {
  const start = async (options: { readonly elsewhere?: boolean; readonly own?: boolean }) => {
    const { fetch, session, dispose } = createAuthenticatedFetch({
      baseUrl: options.elsewhere ? 'https://else.test/' : server.origin,
      ...(options.own && { fetch: ((input, init) => globalThis.fetch(input, init)) as Fetch }),
    })
    onTestFinished(dispose)
    await session.signIn({ accessToken: 'good' })
    return fetch
  }

  test.each([
    ['with a token', {}],
    ['to an origin that is not trusted', { elsewhere: true }],
    ['over a fetch of the app', { own: true }],
  ] as const)(
    '%s',
    async (_, options) => {
      const fetch = await start(options)
      await fc.assert(
        fc.asyncProperty(fetchCall, async call => {
          const expected = await observeCall(globalThis.fetch, call)
          if (!expected) return
          const seen = await observeCall(fetch, call)
          expect(seen && { ...seen, arrivals: withoutToken(seen.arrivals) }).toEqual({
            ...expected,
            arrivals: withoutToken(expected.arrivals),
          })
        }),
        { numRuns, seed },
      )
    },
    fuzzTimeout(60_000),
  )

  test(
    'in a replay, too: what is sent again is what was to be sent',
    async () => {
      let replays = 0
      const property = fc.asyncProperty(fetchCall, async call => {
        const expected = await observeCall(globalThis.fetch, call)
        const client = createClient({ baseUrl: server.origin, refresh: async () => ({ accessToken: 'newer' }) })
        await client.session.signIn({ accessToken: refusedToken })
        const seen = await observeCall(client.fetch, call)
        client.dispose()
        if (!expected || !seen || seen.arrivals.length <= expected.arrivals.length) return
        replays += 1
        const again = seen.arrivals.slice(-expected.arrivals.length)
        expect(seen.outcome).toEqual(expected.outcome)
        expect(comparableToReplay(again)).toEqual(comparableToReplay(expected.arrivals))
      })
      await fc.assert(property, { numRuns, seed })
      expect(replays).toBeGreaterThan(numRuns / 20)
    },
    fuzzTimeout(60_000),
  )
})
