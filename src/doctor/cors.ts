import type { ProbeResponse } from './network.ts'

const listOf = (headers: Headers, name: string): readonly string[] =>
  (headers.get(name) ?? '')
    .split(',')
    .map(part => part.trim().toLowerCase())
    .filter(part => part !== '')

/** Whether a browser shows the response to a page of the origin (Fetch, "CORS check"); a page of the same origin sees all. */
export function isReadable({ headers, probe }: ProbeResponse, origin: string, withCookies = false): boolean {
  if (probe.url.origin === origin) return true
  const allowed = headers.get('access-control-allow-origin')
  if (withCookies) return allowed === origin && headers.get('access-control-allow-credentials') === 'true'
  return allowed === '*' || allowed === origin
}

/** Whether a page of the origin may read a header (Fetch, "CORS-exposed header-name list"). */
export function isExposed({ headers, probe }: ProbeResponse, name: string, origin: string): boolean {
  if (probe.url.origin === origin) return true
  const exposed = listOf(headers, 'access-control-expose-headers')
  return exposed.includes(name.toLowerCase()) || exposed.includes('*')
}

/** Whether a page may send a header; `*` never covers `Authorization` (Fetch, "CORS non-wildcard request-header name"). */
export function isAllowed({ headers }: ProbeResponse, name: string, withCookies = false): boolean {
  const allowed = listOf(headers, 'access-control-allow-headers')
  const hasWildcard = !withCookies && name.toLowerCase() !== 'authorization' && allowed.includes('*')
  return allowed.includes(name.toLowerCase()) || hasWildcard
}

/** Whether caches keep the responses for different origins apart. */
export const variesByOrigin = ({ headers }: ProbeResponse): boolean => {
  const names = listOf(headers, 'vary')
  return names.includes('origin') || names.includes('*')
}
