/**
 * The headers of a send: a plain object, unless it could not hold what the caller passed. Chromium copies a `Headers` entry by
 * entry, through its iterator: to pass one costs `fetch` half as much again, and a copy four times as much as a plain object.
 */
export type SentHeaders = Headers | Record<string, string>

export const isHeaders = (headers: SentHeaders): headers is Headers => typeof headers.append === 'function'

/** Copies headers, once, as `fetch` does when it is called. A plain object is left to `fetch` to judge. */
export function copyHeaders(given: HeadersInit): SentHeaders {
  if (typeof given !== 'object' || !given || Symbol.iterator in given)
    return (isHeaders(Object(given)) && asObject(given as Headers)) || new Headers(given)
  const copy: Record<string, string> = { ...given }
  for (const name of Object.keys(copy)) copy[name] = `${copy[name]}`
  return copy
}

/** `undefined` if there are several: they are sent in the order in which they were set, and read in another one (Node). */
function asObject(headers: Headers): Record<string, string> | undefined {
  const [only, another] = headers
  return another ? undefined : only ? { [only[0]]: only[1] } : {}
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
