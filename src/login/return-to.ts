import { parseUrl } from '../platform/page.ts'

/** What an authorization server answers with (RFC 6749 §4.1.2 and §4.2.2, RFC 9207, OpenID Connect Session Management §2). */
const answer = /^(code|state|session_state|iss|scope|error(_description|_uri)?|token_type|expires_in)$/i
/** One of these beside a `code` or an `error` tells that they are its: an app may have either, or a `state`, of its own. */
const companion = /^(state|session_state|iss|error_description)$/i

/** A query or a fragment (in which a hash router keeps a query) in pieces, and which of them a login left there. */
function readPieces(part: string): readonly { readonly text: string; readonly isLeft: boolean }[] {
  const pieces = (part.match(/[?&#]?[^?&#]+/g) ?? []).map(text => {
    const [[name = '', value = ''] = []] = new URLSearchParams(text.replace(/^[?&#]/, ''))
    // What has no value is the name of a place (`#token`).
    return { text, name: value && name, all: value && `${name}=${value}` }
  })
  const has = (names: RegExp) => pieces.some(({ name }) => names.test(name))
  const isAnswer = has(/^(access|id|refresh)_?token$/i) || (has(/^(code|error)$/i) && has(companion))
  // A token also where an address is the value of another parameter, however often it was encoded.
  const isLeft = (name: string, all: string) => /token(=|%(25)*3d)/i.test(all) || (isAnswer && answer.test(name))
  return pieces.map(({ text, name, all }) => ({ text, isLeft: isLeft(name, all) }))
}

/** The path, without what a login left in its query and fragment (RFC 9700 §4.2). */
function clean({ pathname, search, hash }: URL): string {
  const query = readPieces(search).flatMap(({ text, isLeft }) => (isLeft ? [] : text))
  const isClean = !readPieces(hash).some(({ isLeft }) => isLeft)
  // Of a fragment that holds such a thing, a hash router's route is kept.
  const fragment = isClean ? hash : (/^#[^?&=]*(?=\?)/.exec(hash)?.[0] ?? '')
  return pathname + query.join('').replace(/^[?&]/, '?') + fragment
}

/** Where the person is: a path of this origin with query and hash, without tokens and what else a login left there. */
export function currentReturnTo(): string {
  const { location } = globalThis
  // `https://app.test//evil.test` is a page of ours, but its path alone would be read as another's.
  return location?.href ? clean(new URL(location.href)).replace(/^\/+/, '/') : '/'
}

/**
 * For the login page: the path in `value` if it is one of this origin, else `fallback`. An open redirect otherwise
 * (RFC 9700 §4.11.1). Takes what routers give for a query parameter; of several values the first.
 * @default fallback '/'
 * @example safeReturnTo(route.query.returnTo)
 */
export function safeReturnTo(value: string | readonly (string | null)[] | null | undefined, fallback = '/'): string {
  const [first] = [value].flat()
  // Any origin will do to resolve against: what leaves it is not a path of ours.
  const origin = globalThis.location?.origin
  const base = origin && origin !== 'null' ? origin : 'https://latchkey.invalid'
  const url = first ? parseUrl(first, base) : null
  // `/\evil`, `//evil` and `javascript:` resolve to other origins; a path that begins with two slashes would, once used.
  // Not by `origin`: that of `blob:` shows its maker's, and that of `capacitor:` and `javascript:` is the same "null".
  if (!url?.href.startsWith(`${base}/`) || url.pathname.startsWith('//')) return fallback
  return clean(url)
}
