import { aText, checkOptions } from '../checks/option-rules.ts'
import { check } from '../errors.ts'
import { setHeader } from '../http/sent-headers.ts'
import { readRequestOption } from '../platform/fetch.ts'
import type { Credentials } from '../session/credentials.ts'
import { checkToken } from './check-token.ts'
import type { Scheme, WireScheme } from './scheme.ts'

/** The options of `bearer`. */
export interface BearerOptions {
  /**
   * The header that carries the token. At a redirect to another origin browsers remove `Authorization` only. With any other
   * header, redirects therefore fail like network errors.
   * @default 'Authorization'
   */
  readonly header?: string | undefined
  /** The text before the token, followed by a space unless it is empty. @default 'Bearer' */
  readonly prefix?: string | undefined
}

const isBearer = ({ tokenType, keyThumbprint }: Pick<Credentials, 'tokenType' | 'keyThumbprint'>) =>
  !keyThumbprint && (tokenType === null || tokenType.toLowerCase() === 'bearer')

/** Tries the header with a sample: at a real send, the platform's `TypeError` for an invalid header would print the token. */
function isSendable(header: string, value: string): boolean {
  try {
    return new Request('https://latchkey.invalid', { headers: { [header]: value } }).headers.get(header) === value
  } catch {
    return false
  }
}

/**
 * A scheme that sends the token as `Authorization: Bearer …`, or in another header if your backend needs one.
 *
 * @throws ConfigurationError for a header that pages cannot set, or a prefix that no header can carry
 * @see RFC 6750 §2.1
 *
 * @example bearer({ header: 'X-Access-Token', prefix: '' })
 */
export function bearer(options: BearerOptions = {}): Scheme {
  checkOptions(options, {
    header: aText,
    prefix: [value => typeof value === 'string' && !value.endsWith(' '), 'a string without a space at its end'],
  })
  const { header = 'Authorization', prefix = 'Bearer' } = options
  const before = prefix && `${prefix} `
  check(
    isSendable(header, `${before}token`),
    'header',
    'write a header that pages can set, and a `prefix` of plain text',
  )
  const isOwn = header.toLowerCase() !== 'authorization'
  /** Joined once for each token: a browser has to copy a text that was just joined. Weak: no token outlives its session here. */
  const values = new WeakMap<Credentials, string>()
  const scheme: WireScheme = {
    name: 'Bearer',
    header,
    // A server rejects a token that was sent as `JWT …` with a `JWT` challenge (RFC 9110 §11.4).
    challenges: [(prefix.split(' ', 1)[0] || 'bearer').toLowerCase(), 'bearer', 'dpop'],
    accepts: isBearer,
    adopt(credentials) {
      check(isBearer(credentials), 'tokenType', 'pass its `scheme` (`dpop()`) to createClient, or leave it out')
      if (credentials.accessToken) checkToken(credentials.accessToken)
      return credentials
    },
    attach(init, credentials, { request }) {
      let value = values.get(credentials)
      if (value === undefined) {
        checkToken(credentials.accessToken)
        value = before + credentials.accessToken
        values.set(credentials, value)
      }
      setHeader(init.headers, header, value)
      // The platform sends any other header along when it follows a redirect to another origin.
      if (isOwn && (readRequestOption(init, request, 'redirect') ?? 'follow') === 'follow') init.redirect = 'error'
      return undefined
    },
  }
  return scheme
}
