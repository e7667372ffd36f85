import { isWeb } from './trusted-origins.ts'

/** A URL for events and messages: without its query, which may hold secrets. */
export const withoutQuery = (url: URL): string => {
  const { protocol, origin, host, pathname } = url
  if (isWeb(url)) return origin + pathname
  // The origin of others is "null", or that of the page (`blob:`). What a `data:` URL goes on with is a body.
  return protocol + (host && `//${host}`) + (protocol === 'data:' ? '' : pathname)
}
