import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/explain/diagnose.ts'
import { bareBecause, bearer, type Differences, factsWith, hidden, silent } from '../../support/explain/facts.ts'

type Case = readonly [situation: string, differences: Differences, first: string]

const firstOf = (differences: Differences): string => {
  const [cause] = diagnose(factsWith(differences))
  return `${cause?.certainty} ${cause?.code}`
}

const html = { ...silent, contentType: 'text/html' }

const tokens: readonly Case[] = [
  ['the ID token of the session', { token: { idToken: 'same' } }, 'probably id-token'],
  [
    'a token with a nonce, without a challenge',
    { token: { idToken: 'similar' }, response: silent },
    'probably id-token',
  ],
  ['an issuer that the server names', { response: { text: 'invalid issuer' } }, 'probably wrong-issuer'],
  [
    'a token of staging at the API of production',
    { token: { issuer: 'https://id.staging.example.com' } },
    'probably wrong-issuer',
  ],
  [
    'a token of staging at the API of production, as the server says too',
    { token: { issuer: 'https://id-stg.example.com' }, response: { text: 'Issuer validation failed' } },
    'surely wrong-issuer',
  ],
  [
    'a token of production at the API of staging',
    { url: 'https://api.staging.example.com/todos', token: { audience: [] } },
    'probably wrong-issuer',
  ],
  [
    'another issuer than that of a token which was accepted',
    { history: { acceptedIssuer: 'https://login.example.com' } },
    'probably wrong-issuer',
  ],
  [
    'another issuer than the one in `authorization_uri`',
    { response: { challenges: bearer({ issuer: 'https://login.example.com' }) } },
    'probably wrong-issuer',
  ],
  ['an audience of another host', { token: { audience: ['https://files.example.com'] } }, 'probably wrong-audience'],
  ['the audience that Keycloak sets by default', { token: { audience: ['account'] } }, 'probably wrong-audience'],
  [
    'an audience that the server names',
    {
      token: { audience: ['https://files.example.com'] },
      response: { challenges: bearer({ description: 'bad audience' }) },
    },
    'surely wrong-audience',
  ],
  [
    'an opaque token that is refused, and the next one too',
    { token: { format: 'opaque', issuer: null } },
    'possibly wrong-issuer',
  ],
  ['a token that is not signed', { token: { algorithm: 'none' } }, 'probably bad-signature'],
  [
    'a key that the server does not know',
    { response: { challenges: bearer({ description: 'No key for this kid' }) } },
    'probably bad-signature',
  ],
  [
    'a signature that the server names',
    { response: { ...silent, text: 'invalid signature' } },
    'probably bad-signature',
  ],
  ['a token that works elsewhere', { history: { acceptedAt: 'GET https://api.example.com/me' } }, 'probably forbidden'],
  [
    'a permission that the server names',
    { response: { ...silent, text: 'You need the role admin' } },
    'probably forbidden',
  ],
  [
    'a 403 for a CSRF token that is missing (Django, Spring)',
    { response: { ...silent, status: 403, text: 'CSRF Failed: CSRF token missing.' } },
    'possibly forbidden',
  ],
  ['a 403', { response: { ...silent, status: 403 } }, 'probably forbidden'],
  ['a challenge without an error', { response: { challenges: bearer({ error: null }) } }, 'probably header-lost'],
  [
    'a body that misses the header',
    { response: { ...silent, text: 'No authorization token was found' } },
    'probably header-lost',
  ],
]

const challenges: readonly Case[] = [
  [
    '`insufficient_scope`',
    { response: { challenges: bearer({ error: 'insufficient_scope', scope: 'todos:write' }) } },
    'surely scope',
  ],
  [
    '`insufficient_scope` with 403',
    { response: { status: 403, challenges: bearer({ error: 'insufficient_scope' }) } },
    'surely scope',
  ],
  ['a scope that the server names', { response: { ...silent, text: 'Missing scope todos:write' } }, 'probably scope'],
  ['step-up', { response: { challenges: bearer({ error: 'insufficient_user_authentication' }) } }, 'surely step-up'],
  [
    'step-up that was declined',
    {
      response: { challenges: bearer({ error: 'insufficient_user_authentication' }) },
      refresh: { outcome: 'declined' },
    },
    'surely step-up',
  ],
  ['a nonce', { response: { challenges: bearer({ scheme: 'dpop', error: 'use_dpop_nonce' }) } }, 'surely dpop-nonce'],
  [
    'a proof',
    { response: { challenges: bearer({ scheme: 'dpop', error: 'invalid_dpop_proof' }) } },
    'surely dpop-proof',
  ],
  ['a bound token that was sent as Bearer', { token: { isBound: true } }, 'surely dpop-key'],
  [
    'DPoP that is asked for',
    { response: { challenges: bearer({ scheme: 'dpop', error: 'invalid_token' }) } },
    'surely dpop-key',
  ],
  [
    'a key that does not fit',
    {
      sent: { header: { scheme: 'dpop', flaw: null } },
      token: { isBound: true },
      response: { challenges: bearer({ scheme: 'dpop', description: 'jkt mismatch' }) },
    },
    'probably dpop-key',
  ],
  [
    'no challenge',
    { pageOrigin: 'https://api.example.com', response: silent, refresh: { isReplayed: false } },
    'probably no-challenge',
  ],
  ['a hidden challenge', { response: { ...silent, areHeadersHidden: true } }, 'probably challenge-hidden'],
  [
    'a hidden challenge, before a refresh',
    { response: { ...silent, areHeadersHidden: true }, refresh: { isReplayed: false } },
    'probably challenge-hidden',
  ],
]

