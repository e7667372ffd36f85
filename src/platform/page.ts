/** `null` for what is no URL. */
export function parseUrl(url: string | URL, base?: string | URL): URL | null {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

/** What relative URLs resolve against, as `fetch` does it; `undefined` where there is no page (a server). */
export function pageBaseUrl(): string | undefined {
  const base: unknown = globalThis.document?.baseURI
  // `<img name="baseURI">` takes its place (HTML, named properties of a document).
  return typeof base === 'string' ? base : globalThis.location?.href
}

/** The same, but never another origin's: a `<base>` that somebody has put into the page must not say who gets tokens. */
export function ownBaseUrl(): string | undefined {
  const { origin, location } = globalThis
  const base = pageBaseUrl()
  return base && location && new URL(base).origin !== (origin ?? location.origin) ? location.href : base
}

/** Whether the browser is sure to have no network. Only `false` from `onLine` means anything (HTML, navigator.onLine). */
export const isOffline = (): boolean => globalThis.navigator?.onLine === false

/** Whether nobody looks at the page, or it is only being prerendered: such a page starts nothing of itself. */
export function isHidden(): boolean {
  const page = globalThis.document as (Document & { readonly prerendering?: boolean }) | undefined
  return page?.visibilityState === 'hidden' || page?.prerendering === true
}
