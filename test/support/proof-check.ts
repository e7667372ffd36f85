import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import type { ReceivedRequest } from './http-messages.ts'

/** What a proof said (RFC 9449 §4.2), once `jose` had verified it. */
export interface SeenProof {
  readonly jti: string
  readonly htm: string
  readonly htu: string
  readonly iat: number
  readonly ath?: string
  readonly nonce?: string
  readonly alg: string
  readonly typ: string
  readonly jwk: Readonly<Record<string, unknown>>
  readonly thumbprint: string
}

export type ProofVerdict =
  | { readonly proof: SeenProof; readonly error: null }
  | { readonly proof: SeenProof | null; readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce'; readonly why: string }

export interface ProofExpectations {
  /** Of the server that the request came to. */
  readonly origin: string
  readonly accessToken?: string | undefined
  /** Which nonces it takes; `null`: it asks for none. */
  readonly nonces: readonly string[] | null
  readonly toleranceSeconds: number
  readonly now: () => number
}

const sha256 = (text: string) => createHash('sha256').update(text, 'ascii').digest('base64url')

async function read(header: string): Promise<SeenProof> {
  // Neither the time nor anything else is judged here: only whose signature it is.
  const { payload, protectedHeader } = await jwtVerify(header, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256', 'EdDSA'],
    currentDate: new Date(0),
  })
  const { jwk = {}, alg, typ = '' } = protectedHeader
  const thumbprint = await calculateJwkThumbprint(jwk, 'sha256')
  return { ...(payload as unknown as SeenProof), alg, typ, jwk: { ...jwk }, thumbprint }
}

/** The checks of RFC 9449 §4.3, by an independent library; each `jti` is taken once. */
export const createProofCheck = () => {
  const seen = new Set<string>()

  return async ({ method, path, headers }: ReceivedRequest, expected: ProofExpectations): Promise<ProofVerdict> => {
    const header = headers['dpop']
    if (typeof header !== 'string') return { proof: null, error: 'invalid_dpop_proof', why: 'no proof' }
    let proof: SeenProof
    try {
      proof = await read(header)
    } catch (error) {
      return { proof: null, error: 'invalid_dpop_proof', why: String(error) }
    }
    const problems = {
      'the private key is in it': 'd' in proof.jwk,
      'the jti is short': proof.jti.length < 16,
      'the jti was seen before': seen.has(proof.jti),
      'another method': proof.htm !== method,
      'another URL': proof.htu !== expected.origin + path,
      'another time': Math.abs(expected.now() / 1000 - proof.iat) > expected.toleranceSeconds,
      'another token': proof.ath !== (expected.accessToken && sha256(expected.accessToken)),
    }
    seen.add(proof.jti)
    const why = Object.entries(problems).find(([, isSo]) => isSo)?.[0]
    if (why) return { proof, error: 'invalid_dpop_proof', why }
    const isNonceGood = expected.nonces === null || expected.nonces.includes(proof.nonce ?? '')
    return isNonceGood ? { proof, error: null } : { proof, error: 'use_dpop_nonce', why: `nonce ${proof.nonce}` }
  }
}
