import { ConfigurationError } from '../../errors.ts'
import type { Scheme } from '../scheme.ts'
import type { DpopScheme, LoginProof } from './dpop.ts'

export interface LoginProofRequest {
  /** Of the token endpoint. */
  readonly url: string | URL
  /** @default 'POST' */
  readonly method?: string | undefined
  /** What the server's `DPoP-Nonce` said, if it asked for one (RFC 9449 §8). @default the last it told this client */
  readonly nonce?: string | undefined
}

/**
 * For the login's own token request, which the app makes: its `DPoP` header, by the key of the coming session; and that key's
 * thumbprint, for `dpop_jkt` in the authorization request (RFC 9449 §10). Each proof is good for one send.
 *
 * @throws ConfigurationError for another scheme, or one that no client was made with yet
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
  if (!login) throw new ConfigurationError('scheme', 'write what `dpop()` made')
  return login(method, new URL(url), nonce)
}
