import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/explain/diagnose.ts'
import {
  bareBecause,
  bearer,
  type Differences,
  factsWith,
  minuteMs,
  noonMs,
  silent,
} from '../../support/explain/facts.ts'

type Case = readonly [situation: string, differences: Differences, first: string]

const firstOf = (differences: Differences): string => {
  const [cause] = diagnose(factsWith(differences))
  return `${cause?.certainty} ${cause?.code}`
}

const login = { method: 'POST', url: 'https://api.example.com/auth/login' }

const whatWasSent: readonly Case[] = [
  ['nobody is signed in', bareBecause('signed-out'), 'surely not-signed-in'],
  [
    'nobody is signed in any more',
    bareBecause('signed-out', { history: { endReason: 'refresh-rejected' } }),
    'surely not-signed-in',
  ],
  ['the origin is not trusted', bareBecause('untrusted-origin'), 'surely untrusted-origin'],
  [
    'the origin is not trusted, without a challenge',
    bareBecause('untrusted-origin', { response: silent }),
    'surely untrusted-origin',
  ],
  ['`auth: false` for an API call', bareBecause('auth-false'), 'surely auth-false'],
  ['`auth: false` for a POST to the API', bareBecause('auth-false', { method: 'POST' }), 'surely auth-false'],
  [
    '`auth: false` for a login',
    bareBecause('auth-false', { method: 'POST', url: 'https://api.example.com/auth/login' }),
    'probably login-refused',
  ],
  [
    '`auth: false` for a form whose password is wrong',
    bareBecause('auth-false', { method: 'POST', response: { text: 'Wrong password' } }),
    'probably login-refused',
  ],
  [
    'a login without `auth: false`',
    bareBecause('signed-out', { method: 'POST', url: 'https://api.example.com/login' }),
    'probably login-without-auth-false',
  ],
  [
    'a sign-in without `auth: false` and without a challenge',
    bareBecause('signed-out', { method: 'POST', url: 'https://api.example.com/v1/sign-in', response: silent }),
    'probably login-without-auth-false',
  ],
  [
    'a login without `auth: false` while a user is signed in',
    { ...login, response: silent },
    'probably login-without-auth-false',
  ],
  [
    'a login to a URL where an HTML page is',
    bareBecause('auth-false', { ...login, response: { ...silent, status: 200, contentType: 'text/html' } }),
    'probably html-page',
  ],
  ['`no-cors`', bareBecause('no-cors', { response: { status: 0, type: 'opaque' } }), 'surely no-cors'],
  ['`no-cors` where nothing came back', bareBecause('no-cors', { response: null }), 'surely no-cors'],
  [
    'the app’s own Authorization',
    bareBecause('own-authorization', { sent: { header: { scheme: 'bearer', flaw: null } } }),
    'surely own-authorization',
  ],
  [
    'the app’s own Authorization to an origin that is not trusted',
    bareBecause('untrusted-origin', { sent: { header: { scheme: 'bearer', flaw: null } } }),
    'surely own-authorization',
  ],
  ...(['undefined', 'quotes', 'scheme-twice', 'no-token', 'no-scheme'] as const).map(
    (flaw): Case => [
      `the app’s own Authorization has a flaw (${flaw})`,
      bareBecause('own-authorization', { sent: { header: { scheme: flaw === 'no-scheme' ? null : 'bearer', flaw } } }),
      'surely malformed-header',
    ],
  ),
  [
    'Basic is wanted of a token',
    { response: { challenges: bearer({ scheme: 'basic', error: null }) } },
    'surely other-scheme',
  ],
  [
    'Digest is wanted of nobody',
    bareBecause('signed-out', { response: { challenges: bearer({ scheme: 'digest', error: null }) } }),
    'surely other-scheme',
  ],
  [
    'an API key is wanted, as the body says',
    { response: { ...silent, text: 'Missing X-API-Key' } },
    'probably other-scheme',
  ],
  [
    'another user signed in meanwhile',
    { history: { isOtherSession: true }, refresh: { outcome: 'none', isReplayed: false } },
    'surely session-changed',
  ],
]

const times: readonly Case[] = [
  [
    'expired by both clocks',
    { token: { expiresAtMs: noonMs - minuteMs, receivedAtMs: noonMs - 5 * minuteMs } },
    'surely expired',
  ],
  [
    'expired by both clocks, without a challenge',
    { token: { expiresAtMs: noonMs - 1000, receivedAtMs: noonMs - 5 * minuteMs }, response: silent },
    'surely expired',
  ],
  [
    'expired by the device’s clock, the server’s is hidden',
    { token: { expiresAtMs: noonMs - 1000 }, response: { serverTimeMs: null }, refresh: { isReplayed: false } },
    'probably expired',
  ],
  [
    'expired by the device’s clock, and by the server’s words',
    {
      token: { expiresAtMs: noonMs - 1000 },
      response: { serverTimeMs: null, text: 'jwt expired' },
      refresh: { isReplayed: false },
    },
    'surely expired',
  ],
  [
    'an opaque token expired, by the server’s words',
    {
      token: { format: 'opaque', expiresAtMs: null },
      response: { challenges: bearer({ description: 'The token expired' }) },
    },
    'probably expired',
  ],
  [
    'the refresh returned a token that had expired',
    { token: { expiresAtMs: noonMs - 10 * minuteMs, receivedAtMs: noonMs - 1000 } },
    'surely refreshed-expired',
  ],
  [
    'the refresh returned a token that had expired, the server’s clock is hidden',
    { token: { expiresAtMs: noonMs - 10 * minuteMs, receivedAtMs: noonMs }, response: { serverTimeMs: null } },
    'probably refreshed-expired',
  ],
  ['the refresh returned the same token', { refresh: { isSameToken: true } }, 'surely same-token'],
  [
    'the refresh returned the same token, which has expired',
    { refresh: { isSameToken: true }, token: { expiresAtMs: noonMs - minuteMs } },
    'surely same-token',
  ],
  ['the server’s clock is ahead', { response: { serverTimeMs: noonMs + 60 * minuteMs } }, 'surely clock-skew'],
  [
    'the server’s clock is behind a token’s `nbf`',
    { token: { notBeforeMs: noonMs - minuteMs }, response: { serverTimeMs: noonMs - 10 * minuteMs } },
    'surely clock-skew',
  ],
  [
    'the server’s clock is behind a token’s `iat`',
    { response: { serverTimeMs: noonMs - 10 * minuteMs } },
    'probably clock-skew',
  ],
  ['not yet valid by both clocks', { token: { notBeforeMs: noonMs + 5 * minuteMs } }, 'surely not-yet-valid'],
  [
    'not yet valid by the device’s clock, the server’s is hidden',
    { token: { notBeforeMs: noonMs + 5 * minuteMs }, response: { serverTimeMs: null } },
    'probably not-yet-valid',
  ],
]

