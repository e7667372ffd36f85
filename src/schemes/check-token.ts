import { ConfigurationError } from '../errors.ts'

/** @throws ConfigurationError for a token that no header can carry: the platform's own TypeError would print the whole value */
export function checkToken(token: string | null): void {
  if (!/^[\x21-\x7e]+$/.test(token ?? '')) {
    throw new ConfigurationError(null, 'The access token has characters that no header can carry (RFC 6750).')
  }
}
