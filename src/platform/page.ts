/** What relative URLs resolve against, as `fetch` does it; `undefined` where there is no page (a server). */
export function pageBaseUrl(): string | undefined {
  return globalThis.document?.baseURI ?? globalThis.location?.href
}

/** Whether the browser is sure to have no network. Only `false` from `onLine` means anything (HTML, navigator.onLine). */
export const isOffline = (): boolean => globalThis.navigator?.onLine === false

/** Whether nobody looks at the page, or it is only being prerendered: such a page starts nothing of itself. */
export function isHidden(): boolean {
  const page = globalThis.document as (Document & { readonly prerendering?: boolean }) | undefined
  return page?.visibilityState === 'hidden' || page?.prerendering === true
}
