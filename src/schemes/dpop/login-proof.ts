import { ConfigurationError } from '../../errors.ts'
import type { Scheme } from '../scheme.ts'
import type { DpopScheme, LoginProof } from './dpop.ts'

/** The request that `loginProof` makes a proof for. */
export interface LoginProofRequest {
  /** The absolute URL of the token endpoint. */
  readonly url: string | URL
  /** @default 'POST' */
  readonly method?: string | undefined
  /** The server's `DPoP-Nonce`, if it requires one (RFC 9449 §8). @default the last one that this client received from it */
  readonly nonce?: string | undefined
}

/**
 * Makes the `DPoP` header for the token request of a login, which your app sends itself, with the key of the coming session. Also
 * returns the thumbprint of that key, for `dpop_jkt` in the authorization request. A proof is valid for one send only.
 *
 * @throws ConfigurationError (as a rejection) for another scheme than `dpop()`, or one that no client was created with yet
 * @see RFC 9449 §5 and §10
 *
 * @example
 * const { proof } = await loginProof(scheme, { url: tokenEndpoint })
 * const tokens = await fetch(tokenEndpoint, { method: 'POST', body, headers: { DPoP: proof } })
 */
export async function loginProof(
  scheme: Scheme,
  { url, method = 'POST', nonce }: LoginProofRequest,
): Promise<LoginProof> {
  const { login } = scheme as Partial<DpopScheme>
  if (!login) throw new ConfigurationError('scheme', 'write what `dpop()` returned')
  return login(method, new URL(url), nonce)
}
