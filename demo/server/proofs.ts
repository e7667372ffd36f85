import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'

/** Whose key it is, or the error of RFC 9449 §7.1 that says why that is not known. */
export type Proof = { readonly thumbprint: string } | { readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce' }

export interface ProofChecker {
  /** What every answer tells, so that the next proof can say it. */
  readonly nonce: string
  check(request: IncomingMessage, accessToken: string): Promise<Proof>
}

const nonceMs = 30_000
const leewaySeconds = 30

const random = () => randomBytes(12).toString('base64url')
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Checks DPoP proofs (RFC 9449 §4.3): each is good once, for one URL, one token, and a nonce of the last minute. */
export function createProofChecker(origin: string): ProofChecker {
  let [nonce, formerNonce] = [random(), random()]
  let rotatedAt = Date.now()
  let [seen, formerlySeen] = [new Set<string>(), new Set<string>()]

  /** The one before is still taken: who was on the way need not turn back. */
  const rotate = () => {
    if (Date.now() - rotatedAt < nonceMs) return
    ;[nonce, formerNonce] = [random(), nonce]
    rotatedAt = Date.now()
    ;[seen, formerlySeen] = [new Set(), seen]
  }

  const isProved = (claims: Readonly<Record<string, unknown>>, request: IncomingMessage, accessToken: string) => {
    const { htm, htu, iat, ath, jti } = claims
    const isTimely = Math.abs(Date.now() / 1000 - Number(iat)) < leewaySeconds
    const isFirst = typeof jti === 'string' && !seen.has(jti) && !formerlySeen.has(jti)
    seen.add(String(jti))
    const url = origin + new URL(request.url ?? '/', origin).pathname
    return isTimely && isFirst && htm === request.method && htu === url && ath === sha256(accessToken)
  }

  return {
    get nonce() {
      rotate()
      return nonce
    },
    async check(request, accessToken) {
      const header = request.headers['dpop']
      try {
        const verified = await jwtVerify(String(header), EmbeddedJWK, {
          typ: 'dpop+jwt',
          algorithms: ['ES256', 'EdDSA'],
        })
        const { payload, protectedHeader } = verified
        if (![nonce, formerNonce].includes(String(payload['nonce']))) return { error: 'use_dpop_nonce' }
        if (!isProved(payload, request, accessToken)) return { error: 'invalid_dpop_proof' }
        return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk ?? {}) }
      } catch {
        return { error: 'invalid_dpop_proof' }
      }
    },
  }
}