const followed: readonly Case[] = [
  [
    'the circuit breaker is open',
    { refresh: { outcome: 'unavailable', reason: 'circuit-open', isReplayed: false } },
    'surely held-back',
  ],
  [
    'a refresh failed a moment ago',
    { refresh: { outcome: 'unavailable', reason: 'backing-off', isReplayed: false } },
    'surely held-back',
  ],
  [
    'the refresh got a 503',
    { refresh: { outcome: 'unavailable', reason: 'status', status: 503 } },
    'surely refresh-failed',
  ],
  ['the refresh got no answer', { refresh: { outcome: 'unavailable', reason: 'network' } }, 'surely refresh-failed'],
  [
    'a stream cannot be sent again',
    { refresh: { notReplayable: 'one-shot-body', isReplayed: false } },
    'surely not-replayed',
  ],
  ['`replay: false`', { refresh: { notReplayable: 'replay-false', isReplayed: false } }, 'surely not-replayed'],
  ['the client is not known', { refresh: { outcome: 'rejected', reason: 'misconfigured' } }, 'surely misconfigured'],
  [
    'the client is not known, without a challenge',
    { refresh: { outcome: 'rejected', reason: 'misconfigured' }, response: silent },
    'surely misconfigured',
  ],
  [
    'refused before its time, and the refresh too',
    { refresh: { outcome: 'rejected', reason: 'refresh-rejected' } },
    'probably revoked',
  ],
  [
    'revoked, by the server’s words',
    { refresh: { outcome: 'rejected', reason: 'refresh-rejected' }, response: { text: 'Token was revoked' } },
    'surely revoked',
  ],
  [
    'a cookie session that is over',
    {
      pageOrigin: 'https://api.example.com',
      sent: { credentials: 'cookie', header: null },
      token: null,
      response: silent,
      refresh: { outcome: 'rejected', reason: 'refresh-rejected' },
    },
    'probably revoked',
  ],
  [
    'a cookie session of another origin without `credentials: include`',
    { sent: { credentials: 'cookie', header: null }, token: null, response: silent },
    'surely cookie-blocked',
  ],
  [
    'a cookie session of another site',
    {
      sent: { credentials: 'cookie', header: null, cookies: 'include' },
      token: null,
      response: silent,
      url: 'https://api.other.test/todos',
    },
    'probably cookie-blocked',
  ],
  [
    'a refresh by cookie is refused across sites',
    {
      url: 'https://api.other.test/todos',
      token: { audience: [] },
      refresh: { outcome: 'rejected', reason: 'refresh-rejected', isWithoutRefreshToken: true },
    },
    'probably cookie-blocked',
  ],
]

describe('diagnose, of what was sent,', () => {
  test.each(whatWasSent)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

describe('diagnose, of times and clocks,', () => {
  test.each(times)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

describe('diagnose, of what followed the 401,', () => {
  test.each(followed)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

test('diagnose advises nobody to leave `auth: false` out of a login', () => {
  const unreachable = { isReachable: false, isReadable: false, isRedirected: false }
  const refused = bareBecause('auth-false', { ...login, response: silent })
  for (const differences of [refused, bareBecause('auth-false', { ...login, response: null, probe: unreachable })])
    expect(diagnose(factsWith(differences)).map(({ code }) => code)).not.toContain('auth-false')
})

test('diagnose takes a POST with a token to a resource that is called sessions for no login', () => {
  const facts = factsWith({ method: 'POST', url: 'https://api.example.com/sessions' })
  expect(diagnose(facts).map(({ code }) => code)).not.toContain('login-without-auth-false')
})

test('diagnose repeats what the error of a failed refresh says', () => {
  const message = 'No newer token (unreadable-response: expected accessToken, access_token or null, got { token }).'
  const refresh = { outcome: 'unavailable', reason: 'unreadable-response', message } as const
  expect(diagnose(factsWith({ refresh }))[0]?.evidence).toContain(`The error says: “${message}”`)
})

test('diagnose says that a 401 with a scheme of another kind was left to the app', () => {
  const response = { challenges: bearer({ scheme: 'cookie', error: null }) }
  const causes = diagnose(factsWith(bareBecause('signed-out', { response })))
  const other = causes.find(({ code }) => code === 'other-scheme')
  expect(String(other?.evidence)).toContain('left this 401 to the app')
})
