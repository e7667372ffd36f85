import { randomId } from '../../platform/random-id.ts'

export type Algorithm = 'ES256' | 'EdDSA'

/** The key pair of one session. IndexedDB can store it; its private key cannot be exported. */
export interface Key {
  readonly algorithm: Algorithm
  readonly privateKey: CryptoKey
  readonly jwk: Readonly<Record<string, string | undefined>>
  /** RFC 7638. */
  readonly thumbprint: string
}

/** The content of one proof (RFC 9449 §4.2). */
export interface ProofContent {
  readonly method: string
  readonly url: URL
  /** The access token that is sent with it. */
  readonly token?: string | null | undefined
  readonly nonce?: string
  /** How far the server's clock is ahead of this device's. */
  readonly clockSkewMs?: number
}

const parameters = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const

const bytesOf = (text: string) => new TextEncoder().encode(text)

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const binary = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

const hash = async (text: string) => base64url(await crypto.subtle.digest('SHA-256', bytesOf(text)))
const encode = (part: object) => base64url(bytesOf(JSON.stringify(part)))

export async function generateKey(algorithm: Algorithm): Promise<Key> {
  const pair = await crypto.subtle.generateKey(parameters[algorithm], false, ['sign', 'verify'])
  const { publicKey, privateKey } = pair as CryptoKeyPair
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  // Exactly these members in this order are hashed (RFC 7638 §3.2, RFC 8037 §2).
  const jwk = { crv, kty, x, ...(y && { y }) }
  return { algorithm, privateKey, jwk, thumbprint: await hash(JSON.stringify(jwk)) }
}

/** Makes a proof for one send: a proof must not be sent twice (RFC 9449 §11.1). */
export async function prove(key: Key, content: ProofContent): Promise<string> {
  const { algorithm, jwk, privateKey } = key
  const { method, url, token, nonce, clockSkewMs = 0 } = content
  const claims = {
    jti: randomId(),
    htm: method,
    // As parsed and sent, and without query and fragment.
    htu: url.origin + url.pathname,
    iat: Math.floor((Date.now() + clockSkewMs) / 1000),
    ...(token && { ath: await hash(token) }),
    nonce,
  }
  const text = `${encode({ typ: 'dpop+jwt', alg: algorithm, jwk })}.${encode(claims)}`
  return `${text}.${base64url(await crypto.subtle.sign(parameters[algorithm], privateKey, bytesOf(text)))}`
}
