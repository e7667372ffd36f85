import { describe, expect, test } from 'vitest'
import { isSecret } from '../../../src/session/is-secret.ts'

describe('a claim that may be a token', () => {
  test.each([
    'access_token',
    'accessToken',
    'refresh_token',
    'refreshtoken',
    'ID_TOKEN',
    'idToken',
    'upstream_access_token',
    'upstreamRefreshToken',
    'upstream_id_token',
  ])('The name %s is one of a token', name => {
    expect(isSecret(name, 7)).toBe(true)
  })

  test.each(['access_token_type', 'token', 'sid', 'access__token', 'valid_token', 'isValidToken', 'id', ''])(
    'The name %j is not',
    name => {
      expect(isSecret(name, 'opaque')).toBe(false)
    },
  )

  test.each([
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_'],
    ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'],
    ['a JWT whose header has a hyphen', 'eyJraWQiOiJhYX4iLCJhbGci-iJub25lIn0.eyJzdWIiOiJhIn0.c2ln'],
    ['a JWE', 'eyJhbGciOiJSU0EifQ.k-_.iv.text.tag'],
    ['a JWE without an encrypted key', 'eyJhbGciOiJkaXIifQ..iv.text.tag'],
  ])('%s is a token, whatever its name is', (_, value) => {
    expect(isSecret('proof', value)).toBe(true)
  })

  test.each([
    'eyal.ben.david',
    'eyJhbGci',
    'eyJhbGci.eyJz',
    'see eyJhbGci.eyJz.c2ln',
    'eyJ a.b.c',
    7,
    null,
    ['eyJ.a.b'],
  ])('The value %j is not', value => {
    expect(isSecret('nickname', value)).toBe(false)
  })
})
