import { copyHeaders, type SentHeaders } from '../http/sent-headers.ts'
import { headersOf, initMembers, readMember } from '../platform/fetch.ts'

export type Init = RequestInit & { readonly headers?: SentHeaders | undefined }

/** Without a prototype, which a page may have polluted. */
export const nothing: Init = Object.freeze(Object.create(null))
const judgedTexts: readonly string[] = ['method', 'mode', 'redirect']

/** Copies an init: each member is read once, also inherited ones, as `fetch` reads them. */
export function readInit(init: RequestInit | null | undefined, request: Request | undefined): Init {
  if (!init && !request) return nothing
  const read: Record<string, unknown> = {}
  let isEmpty = true
  // By name: no loop finds all members, since getters of a class are not enumerable.
  if (init) {
    for (const name of initMembers) {
      const value = init[name as keyof RequestInit]
      if (value === undefined) continue
      isEmpty = false
      // Read only once: a getter may return another value next time, and what was checked must be what is sent.
      read[name] = typeof value === 'object' && judgedTexts.includes(name) ? `${value}` : value
    }
  }
  for (const name in init)
    if (name !== 'auth' && name !== 'replay' && !initMembers.includes(name))
      read[name] = init[name as keyof RequestInit]
  // With an init, `fetch` resets a Request's referrer (Fetch, Request constructor). Only a caller's own init may do that.
  if (request && isEmpty) {
    const [referrer, policy] = [readMember(request, 'referrer'), readMember(request, 'referrerPolicy')]
    // These are what it resets them to. To read them takes as long as all other members together.
    if (referrer !== 'about:client') read['referrer'] = referrer
    if (policy) read['referrerPolicy'] = policy
  }
  const headers = read['headers'] === undefined ? request && headersOf(request) : read['headers']
  read['headers'] = headers === undefined ? undefined : copyHeaders(headers as HeadersInit)
  return read as Init
}
