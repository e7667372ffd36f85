import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scrub } from '../../../src/explain/scrub.ts'

const shortest = 6
const isPartShown = (text: string | null, secret: string) =>
  Array.from({ length: secret.length - shortest + 1 }, (_, start) => secret.slice(start, start + shortest)).some(part =>
    text?.includes(part),
  )

test.each([
  ['of Laravel Sanctum', '12|QWqw8'],
  ['of a Microsoft account', 'M.C51!ab*cd$EF!gh*'],
  ['of a server’s own', 'u:ann:7:x|y|z'],
])('a token %s is cut out, though it has characters that no JWT has', (_, token) => {
  expect(scrub(`The token ${token} is bad`, [token])).toBe('The token … is bad')
})

test('no six characters in a row of a token are left, of whatever characters the token is (RFC 6749 §A.12)', () => {
  const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)) })
  const tokens = visible.map(text => `${text}x!y:z|`)
  fc.assert(
    fc.property(tokens, visible, visible, (token, before, after) => {
      const text = scrub(`It got ${before}${token}${after} and ${token.slice(1)}`, [token])
      expect(isPartShown(text, token)).toBe(false)
    }),
  )
})

test('other words of the server are left', () => {
  expect(scrub('Token (12|QWqw8abcdef) is bad: sign in again', ['12|QWqw8abcdef'])).toBe(
    'Token … is bad: sign in again',
  )
})
