import { pageFetch, passMark } from '../platform/fetch.ts'
import { isOneShot } from './bodies.ts'

type Fetch = typeof globalThis.fetch

/**
 * What requests are sent through. The page's `fetch` takes both arguments, as it always did. One that the app gave gets one
 * complete `Request`, since many read nothing else; and as its second argument the same once more, since many read only that.
 */
export function transportOf(chosen: Fetch | undefined): Fetch {
  if (!chosen || chosen === globalThis.fetch) return pageFetch()
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal, method, referrer, referrerPolicy } = request
    if (signal?.aborted) throw signal.reason
    // An init that is not empty may take the referrer off (Fetch, Request constructor; undici, whatever is in it).
    const same: Record<string, unknown> = { method, referrer, referrerPolicy }
    for (const name in init) if (name !== 'auth' && name !== 'replay') same[name] = init[name as keyof RequestInit]
    // The headers of a `Request` name the boundary of its own FormData; a stream is there but once.
    if (isOneShot(same['body'])) same['body'] = same['duplex'] = undefined
    if (!same['body']) same['headers'] = request.headers
    passMark(init, request)
    // For wrappers that take it for the URL: `input.toString()`.
    return chosen(Object.assign(request, { toString: () => request.url }), same)
  }
}
