import { parseUrl } from '../platform/page.ts'

/**
 * Which URLs may get credentials: by scheme, host and port of the parsed URL (RFC 6454 §4, WHATWG URL "origin"), never by
 * prefix. A token must not leave its server (RFC 9110 §11.5) nor go unencrypted (RFC 6750 §5.3).
 */

/** Origins that may get credentials. */
export interface TrustedOrigins {
  /** Whether the final URL of a send has one of these origins. With a password in it, which `fetch` rejects, it has none. */
  has(url: Pick<URL, 'href'>): boolean
  /**
   * Whether a URL's text begins with one of them and a slash, and goes on with what parsing would not change. Its origin is fixed
   * then (URL standard, "authority state"), so it need not be parsed. `false` says nothing: it has to be parsed.
   */
  hasNormalized(text: string): boolean
  /** Normalised, without duplicates and without origins that can never be trusted. */
  readonly list: readonly string[]
}

/** After the slash: without escapes, fragments, dot segments, and characters that a parser would encode. One expression: it runs for each request. */
const normalizedUnder = (origins: readonly string[]) => {
  const any = origins.map(origin => origin.replace(/[^\w:/-]/g, '\\$&')).join('|') || '(?!)'
  return new RegExp(`^(?:${any})(?=/)(?:/(?!\\.)|[\\w\\-.~?=&+,;:@!$()*])*$`)
}

const loopback = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/

/** Do not use `url.origin`: it is "null" for all `file:` and `capacitor:` URLs, and the creator's origin for `blob:`. */
export const originOf = (url: URL) => `${url.protocol}//${url.host}`

/** Whether a host has no scheme: `new URL` would read it as a path of the page, or its name as a scheme. */
export const isHostAlone = (url: string | URL | undefined): boolean => /^[^/?#]*[.:]\w/.test(url as string)

export const isWeb = ({ protocol }: URL) => /^https?:/.test(protocol)

const isSecure = (url: URL) => url.protocol === 'https:' || loopback.test(url.hostname)

/**
 * Takes any URLs of the origins meant; those that are not `https`, or `http` on a loopback host, are left out unless `insecure`.
 */
export function createTrustedOrigins(origins: readonly (string | URL)[], insecure = false): TrustedOrigins {
  const urls = origins
    .map(origin => parseUrl(origin))
    .filter(url => url !== null && isWeb(url) && (insecure || isSecure(url))) as URL[]
  const list = [...new Set(urls.map(originOf))]
  const roots = list.map(origin => `${origin}/`)
  const normalized = normalizedUnder(list)
  return {
    // By the text that is sent: a page's own `URL` class may read its parts differently than `fetch` does (React Native).
    has: ({ href }) => roots.some(root => href.startsWith(root)),
    hasNormalized: text => normalized.test(text),
    list,
  }
}

/** Says what to write instead of a wrong origin; `null` if it is right. The value itself is not shown. */
export function originProblem(value: string | URL, insecure = false): string | null {
  if (String(value).includes('*')) return 'write each origin: wildcards are not supported'
  const url = parseUrl(value)
  if (!url || !isWeb(url)) return "write an absolute origin, as in 'https://api.example.com'"
  if (!insecure && !isSecure(url))
    return 'use https (http is for loopback hosts), or `allowInsecureRequests: true` in development'
  return url.href === `${originOf(url)}/` ? null : `write only '${originOf(url)}'`
}
