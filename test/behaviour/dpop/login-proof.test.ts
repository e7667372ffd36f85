import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose'
import { bearer, createClient } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { describe, expect, test, vi } from 'vitest'

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { readonly code?: string }) => error,
  )

describe('createClient', () => {
  test('fails where there is no crypto.subtle, and dpop() asks for nothing before (DP-12)', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    const scheme = dpop()
    expect(() => createClient({ baseUrl: 'https://api.test', scheme })).toThrow(/`scheme`.*https/)
  })

  test('fails for a scheme that another session has', () => {
    const scheme = dpop()
    createClient({ baseUrl: 'https://api.test', scheme })
    createClient({ baseUrl: 'https://api.test', scheme })
    expect(() => createClient({ baseUrl: 'https://other.test', scheme })).toThrow(/one for each client/)
  })

  test('dpop() knows two algorithms', () => {
    expect(() => dpop({ algorithm: 'RS256' as 'ES256' })).toThrow(/ES256.*EdDSA/)
  })
})

describe('loginProof', () => {
  const url = 'https://id.test/token'
  const contentOf = (proof: string) => JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString())

  test('tells the thumbprint of the key that proves (RFC 7638)', async () => {
    const scheme = dpop()
    createClient({ baseUrl: 'https://api.test', scheme })
    const { proof, thumbprint } = await loginProof(scheme, { url })
    const { jwk = {} } = decodeProtectedHeader(proof)
    expect(await calculateJwkThumbprint(jwk)).toBe(thumbprint)
    expect(contentOf(proof)).toMatchObject({ htm: 'POST', htu: url })
    expect(contentOf(proof)).not.toHaveProperty('nonce')
  })

  test('says the nonce and the method it was given, with a jti of its own each time', async () => {
    const scheme = dpop()
    createClient({ baseUrl: 'https://api.test', scheme })
    const proofs = [await loginProof(scheme, { url, nonce: 'n', method: 'PUT' }), await loginProof(scheme, { url })]
    const [first, second] = proofs.map(({ proof }) => contentOf(proof))
    expect(first).toMatchObject({ nonce: 'n', htm: 'PUT' })
    expect(first.jti).not.toBe(second.jti)
  })

  test('names what to do where no client has the scheme yet, or another one', async () => {
    expect(await failureOf(loginProof(dpop(), { url }))).toMatchObject({ code: 'configuration', option: 'scheme' })
    expect(await failureOf(loginProof(bearer(), { url }))).toMatchObject({ code: 'configuration', option: 'scheme' })
  })
})
