import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accept,
  type Evidence,
  judgeResponse,
  mayAskShouldRefresh,
  refresh,
} from '../../../src/request/judge-response.ts'

const origin = 'https://api.test'

interface More {
  readonly schemes?: readonly string[]
  readonly response?: Partial<Evidence> & { readonly type?: ResponseType }
  /** What `shouldRefresh` says, if it is asked. */
  readonly decided?: boolean
}

const judge = (status: number, challenge: string | null, more: More = {}) => {
  const { schemes = ['bearer', 'dpop'], decided } = more
  const headers = new Headers(challenge === null ? {} : { 'www-authenticate': challenge })
  const response = { status, headers, type: 'basic', redirected: false, url: `${origin}/a`, ...more.response } as const
  const verdict = judgeResponse(response, origin, schemes)
  return decided !== undefined && mayAskShouldRefresh(response, origin, verdict)
    ? decided
      ? refresh
      : accept
    : verdict
}

describe('a 401', () => {
  test.each([
    ['ST-02: no challenge', null, 'refresh'],
    ['ST-02: an empty one', '', 'refresh'],
    ['ST-02: one that cannot be parsed', '"', 'refresh'],
    ['ST-02: one that is too long to be parsed', `Basic realm="${'x'.repeat(20_000)}"`, 'refresh'],
    ['ST-02: a foreign one, then what cannot be parsed', 'Basic realm="x", "', 'refresh'],
    ['ST-01: Bearer alone', 'Bearer', 'refresh'],
    ['ST-01: Bearer without an error', 'Bearer realm="x"', 'refresh'],
    ['ST-01: an error nobody knows', 'Bearer error="token_too_old"', 'refresh'],
    ['ST-01: invalid_token', 'Bearer error="invalid_token"', 'refresh'],
    ['ST-01: invalid_token, whatever the case of the names', 'bEARER eRRoR=invalid_token', 'refresh'],
    ['ST-01: DPoP with invalid_token', 'DPoP error="invalid_token"', 'refresh'],
    ['an error in another case is another error', 'Bearer error="Insufficient_Scope"', 'refresh'],
    ['ST-05: insufficient_scope', 'Bearer error="insufficient_scope"', 'accept'],
    ['ST-05: insufficient_scope by DPoP', 'DPoP error="insufficient_scope"', 'accept'],
    ['DPoP with invalid_dpop_proof', 'DPoP error="invalid_dpop_proof"', 'accept'],
    ['ST-06: insufficient_user_authentication', 'Bearer error="insufficient_user_authentication"', 'step-up'],
    ['ST-06: insufficient_claims', 'Bearer error="insufficient_claims"', 'step-up'],
    ['ST-08: a foreign scheme', 'Basic realm="x"', 'accept'],
    ['ST-08: several', 'Negotiate, NTLM', 'accept'],
    ['ours among foreign ones', 'Basic realm="x", Bearer error="insufficient_scope", Negotiate', 'accept'],
    ['a foreign one’s error is not ours', 'Basic error="insufficient_scope", Bearer', 'refresh'],
    ['of ours the first with an error', 'Bearer realm="x", Bearer error="insufficient_scope"', 'accept'],
    [
      'of ours the first with an error, not the second',
      'Bearer error="a", Bearer error="insufficient_scope"',
      'refresh',
    ],
    ['the scheme we use wins', 'DPoP error="insufficient_scope", Bearer error="invalid_token"', 'refresh'],
    ['the scheme we use wins, without an error too', 'DPoP error="insufficient_scope", Bearer', 'refresh'],
    [
      'CH-16: an error with characters it may not have is none',
      'Bearer error="insufficient_scope\\"", Bearer',
      'refresh',
    ],
  ])('%s: %s', (_name, challenge, kind) => {
    expect(judge(401, challenge)).toMatchObject({ kind })
  })

  test('CH-15: where the header is hidden the reason is unknown, and it is refreshed', () => {
    expect(judge(401, null, { response: { type: 'cors' } })).toEqual({ kind: 'refresh' })
  })

  test('of a client whose own scheme is DPoP: its challenge wins', () => {
    const schemes = ['dpop', 'bearer']
    expect(judge(401, 'Bearer error="invalid_token", DPoP error="insufficient_scope"', { schemes })).toEqual({
      kind: 'accept',
    })
  })

  test('is judged by the rules, whatever shouldRefresh said', () => {
    expect(judge(401, 'Bearer error="insufficient_scope"', { decided: true })).toEqual({ kind: 'accept' })
    expect(judge(401, null, { decided: false })).toEqual({ kind: 'refresh' })
  })

  test.each(['Basic realm="x"', 'Negotiate, NTLM'])(
    'with a challenge of another scheme may be judged by shouldRefresh: %s',
    challenge => {
      expect(judge(401, challenge, { decided: true })).toEqual({ kind: 'refresh' })
      expect(judge(401, challenge, { decided: false })).toEqual({ kind: 'accept' })
    },
  )

  test('ST-11: of another origin that it was redirected to is returned to the caller', () => {
    const elsewhere = { redirected: true, url: 'https://other.test/a' }
    expect(judge(401, null, { response: elsewhere })).toEqual({ kind: 'accept' })
    expect(judge(401, 'Bearer error="insufficient_claims"', { response: elsewhere })).toEqual({ kind: 'accept' })
  })

  test('ST-11: redirected within its origin is as any other', () => {
    expect(judge(401, null, { response: { redirected: true, url: `${origin}/b` } })).toEqual({ kind: 'refresh' })
  })

  test.each(['http://api.test/a', 'https://api.test:444/a', 'https://api.test.evil.test/a'])(
    'ST-11: %s is another origin',
    url => {
      expect(judge(401, null, { response: { redirected: true, url } })).toEqual({ kind: 'accept' })
    },
  )
})

