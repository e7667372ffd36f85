import { check } from '../errors.ts'
import { readRequestOption } from '../platform/fetch.ts'
import { checkToken } from './check-token.ts'
import type { Scheme, WireScheme } from './scheme.ts'

export interface BearerOptions {
  /**
   * Of these, only `Authorization` is taken off by browsers when a redirect leads to another origin; with any other header a
   * redirect therefore fails as a network error does.
   * @default 'Authorization'
   */
  readonly header?: string | undefined
  /** What stands before the token, with a space after it unless it is empty. @default 'Bearer' */
  readonly prefix?: string | undefined
}

const isBearer = (tokenType: string | null) => tokenType === null || tokenType.toLowerCase() === 'bearer'

/** The platform's own word, since its `TypeError` for a header it cannot send would print the token. */
function isSendable(header: string, value: string): boolean {
  try {
    return new Request('https://latchkey.invalid', { headers: { [header]: value } }).headers.get(header) === value
  } catch {
    return false
  }
}

/**
 * RFC 6750; or another header, for backends that want one.
 *
 * @throws ConfigurationError for a header that pages cannot set, or a prefix that no header can carry
 *
 * @example bearer({ header: 'X-Access-Token', prefix: '' })
 */
export function bearer(options: BearerOptions = {}): Scheme {
  const { header = 'Authorization', prefix = 'Bearer' } = options
  const before = prefix && `${prefix} `
  check(
    isSendable(header, `${before}token`),
    'header',
    'write a header that pages can set, and a `prefix` of plain text',
  )
  const isOwn = header.toLowerCase() !== 'authorization'
  let checked: string | null | undefined
  const scheme: WireScheme = {
    name: 'Bearer',
    header,
    // What is sent as `JWT …` is rejected as `JWT` (RFC 9110 §11.4).
    challenges: [(prefix.split(' ', 1)[0] || 'bearer').toLowerCase(), 'bearer', 'dpop'],
    accepts: isBearer,
    adopt(credentials) {
      check(isBearer(credentials.tokenType), 'tokenType', 'give createClient its `scheme` (`dpop()`), or leave it out')
      if (credentials.accessToken) checkToken(credentials.accessToken)
      return credentials
    },
    attach(init, { accessToken }, { request }) {
      if (accessToken !== checked) checkToken(accessToken)
      checked = accessToken
      init.headers.set(header, before + accessToken)
      // Any other header the platform takes along when another origin is redirected to.
      if (isOwn && (readRequestOption(init, request, 'redirect') ?? 'follow') === 'follow') init.redirect = 'error'
      return undefined
    },
  }
  return scheme
}
