const secrets =
  /^(code|state|session_state|iss|error|error_description|access_token|id_token|refresh_token|token|token_type|expires_in|scope)$/

/** A fragment is left alone unless it is the answer of a login (`#access_token=…`). */
function clean(url: URL): string {
  for (const name of [...url.searchParams.keys()]) if (secrets.test(name)) url.searchParams.delete(name)
  const fragment = new URLSearchParams(url.hash.slice(1))
  const carries = [...fragment.keys()].some(
    name => name !== 'scope' && name !== 'state' && secrets.test(name) && fragment.get(name),
  )
  return url.pathname + url.search + (carries ? '' : url.hash)
}

/** Where the person is: a path of this origin with query and hash, without what a login left there (RFC 9700 §4.2). */
export function currentReturnTo(): string {
  const { location } = globalThis
  return location?.href ? clean(new URL(location.href)) : '/'
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
    if (value && url.origin === new URL(base).origin && !url.pathname.startsWith('//')) return clean(url)
  } catch {
    // Not a URL at all.
  }
  return fallback
}
