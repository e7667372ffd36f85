const secrets = /token$|^(code|state|session_state|iss|error(_description|_uri)?|token_type|expires_in|scope)$/i

/** A fragment is left alone unless it, or the query that a hash router keeps in it, is the answer of a login (`#access_token=…`). */
function clean(url: URL): string {
  for (const name of [...url.searchParams.keys()]) if (secrets.test(name)) url.searchParams.delete(name)
  const { pathname, search, hash } = url
  const queryAt = hash.indexOf('?')
  const answer = [...new URLSearchParams(hash.slice(queryAt < 0 ? 1 : queryAt + 1))]
  const carries = answer.some(([name, value]) => value && secrets.test(name) && !/^(scope|state)$/.test(name))
  return pathname + search + (carries ? hash.slice(0, Math.max(0, queryAt)) : hash)
}

/** Where the person is: a path of this origin with query and hash, without what a login left there (RFC 9700 §4.2). */
export function currentReturnTo(): string {
  const { location } = globalThis
  // `https://app.test//evil.test` is a page of ours, but its path alone would be read as another's.
  return location?.href ? clean(new URL(location.href)).replace(/^\/+/, '/') : '/'
}

/**
 * For the login page: the path in `value` if it is one of this origin, else `fallback`. An open redirect otherwise
 * (RFC 9700 §4.11.1).
 * @default fallback '/'
 */
export function safeReturnTo(value: string | null | undefined, fallback = '/'): string {
  // Any origin will do to resolve against: what leaves it is not a path of ours.
  const origin = globalThis.location?.origin
  const base = origin && origin !== 'null' ? origin : 'https://latchkey.invalid'
  try {
    const url = new URL(value ?? '', base)
    // `/\evil`, `//evil` and `javascript:` resolve to other origins; a path that begins with two slashes would, once used.
    // Not by `origin`: that of `blob:` shows its maker's, and that of `capacitor:` and `javascript:` is the same "null".
    if (value && url.href.startsWith(`${base}/`) && !url.pathname.startsWith('//')) return clean(url)
  } catch {
    // Not a URL at all.
  }
  return fallback
}
