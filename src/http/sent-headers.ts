/**
 * The headers of a send: a plain object, unless the caller passed something else. `fetch` in Chromium reads a `Headers` entry by
 * entry, through its iterator, which takes as long again as all the rest of a `Request` (docs/performance).
 */
export type SentHeaders = Headers | Record<string, string>

export const isHeaders = (headers: SentHeaders): headers is Headers => typeof headers.append === 'function'

/** Copies headers, once, as `fetch` does when it is called. A plain object is left to `fetch` to judge. */
export function copyHeaders(given: HeadersInit): SentHeaders {
  // Only a plain object keeps each of its members under the name that it has.
  if (typeof given !== 'object' || !given || Symbol.iterator in given) return new Headers(given)
  const copy: Record<string, string> = { ...(given as Record<string, string>) }
  for (const name of Object.keys(copy)) if (typeof copy[name] !== 'string') copy[name] = `${copy[name]}`
  return copy
}

/** Whether there is a header of this name, in any case. */
export function hasHeader(headers: SentHeaders, name: string): boolean {
  if (isHeaders(headers)) return headers.has(name)
  return Object.keys(headers).some(own => own.length === name.length && own.toLowerCase() === name.toLowerCase())
}

/** Sets a header. In a plain object there must be none of this name, in another case. */
export function setHeader(headers: SentHeaders, name: string, value: string): void {
  if (isHeaders(headers)) headers.set(name, value)
  else headers[name] = value
}
