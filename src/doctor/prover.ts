import { generateKey, type Key, prove } from '../schemes/dpop/proof.ts'
import type { Network, Probe, ProbeResponse } from './network.ts'
import { assertUsage } from './usage-error.ts'

/** Sends requests with DPoP proofs, and remembers each server's nonce (RFC 9449 §8, §9). */
export interface Prover {
  /** Once more with a nonce, where the server asks for one. @throws NoResponseError */
  send(probe: Probe, token?: string | null): Promise<ProbeResponse>
  /** The first response at this URL that asked for a nonce. */
  demandAt(url: URL): ProbeResponse | null
}

const algorithms = {
  'P-256': { name: 'ES256', parameters: { name: 'ECDSA', namedCurve: 'P-256' } },
  Ed25519: { name: 'EdDSA', parameters: { name: 'Ed25519' } },
} as const

/** @throws UsageError for a JWK that is no private key of ES256 or EdDSA; the message does not quote it */
export async function importKey(jwk: JsonWebKey): Promise<Key> {
  const { crv = '', kty, x, y } = jwk
  const algorithm = Object.hasOwn(algorithms, crv) ? algorithms[crv as keyof typeof algorithms] : undefined
  const mistake = 'LATCHKEY_DPOP_KEY must be a private JWK of P-256 or Ed25519.'
  assertUsage(algorithm && jwk.d, mistake)
  const { ext: _ext, key_ops: _operations, use: _use, alg: _alg, ...plain } = jwk
  const imported = crypto.subtle.importKey('jwk', plain, algorithm.parameters, false, ['sign'])
  // The platform's error would quote members of the key.
  const privateKey = await imported.catch(() => null)
  assertUsage(privateKey, mistake)
  // Only these members, in this order (RFC 7638 §3.2).
  const publicJwk = { crv, kty, x, ...(y && { y }) }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(publicJwk)))
  const thumbprint = Buffer.from(digest).toString('base64url')
  return { algorithm: algorithm.name, privateKey, jwk: publicJwk, thumbprint }
}

/** Whether a response of either server asks for a proof with a nonce. */
export const asksForNonce = ({ status, headers, json }: ProbeResponse): boolean => {
  const { error } = Object(json) as { readonly error?: unknown }
  if (status === 400) return error === 'use_dpop_nonce'
  return status === 401 && /^(?=.*\bdpop\b).*use_dpop_nonce/i.test(headers.get('www-authenticate') ?? '')
}

/** With the key that the account's refresh tokens are bound to, or else a new one. */
export async function createProver(network: Network, jwk: JsonWebKey | null): Promise<Prover> {
  const key = jwk ? await importKey(jwk) : await generateKey('ES256')
  // By URL: an authorization server and an API on one origin each have nonces of their own.
  const nonces = new Map<string, string>()
  const demands = new Map<string, ProbeResponse>()
  const placeOf = ({ origin, pathname }: URL) => origin + pathname

  const sendOnce = async (probe: Probe, token: string | null) => {
    const { url, method = 'GET' } = probe
    const nonce = nonces.get(placeOf(url))
    const proof = await prove(key, { method, url, token, ...(nonce !== undefined && { nonce }) })
    const response = await network.send({ ...probe, headers: { ...probe.headers, dpop: proof } })
    const next = response.headers.get('dpop-nonce')
    if (next) nonces.set(placeOf(url), next)
    return response
  }
  return {
    demandAt: url => demands.get(placeOf(url)) ?? null,
    async send(probe, token = null) {
      const response = await sendOnce(probe, token)
      if (!asksForNonce(response)) return response
      const place = placeOf(probe.url)
      if (!demands.has(place)) demands.set(place, response)
      return response.headers.get('dpop-nonce') ? sendOnce(probe, token) : response
    },
  }
}
