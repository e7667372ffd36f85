import fc from 'fast-check'
import ky, { type Options } from 'ky'
import { createClient } from 'latchkey'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fuzzSettings, fuzzTimeout } from '../support/fuzz-settings.ts'
import { observeKy } from './compare-ky.ts'
import { type EchoServer, startEchoServer } from './echo-server.ts'
import { kyCall } from './ky-options.ts'

/**
 * A client is a ky instance (promise 21): over defaults, `extend`, options of a call, hooks and retries drawn at random, it does what
 * ky does. More of them, and others, by `FUZZ_RUNS=20000 FUZZ_SEED=$RANDOM`; a failure prints the seed and path that bring it back.
 */
const { numRuns, seed } = fuzzSettings({ numRuns: 100, seed: 21 })

let server: EchoServer
beforeAll(async () => {
  server = await startEchoServer()
})
afterAll(() => server.close())

const isEqual = (seen: unknown, expected: unknown): boolean => {
  try {
    expect(seen).toEqual(expected)
    return true
  } catch {
    return false
  }
}

/** In a long run, with other fuzzers beside it, the machine is busy all the time. */
const mostRepeats = process.env['FUZZ_RUNS'] === undefined ? 2 : 9

test.each(['with a token', 'signed out'])(
  'a client does what ky does, %s',
  async state => {
    const observeBoth = async (call: Parameters<typeof observeKy>[1]) => {
      const expected = await observeKy(options => ky.create({ baseUrl: server.origin, ...options }), call, server)
      const clients: (() => void)[] = []
      const make = (options: Options) => {
        const client = createClient({ baseUrl: server.origin, ...options })
        clients.push(client.dispose)
        if (state === 'with a token') void client.session.signIn({ accessToken: 'good' })
        return client
      }
      const seen = await observeKy(make, call, server)
      for (const dispose of clients) dispose()
      return { expected, seen }
    }
    const property = fc.asyncProperty(kyCall, async call => {
      let { expected, seen } = await observeBoth(call)
      // ky's timeouts go by the real clock, which a busy machine does not keep: what differs must differ each time.
      for (let again = 0; again < mostRepeats && !isEqual(seen, expected); again += 1)
        ({ expected, seen } = await observeBoth(call))
      expect(seen).toEqual(expected)
    })
    await fc.assert(property, { numRuns, seed })
  },
  fuzzTimeout(60_000),
)
