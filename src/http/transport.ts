import { abortReason } from '../platform/abort.ts'
import { pageFetch, passMark } from '../platform/fetch.ts'
import { isOneShot } from './bodies.ts'

type Fetch = typeof globalThis.fetch

/**
 * The `fetch` that requests are sent with. The page's own is called with both arguments, unchanged. An app's `fetch` is called
 * with a complete `Request`, since many functions read nothing else, and with the same members as the second argument, since
 * others read only that.
 */
export function transportOf(chosen: Fetch | undefined): Fetch {
  if (!chosen || chosen === globalThis.fetch) return pageFetch()
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal, method, referrer, referrerPolicy } = request
    if (signal?.aborted) throw abortReason(signal)
    // A non-empty init may reset the referrer (Fetch, Request constructor; undici with any init), so it is repeated.
    const same: Record<string, unknown> = { method, referrer, referrerPolicy }
    for (const name in init) if (name !== 'auth' && name !== 'replay') same[name] = init[name as keyof RequestInit]
    // Keep the body out of the init if it is a stream: it can be read only once. Otherwise the headers stay as given, in the
    // init or else in the caller's Request, since those of the new one name the boundary of its own FormData.
    if (isOneShot(same['body'])) same['body'] = same['duplex'] = undefined
    const given = (same['headers'] ?? (input as Request).headers) as HeadersInit | undefined
    same['headers'] = same['body'] ? new Headers(given) : request.headers
    passMark(init, request)
    // For wrappers that expect a URL: `input.toString()`.
    return chosen(Object.assign(request, { toString: () => request.url }), same)
  }
}
