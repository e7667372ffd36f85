/** Parses a URL; `null` if it is none. */
export function parseUrl(url: string | URL, base?: string | URL): URL | null {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

/** The base of relative URLs, as for `fetch`; `undefined` without a page (on a server). */
export function pageBaseUrl(): string | undefined {
  const base: unknown = globalThis.document?.baseURI
  // `<img name="baseURI">` shadows it (HTML, named properties of a document).
  return typeof base === 'string' ? base : globalThis.location?.href
}

/** The same, but never of another origin: an injected `<base>` must not decide where tokens are sent. */
export function ownBaseUrl(): string | undefined {
  const { origin, location } = globalThis
  const base = pageBaseUrl()
  return base && location && new URL(base).origin !== (origin ?? location.origin) ? location.href : base
}

/** Whether the browser says that it is offline. `onLine: true` would mean nothing (HTML, navigator.onLine). */
export const isOffline = (): boolean => globalThis.navigator?.onLine === false

/** Whether the page is hidden or prerendering. Such a page starts no background refresh. */
export function isHidden(): boolean {
  const page = globalThis.document as (Document & { readonly prerendering?: boolean }) | undefined
  return page?.visibilityState === 'hidden' || page?.prerendering === true
}
