import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKey, prove } from '../../../src/schemes/dpop/proof.ts'

const contentOf = (proof: string) => JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString())

describe('htu (DP-03)', () => {
  test.each([
    ['https://API.example.com:443/a%2Fb?x=1#f', 'https://api.example.com/a%2Fb'],
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://api.example.com:8443/a/../b//c', 'https://api.example.com:8443/b//c'],
    ['http://127.0.0.1:80/%7Ealice/%C3%A4', 'http://127.0.0.1/%7Ealice/%C3%A4'],
    ['https://api.example.com/a;b=c?', 'https://api.example.com/a;b=c'],
    ['https://user:secret@api.example.com/', 'https://api.example.com/'],
    ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4'],
  ])('of %s is %s', async (url, htu) => {
    const key = await generateKey('ES256')
    expect(contentOf(await prove(key, { method: 'GET', url: new URL(url) })).htu).toBe(htu)
  })
})

test.each([
  // RFC 9449 §7.1, figure 13.
  ['Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU', 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo'],
])('ath is the hash of the token, as the RFC’s example has it (DP-02)', async (token, ath) => {
  const key = await generateKey('ES256')
  const url = new URL('https://resource.example.org/protectedresource')
  expect(contentOf(await prove(key, { method: 'GET', url, token }))).toMatchObject({ ath })
})

test.each(['ES256', 'EdDSA'] as const)('the thumbprint of an %s key is RFC 7638’s', async algorithm => {
  const { jwk, thumbprint } = await generateKey(algorithm)
  expect(await calculateJwkThumbprint({ ...jwk } as never)).toBe(thumbprint)
})

test('a nonce is sent back as the server sent it, whatever it is', async () => {
  const key = await generateKey('ES256')
  const nonce = 'ä"\\\n\u{1F511}'
  expect(contentOf(await prove(key, { method: 'GET', url: new URL('https://a.test'), nonce })).nonce).toBe(nonce)
})
