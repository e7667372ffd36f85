import { ConfigurationError } from '../errors.ts'
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

/**
 * RFC 6750; or another header, for backends that want one.
 * @example bearer({ header: 'X-Access-Token', prefix: '' })
 */
export function bearer(options: BearerOptions = {}): Scheme {
  const { header = 'Authorization', prefix = 'Bearer' } = options
  const before = prefix && `${prefix} `
  let checked: string | undefined
  const scheme: WireScheme = {
    name: 'Bearer',
    header,
    staysHome: header.toLowerCase() !== 'authorization',
    challenges: ['bearer', 'dpop'],
    accepts: tokenType => tokenType === null || tokenType.toLowerCase() === 'bearer',
    attach(headers, accessToken) {
      // The platform's own TypeError would print the whole header value.
      if (accessToken !== checked && !/^[\x21-\x7e]+$/.test(accessToken)) {
        throw new ConfigurationError(null, 'The access token has characters that no header can carry (RFC 6750 §2.1).')
      }
      checked = accessToken
      headers.set(header, before + accessToken)
    },
  }
  return scheme
}
