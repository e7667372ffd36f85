import { parseUrl } from '../platform/page.ts'

/** Parameters of an authorization response (RFC 6749 §4.1.2 and §4.2.2, RFC 9207, OpenID Connect Session Management §2). */
const answer = /^(code|state|session_state|iss|scope|error(_description|_uri)?|token_type|expires_in)$/i
/**
 * A `code` or `error` belongs to an authorization response only beside one of these: an app may have such parameters of its own.
 */
const companion = /^(state|session_state|iss|error_description)$/i

/** Splits a query or a fragment (a hash router keeps a query in it), and tells which pieces are left over from a login. */
function readPieces(part: string): readonly { readonly text: string; readonly isLeftover: boolean }[] {
  const pieces = (part.match(/[?&#][^?&#]+/g) ?? []).map(text => {
    // Always one pair: behind its mark, the text is not empty and has no `&`.
    const [[name, value]] = new URLSearchParams(text.slice(1)) as Iterable<readonly string[]> as [[string, string]]
    // Without a value it is an anchor (`#token`).
    return { text, name: value && name, all: value && `${name}=${value}` }
  })
  const has = (names: RegExp) => pieces.some(({ name }) => names.test(name))
  const isAnswer = has(/^(access|id|refresh)_?token$/i) || (has(/^(code|error)$/i) && has(companion))
  // Also finds a token in a URL that is the value of another parameter, however often it is encoded.
  const isLeftover = (name: string, all: string) => /token(=|%(25)*3d)/i.test(all) || (isAnswer && answer.test(name))
  return pieces.map(({ text, name, all }) => ({ text, isLeftover: isLeftover(name, all) }))
}

/** The path with query and fragment, without the leftovers of a login (RFC 9700 §4.2). */
function clean({ pathname, search, hash }: URL): string {
  const query = readPieces(search).flatMap(({ text, isLeftover }) => (isLeftover ? [] : text))
  const isClean = !readPieces(hash).some(({ isLeftover }) => isLeftover)
  // Of a fragment with leftovers, only the route of a hash router is kept.
  const fragment = isClean ? hash : (/^#[^?&=]*(?=\?)/.exec(hash)?.[0] ?? '')
  return pathname + query.join('').replace(/[?&]/, '?') + fragment
}

/** Where the user is: a path of this origin with query and hash, without tokens and other leftovers of a login. */
export function currentReturnTo(): string {
  const { location } = globalThis
  // `https://app.test//evil.test` is a page of this origin, but its path alone would be read as another host. The path of
  // `about:srcdoc` has no slash.
  return location?.href ? clean(new URL(location.href)).replace(/\/*/, '/') : '/'
}

/**
 * For the login page: returns the path in `value` if it belongs to this origin, else `fallback`. Without this check the login
 * page is an open redirect. Accepts what routers return for a query parameter; of several values it reads the first.
 * @default fallback '/'
 * @see RFC 9700 §4.11.1
 * @example location.assign(safeReturnTo(new URLSearchParams(location.search).get('returnTo')))
 */
export function safeReturnTo(value: string | readonly (string | null)[] | null | undefined, fallback = '/'): string {
  const [first] = [value].flat()
  // Any base origin works: a value that resolves to another origin is not a path.
  const origin = globalThis.location?.origin
  const base = origin && origin !== 'null' ? origin : 'https://latchkey.invalid'
  const url = first && typeof first === 'string' ? parseUrl(first, base) : null
  // `/\evil`, `//evil` and `javascript:` resolve to other origins; a path that begins with two slashes would do so when it is
  // used, and so might one that keeps a backslash (`capacitor:`). Do not compare `origin`: `blob:` has the origin of its creator,
  // and `capacitor:` and `javascript:` both have "null".
  if (!url?.href.startsWith(`${base}/`) || /^\/[/\\]/.test(url.pathname)) return fallback
  return clean(url)
}
