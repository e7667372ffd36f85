import type fc from 'fast-check'
import type { KyInstance, Options } from 'ky'
import type { Take } from './compare-fetch.ts'
import { type kyCall, type Log, makeOptions } from './ky-options.ts'

export type Call = typeof kyCall extends fc.Arbitrary<infer Value> ? Value : never
type Reader = 'text' | 'json' | 'blob' | 'arrayBuffer' | 'bytes'

const readAs = async (response: Response, reader: Reader) => {
  const value: unknown = await response[reader]()
  if (value instanceof Blob) return { type: value.type, text: await value.text() }
  return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value instanceof Uint8Array ? [...value] : value
}

const inputOf = ({ input, path }: Call, origin: string): string | URL | Request => {
  if (input === 'text') return path
  const url = new URL(path, origin)
  return input === 'URL' ? url : new Request(url)
}

/** Takes longer than the timeout of its call. What arrives there depends on how fast the machine is. */
const hangs = 'hang'

const callOn = async (instance: KyInstance, call: Call, origin: string, log: Log): Promise<unknown> => {
  const extended = call.extensions.reduce((parent, { options, byFunction }) => {
    const made = makeOptions(options, log)
    return parent.extend(byFunction ? () => made : made)
  }, instance)
  const options = { ...makeOptions(call.options, log), ...(call.path === hangs && { timeout: 50 }) }
  const running =
    call.method === 'call'
      ? extended(inputOf(call, origin), options)
      : extended[call.method as 'get'](inputOf(call, origin), options)
  if (call.read !== 'response') return readAs(running as unknown as Response, call.read as Reader)
  const response = await running
  const { status, statusText, type, url, redirected } = response
  return { status, statusText, type, url, redirected, text: await response.text() }
}

/** What came of a call: for its caller, for its hooks, and on the wire. */
export const observeKy = async (
  make: (options: Options) => KyInstance,
  call: Call,
  { origin, take }: { readonly origin: string; readonly take: Take },
) => {
  const log: Log = []
  const quick = { retry: { limit: 2, delay: () => 1 } }
  let outcome: unknown
  try {
    outcome = await callOn(make({ ...quick, ...makeOptions(call.defaults, log) }), call, origin, log)
  } catch (error) {
    const { name, message } = error as Error
    outcome = { name, message: name === 'TypeError' ? '' : message }
  }
  const arrivals = (await take())
    .filter(({ path }) => !path.startsWith(`/${hangs}`))
    .map(({ authorization: _, ...arrival }) => arrival)
  return { outcome, log, arrivals }
}