const reachable = { isReachable: true, isReadable: false, isRedirected: false }

const deliveries: readonly Case[] = [
  ['no server', hidden({ isReachable: false, isReadable: false, isRedirected: false }), 'probably unreachable'],
  ['no network', hidden(null, { isOffline: true }), 'surely unreachable'],
  ['no CORS', hidden(reachable), 'probably cors-missing'],
  [
    'a stream by plain http, where other responses were readable',
    hidden(null, {
      method: 'POST',
      url: 'http://localhost:3000/files',
      sent: { isStream: true },
      history: { wasReadable: true },
    }),
    'surely stream-over-http1',
  ],
  ['no CORS on an error alone', hidden(reachable, { history: { wasReadable: true } }), 'surely cors-missing'],
  ['a preflight that forbids Authorization', hidden({ ...reachable, isReadable: true }), 'probably preflight'],
  [
    'a preflight that forbids Authorization of the app',
    hidden(
      { ...reachable, isReadable: true },
      bareBecause('own-authorization', { response: null, sent: { header: { scheme: 'basic', flaw: null } } }),
    ),
    'probably preflight',
  ],
  [
    'CORS with a wildcard where cookies go along',
    hidden(
      { ...reachable, isReadable: true },
      { sent: { credentials: 'cookie', header: null, cookies: 'include' }, token: null },
    ),
    'probably cors-missing',
  ],
  [
    'a redirect to another origin',
    { response: { redirectedTo: 'https://www.example.com/todos' } },
    'surely redirected',
  ],
  [
    'a redirect from http to https',
    { url: 'http://api.example.com/todos', response: { redirectedTo: 'https://api.example.com/todos' } },
    'surely redirected',
  ],
  [
    'a login page',
    { response: { ...html, status: 200, redirectedTo: 'https://api.example.com/login' } },
    'surely login-page',
  ],
  [
    'a redirect that CORS hides',
    hidden({ isReachable: true, isReadable: false, isRedirected: true }, { pageOrigin: 'https://api.example.com' }),
    'probably login-page',
  ],
  ['an HTML page with 401', { response: html }, 'probably html-page'],
  ['an HTML page with 200', { response: { ...html, status: 200 } }, 'probably html-page'],
]

describe('diagnose, of tokens,', () => {
  test.each(tokens)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

describe('diagnose, of challenges,', () => {
  test.each(challenges)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

describe('diagnose, of how an answer is delivered,', () => {
  test.each(deliveries)('says of “%s” first what it is', (_situation, differences, first) => {
    expect(firstOf(differences)).toBe(first)
  })
})

describe('diagnose', () => {
  test('says that the cause is unknown if there is no evidence', () => {
    const facts = factsWith({ pageOrigin: 'https://api.example.com', refresh: { isReplayed: false } })
    expect(diagnose(facts).map(({ code, certainty }) => [code, certainty])).toEqual([['unknown', 'possibly']])
  })

  test('leaves out what is only possible where something is sure, and returns five causes at most', () => {
    const sure = diagnose(factsWith(bareBecause('signed-out', { response: { ...silent, areHeadersHidden: true } })))
    expect(sure.map(({ certainty }) => certainty)).not.toContain('possibly')
    const many = factsWith({
      token: {
        idToken: 'similar',
        issuer: 'https://id.dev.example.com',
        audience: ['https://x.test'],
        algorithm: 'none',
      },
      history: { acceptedAt: 'GET https://api.example.com/me' },
    })
    expect(diagnose(many)).toHaveLength(5)
  })

  test('is less certain of what it guesses where the server names something else', () => {
    const guess = { token: { issuer: 'https://id.staging.example.com' } }
    const named = { ...guess, response: { challenges: bearer({ description: 'invalid audience' }) } }
    expect([firstOf(guess), firstOf(named)]).toEqual(['probably wrong-issuer', 'probably wrong-audience'])
  })

  test('takes a hosted tenant called dev for no environment', () => {
    expect(firstOf({ token: { issuer: 'https://dev-abc123.us.auth0.com/' }, refresh: { isReplayed: false } })).toBe(
      'possibly unknown',
    )
  })

  test.each([
    'https://login.microsoftonline.com/8eaef023/v2.0',
    'https://sts.windows.net/8eaef023/',
    'https://shop.b2clogin.com/8eaef023/v2.0/',
    'https://accounts.google.com',
    'https://securetoken.google.com/shop',
    'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a',
    'https://abc.supabase.co/auth/v1',
    'https://appleid.apple.com',
    'http://192.168.1.10:8080/realms/shop',
    'http://[fd00::1]:8080/realms/shop',
  ])('takes %s, which serves every environment, for none of them', issuer => {
    const atDev = { url: 'https://api.dev.example.com/todos', token: { issuer, audience: [] } }
    expect(firstOf({ ...atDev, refresh: { isReplayed: false } })).toBe('possibly unknown')
  })
})
