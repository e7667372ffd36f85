import { httpDate, inSeconds, invalidToken, jwt, refreshed, refuse, type Situation, say, tokens } from './situation.ts'

const over = { iat: inSeconds(-900), exp: inSeconds(-300) }

/** When the token is valid. */
const timeSituations: readonly Situation[] = [
  {
    name: 'Expired by both clocks, and nothing to refresh it with',
    code: 'expired',
    signIn: tokens(jwt(over)),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'Expired, as .NET says it',
    code: 'expired',
    place: 'same',
    signIn: tokens(jwt({ iat: inSeconds(-7200), exp: inSeconds(-3600) })),
    reply: () => refuse(invalidToken("The token expired at '11/28/2026 10:00:00'"), ''),
  },
  {
    name: 'Expired by the device’s clock, the server’s is hidden',
    code: 'expired',
    cors: 'not-headers',
    signIn: tokens(jwt(over)),
    reply: () => refuse(null, { message: 'Unauthorized' }),
  },
  {
    name: 'An opaque token expired, by the server’s words',
    code: 'expired',
    signIn: tokens('opaque-token-3'),
    reply: () => refuse(invalidToken('The access token expired'), {}),
  },
  {
    name: 'The refresh returned the token that was refused',
    code: 'same-token',
    signIn: tokens('opaque-token-4', { expiresInSeconds: 600 }),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), {}),
      () => 'opaque-token-4',
    ),
  },
  {
    name: 'A cache keeps the refresh’s answer',
    code: 'same-token',
    also: ['expired', 'refreshed-expired'],
    place: 'same',
    ...(() => {
      const cached = jwt(over)
      return {
        signIn: tokens(cached),
        reply: refreshed(
          () => refuse(null, { message: 'jwt expired' }),
          () => cached,
        ),
      }
    })(),
    refresh: 'post',
  },
  {
    name: 'The refresh returned a token that had expired',
    code: 'refreshed-expired',
    also: ['expired'],
    signIn: tokens(jwt({ exp: inSeconds(600) })),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), {}),
      () => jwt(over),
    ),
  },
  {
    name: 'The refresh returned a token that had expired, the server’s clock is hidden',
    code: 'refreshed-expired',
    also: ['expired'],
    cors: 'not-headers',
    signIn: tokens(),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), { message: 'Token is expired' }),
      () => jwt(over),
    ),
  },
  {
    name: 'The API’s clock is an hour ahead',
    code: 'clock-skew',
    signIn: tokens(),
    reply: () => refuse(invalidToken('The token expired'), {}, { date: httpDate(3600) }),
  },
  {
    name: 'The API’s clock is ten minutes behind a token’s nbf',
    code: 'clock-skew',
    place: 'same',
    signIn: tokens(jwt({ nbf: inSeconds(-5) })),
    reply: () => refuse(invalidToken(), {}, { date: httpDate(-600) }),
  },
  {
    name: 'The API’s clock is an hour behind a token’s iat',
    code: 'clock-skew',
    signIn: tokens(),
    refresh: 'post',
    reply: refreshed(() => refuse(invalidToken('Token used before issued'), {}, { date: httpDate(-3600) })),
  },
  {
    name: 'nbf is ahead of both clocks',
    code: 'not-yet-valid',
    signIn: tokens(jwt({ nbf: inSeconds(300) })),
    reply: () => refuse(invalidToken('Token not active'), {}),
  },
  {
    name: 'nbf is ahead, the server’s clock is hidden',
    code: 'not-yet-valid',
    cors: 'not-headers',
    signIn: tokens(jwt({ nbf: inSeconds(120) })),
    reply: () => refuse(null, ''),
  },
]

/** What the token is, and for whom. */
const contentSituations: readonly Situation[] = [
  {
    name: 'The ID token was given as access token',
    code: 'id-token',
    ...(() => {
      const idToken = jwt({ aud: 'my-spa', nonce: 'n-1' }, { typ: 'JWT' })
      return { signIn: tokens(idToken, { idToken }) }
    })(),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'An ID token without a challenge',
    code: 'id-token',
    place: 'same',
    signIn: tokens(jwt({ aud: 'my-spa', at_hash: 'hash' }, { typ: 'JWT' })),
    refresh: 'post',
    reply: refreshed(
      () => refuse(null, { error: 'Unauthorized' }),
      () => jwt({ aud: 'my-spa', at_hash: 'hash' }, { typ: 'JWT' }),
    ),
  },
  {
    name: 'A token of production at the API of staging',
    code: 'wrong-issuer',
    place: 'staging',
    signIn: tokens(),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'Azure names another tenant',
    code: 'wrong-issuer',
    signIn: tokens(jwt({ iss: 'https://sts.windows.net/one/' })),
    refresh: 'post',
    reply: refreshed(
      () => refuse('Bearer error="invalid_token", authorization_uri="https://login.microsoftonline.com/two"', {}),
      () => jwt({ iss: 'https://sts.windows.net/one/' }),
    ),
  },
  {
    name: 'The server names the issuer',
    code: 'wrong-issuer',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(invalidToken('The iss claim is not valid'), {}),
  },
  {
    name: 'This API accepted a token of another issuer before',
    code: 'wrong-issuer',
    signIn: tokens(),
    signInAgain: tokens(jwt({ iss: 'https://other.example.net', sub: 'bob' })),
    before: [{ path: 'me' }],
    reply: ({ path }) => (path.endsWith('/me') ? say(200, {}) : refuse(invalidToken(), {})),
  },
  {
    name: 'A token for another API',
    code: 'wrong-audience',
    signIn: tokens(jwt({ aud: 'https://files.example.com' })),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'Keycloak’s audience account',
    code: 'wrong-audience',
    signIn: tokens(jwt({ aud: 'account' })),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), {}),
      () => jwt({ aud: 'account' }),
    ),
  },
  {
    name: 'The server names the audience',
    code: 'wrong-audience',
    place: 'same',
    signIn: tokens(jwt({ aud: ['https://files.example.com'] })),
    reply: () => refuse(null, { detail: 'jwt audience invalid. expected: https://api' }),
  },
  {
    name: 'A token that is not signed',
    code: 'bad-signature',
    signIn: tokens(jwt({}, { alg: 'none' })),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'The API does not know the key',
    code: 'bad-signature',
    signIn: tokens(jwt({}, { kid: 'key-2' })),
    refresh: 'post',
    reply: refreshed(() =>
      refuse(invalidToken('Signed JWT rejected: Another algorithm expected, or no matching key(s) found'), {}),
    ),
  },
  {
    name: 'jsonwebtoken says invalid signature',
    code: 'bad-signature',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, { name: 'JsonWebTokenError', message: 'invalid signature' }),
  },
]

export const tokenSituations: readonly Situation[] = [...timeSituations, ...contentSituations]
