import fc from 'fast-check'
import ky, { type KyInstance, type Options } from 'ky'
import { createClient } from 'latchkey'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EchoServer, startEchoServer } from './echo-server.ts'
import { kyCall, type Log, makeOptions } from './ky-options.ts'

/**
 * A client is a ky instance (promise 21): over defaults, `extend`, options of a call, hooks and retries drawn at random, it does what
 * ky does. More of them, and others, by `FUZZ_RUNS=20000 FUZZ_SEED=$RANDOM`; a failure prints the seed and path that bring it back.
 */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 100)
const seed = Number(process.env['FUZZ_SEED'] ?? 21)

let server: EchoServer
beforeAll(async () => {
  server = await startEchoServer()
})
afterAll(() => server.close())

type Call = typeof kyCall extends fc.Arbitrary<infer Value> ? Value : never
type Reader = 'text' | 'json' | 'blob' | 'arrayBuffer' | 'bytes'

const readAs = async (response: Response, reader: Reader) => {
  const value: unknown = await response[reader]()
  if (value instanceof Blob) return { type: value.type, text: await value.text() }
  return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value instanceof Uint8Array ? [...value] : value
}

const inputOf = ({ input, path }: Call): string | URL | Request => {
  if (input === 'text') return path
  const url = new URL(path, server.origin)
  return input === 'URL' ? url : new Request(url)
}

const callOn = async (instance: KyInstance, call: Call, log: Log): Promise<unknown> => {
  const extended = call.extensions.reduce((parent, { options, byFunction }) => {
    const made = makeOptions(options, log)
    return parent.extend(byFunction ? () => made : made)
  }, instance)
  const options = makeOptions(call.options, log)
  const running =
    call.method === 'call' ? extended(inputOf(call), options) : extended[call.method as 'get'](inputOf(call), options)
  if (call.read !== 'response') return readAs(running as unknown as Response, call.read as Reader)
  const response = await running
  const { status, statusText, type, url, redirected } = response
  return { status, statusText, type, url, redirected, text: await response.text() }
}

/** What came of a call: for its caller, for its hooks, and on the wire. */
const observe = async (make: (options: Options) => KyInstance, call: Call) => {
  const log: Log = []
  const quick = { retry: { limit: 2, delay: () => 1 } }
  let outcome: unknown
  try {
    outcome = await callOn(make({ ...quick, ...makeOptions(call.defaults, log) }), call, log)
  } catch (error) {
    const { name, message } = error as Error
    outcome = { name, message: name === 'TypeError' ? '' : message }
  }
  const arrivals = server.take().map(({ authorization: _, ...arrival }) => arrival)
  return { outcome, log, arrivals }
}

test.each(['with a token', 'signed out'])(
  'a client does what ky does, %s',
  async state => {
    const property = fc.asyncProperty(kyCall, async call => {
      const expected = await observe(options => ky.create({ baseUrl: server.origin, ...options }), call)
      const clients: (() => void)[] = []
      const make = (options: Options) => {
        const client = createClient({ baseUrl: server.origin, ...options })
        clients.push(client.dispose)
        if (state === 'with a token') void client.session.signIn({ accessToken: 'good' })
        return client
      }
      const seen = await observe(make, call)
      for (const dispose of clients) dispose()
      expect(seen).toEqual(expected)
    })
    await fc.assert(property, { numRuns, seed })
  },
  30_000 + numRuns * 100,
)