describe('the requirement of a step-up', () => {
  const requirementOf = (params: string) => {
    const verdict = judge(401, `Bearer error="insufficient_user_authentication"${params}`)
    return verdict.kind === 'step-up' ? verdict.requirement : expect.unreachable()
  }
  test.each([
    ['everything', ', acr_values="gold  silver", max_age="60", scope="pay read"', ['gold', 'silver'], 60, 'pay read'],
    ['nothing', '', [], null, null],
    ['an age of 0', ', max_age=0', [], 0, null],
    ['an age below 0', ', max_age="-1"', [], null, null],
    ['an age with a fraction', ', max_age="1.5"', [], null, null],
    ['an age in words', ', max_age="now"', [], null, null],
    ['an age that is no safe number', ', max_age="99999999999"', [], null, null],
  ])('SU-01: %s', (_name, params, acrValues, maxAgeSeconds, scope) => {
    expect(requirementOf(params)).toEqual({ acrValues, maxAgeSeconds, scope })
  })
})

describe('any other response', () => {
  test.each([200, 204, 304, 400, 403, 404, 407, 419, 429, 500, 503])(
    'ST-04, ST-07: a %i is returned to the caller, whatever its challenge says',
    status => {
      for (const challenge of [
        null,
        'Bearer error="invalid_token"',
        'Bearer error="insufficient_user_authentication"',
      ]) {
        expect(judge(status, challenge)).toEqual({ kind: 'accept' })
        expect(judge(status, challenge, { decided: false })).toEqual({ kind: 'accept' })
      }
    },
  )

  test.each([200, 403, 419, 500])('ST-14: a %i for which shouldRefresh said so is refreshed', status => {
    expect(judge(status, null, { decided: true })).toEqual({ kind: 'refresh' })
  })

  test('ST-14: but not one of another origin that it was redirected to', () => {
    const elsewhere = { redirected: true, url: 'https://other.test/a' }
    expect(judge(419, null, { decided: true, response: elsewhere })).toEqual({ kind: 'accept' })
  })

  test.each(['opaque', 'error'] as const)('ST-12: a response of type %s is passed on', type => {
    expect(judge(0, null, { decided: true, response: { type, url: '' } })).toEqual({ kind: 'accept' })
  })

  test('a redirect that is not followed may be judged by shouldRefresh', () => {
    const response = { type: 'opaqueredirect' } as const
    expect(judge(0, null, { response })).toEqual({ kind: 'accept' })
    expect(judge(0, null, { response, decided: false })).toEqual({ kind: 'accept' })
    expect(judge(0, null, { response, decided: true })).toEqual({ kind: 'refresh' })
  })
})

test('no header of any server makes it throw, or return anything but one of three verdicts', () => {
  const piece = fc.constantFrom(
    'Bearer',
    'DPoP',
    'Basic',
    ' ',
    ',',
    '=',
    '"',
    '\\',
    'error',
    'insufficient_scope',
    'a',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
      expect(['accept', 'refresh', 'step-up']).toContain(judge(401, pieces.join('')).kind)
    }),
  )
})
