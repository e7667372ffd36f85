/** A URL for events and messages: without its query, which may hold secrets, and without the content of a `data:` URL. */
export const withoutQuery = ({ protocol, host, pathname }: URL): string =>
  // Not by `origin`, which is "null" or that of the page for what is neither http nor https.
  protocol + (host && `//${host}`) + (protocol === 'data:' ? '' : pathname)
