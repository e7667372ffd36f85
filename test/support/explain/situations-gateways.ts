import { inSeconds, invalidToken, isRefresh, jwt, refreshed, refuse, type Situation, say, tokens } from './situation.ts'

/** Gateways, platforms and sessions in a cookie. */
export const gatewaySituations: readonly Situation[] = [
  {
    name: 'PostgREST, an expired token',
    code: 'expired',
    signIn: tokens(jwt({ iat: inSeconds(-7200), exp: inSeconds(-60) })),
    reply: () =>
      refuse('Bearer error="invalid_token", error_description="JWT expired"', {
        code: 'PGRST301',
        message: 'JWT expired',
      }),
  },
  {
    name: 'Microsoft Graph names the audience, deep in its body',
    code: 'wrong-audience',
    place: 'same',
    signIn: tokens(jwt({ aud: 'api://my-api' })),
    reply: () =>
      refuse(null, {
        error: { code: 'InvalidAuthenticationToken', message: 'Access token validation failure. Invalid audience.' },
      }),
  },
  {
    name: 'Azure API Management wants a subscription key',
    code: 'other-scheme',
    signIn: tokens(),
    reply: () =>
      refuse('AzureApiManagementKey realm="https://api.example.com",name="Ocp-Apim-Subscription-Key",type="header"', {
        statusCode: 401,
        message:
          'Access denied due to missing subscription key. Make sure to include subscription key when making requests.',
      }),
  },
  {
    name: 'Okta rejects the signature',
    code: 'bad-signature',
    signIn: tokens(),
    refresh: 'post',
    reply: refreshed(() => refuse(invalidToken('The token signature is invalid'), '')),
  },
  {
    name: 'A WordPress plugin finds no header',
    code: 'header-lost',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, { code: 'jwt_auth_no_auth_header', message: 'Authorization header not found.' }),
  },
  {
    name: 'Magento says that the consumer is not authorized',
    code: 'forbidden',
    signIn: tokens('opaque-token-15'),
    refresh: 'post',
    reply: refreshed(
      () => refuse(null, { message: "The consumer isn't authorized to access %resources." }),
      () => 'opaque-token-16',
    ),
  },
  {
    name: 'A GraphQL server says in its list of errors that the token was revoked',
    code: 'revoked',
    place: 'same',
    signIn: tokens('opaque-token-17'),
    reply: () =>
      refuse(null, { errors: [{ message: 'This token has been revoked', extensions: { code: 'UNAUTHENTICATED' } }] }),
  },
  {
    name: 'The session of a backend for frontend is over',
    code: 'revoked',
    place: 'same',
    signIn: { cookie: true, subject: 'alice' },
    refresh: 'cookie-session',
    reply: request => (isRefresh(request) ? say(401, {}) : refuse(null, { error: 'Unauthorized' })),
  },
  {
    name: 'An opaque token that the API does not know, twice',
    code: 'wrong-issuer',
    signIn: tokens('opaque-token-18'),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), {}),
      () => 'opaque-token-19',
    ),
  },
  {
    name: 'NestJS says Unauthorized, twice',
    code: 'no-challenge',
    place: 'same',
    signIn: tokens('opaque-token-20'),
    refresh: 'post',
    reply: refreshed(
      () => refuse(null, { statusCode: 401, message: 'Unauthorized' }),
      () => 'opaque-token-21',
    ),
  },
  {
    name: 'nginx asks another service, whose 401 has no CORS headers',
    code: 'cors-missing',
    cors: 'not-errors',
    signIn: tokens('opaque-token-22'),
    before: [{ path: 'me' }],
    reply: ({ path }) =>
      path.endsWith('/me')
        ? say(200, {})
        : say(401, '<html><head><title>401 Authorization Required</title></head></html>', {
            'content-type': 'text/html',
          }),
  },
  {
    name: 'A cookie that another origin wants, with credentials "omit"',
    code: 'cookie-blocked',
    place: 'same',
    signIn: { cookie: true, subject: 'alice' },
    refresh: 'cookie-session',
    call: { init: { credentials: 'omit' } },
    reply: request => (isRefresh(request) ? say(200, { sub: 'alice' }) : refuse(null, {})),
  },
]
