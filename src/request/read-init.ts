import { initMembers, readMember } from '../platform/fetch.ts'

export type Init = RequestInit & { readonly headers?: Headers | undefined }

const nothing: Init = Object.freeze({})
const judgedTexts: readonly string[] = ['method', 'mode', 'redirect']

/** An init as it is now: each member read once, its inherited ones too, as `fetch` reads them. */
export function readInit(init: RequestInit | null | undefined, request: Request | undefined): Init {
  if (!init && !request) return nothing
  const read: Record<string, unknown> = {}
  let isEmpty = true
  // By name, since no loop finds all of them: getters of a class are not enumerable.
  if (init) {
    for (const name of initMembers) {
      const value = init[name as keyof RequestInit]
      if (value === undefined) continue
      isEmpty = false
      // An object may say something else each time it is asked, and what is judged is to be what is sent.
      read[name] = typeof value === 'object' && judgedTexts.includes(name) ? `${value}` : value
    }
  }
  for (const name in init)
    if (name !== 'auth' && name !== 'replay' && !initMembers.includes(name))
      read[name] = init[name as keyof RequestInit]
  // Given an init, `fetch` resets a Request's referrer (Fetch, Request constructor). That is for the caller's to do, not for ours.
  if (request && isEmpty) {
    read['referrer'] = readMember(request, 'referrer')
    read['referrerPolicy'] = readMember(request, 'referrerPolicy')
  }
  const headers = read['headers'] === undefined ? request && readMember(request, 'headers') : read['headers']
  read['headers'] = headers === undefined ? undefined : toHeaders(headers as HeadersInit)
  return read as Init
}

/** `new Headers(given)`, which for a plain object costs engines four times as much as this does. */
function toHeaders(given: HeadersInit): Headers {
  const isRecord = typeof given === 'object' && given && !(Symbol.iterator in given)
  // A name that is a symbol is the platform's to refuse.
  if (!isRecord || Object.getOwnPropertySymbols(given).length > 0) return new Headers(given)
  const headers = new Headers()
  for (const name of Object.keys(given)) headers.append(name, given[name] as string)
  return headers
}
