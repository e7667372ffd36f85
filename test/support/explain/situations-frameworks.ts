import { inSeconds, invalidToken, isRefresh, jwt, refreshed, refuse, type Situation, say, tokens } from './situation.ts'

const over = () => jwt({ iat: inSeconds(-900), exp: inSeconds(-300) })

/** What frameworks and gateways really say, word for word. */
export const frameworkSituations: readonly Situation[] = [
  {
    name: 'Django REST framework, an expired token',
    code: 'expired',
    signIn: tokens(over()),
    reply: () =>
      refuse('Bearer realm="api"', {
        detail: 'Given token not valid for any token type',
        code: 'token_not_valid',
        messages: [{ message: 'Token is invalid or expired' }],
      }),
  },
  {
    name: 'Django REST framework, which saw no header',
    code: 'header-lost',
    signIn: tokens(),
    reply: () => refuse('Bearer realm="api"', { detail: 'Authentication credentials were not provided.' }),
  },
  {
    name: 'Envoy does not know the issuer',
    code: 'wrong-issuer',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse('Bearer realm="http://api", error="invalid_token"', 'Jwt issuer is not configured'),
  },
  {
    name: 'Envoy does not allow the audience',
    code: 'wrong-audience',
    signIn: tokens(jwt({ aud: 'my-spa-api' })),
    reply: () => refuse('Bearer realm="http://api", error="invalid_token"', 'Audiences in Jwt are not allowed'),
  },
  {
    name: 'Envoy cannot verify the token',
    code: 'bad-signature',
    signIn: tokens(),
    reply: () => refuse('Bearer realm="http://api", error="invalid_token"', 'Jwt verification fails'),
  },
  {
    name: 'Envoy saw no token',
    code: 'header-lost',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse('Bearer realm="http://api"', 'Jwt is missing'),
  },
  {
    name: 'ASP.NET does not find the key',
    code: 'bad-signature',
    signIn: tokens(jwt({}, { kid: 'rotated' })),
    refresh: 'post',
    reply: refreshed(() => refuse(invalidToken('The signature key was not found'), '')),
  },
  {
    name: 'ASP.NET does not take the audience',
    code: 'wrong-audience',
    place: 'same',
    signIn: tokens(jwt({ aud: 'account' })),
    reply: () => refuse(invalidToken("The audience 'account' is invalid"), ''),
  },
  {
    name: 'Spring Security rejects the signature',
    code: 'bad-signature',
    signIn: tokens(),
    reply: () =>
      refuse(
        `${invalidToken('An error occurred while attempting to decode the Jwt: Signed JWT rejected: Invalid signature')}, error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"`,
        '',
      ),
  },
  {
    name: 'Spring Security, before nbf',
    code: 'not-yet-valid',
    signIn: tokens(jwt({ nbf: inSeconds(180) })),
    reply: () =>
      refuse(
        invalidToken('An error occurred while attempting to decode the Jwt: Jwt used before 2026-11-29T00:00:00Z'),
        '',
      ),
  },
  {
    name: 'Laravel says Unauthenticated',
    code: 'no-challenge',
    place: 'same',
    signIn: tokens('1|laravel-sanctum-token'),
    reply: () => refuse(null, { message: 'Unauthenticated.' }),
  },
  {
    name: 'Devise, nobody signed in',
    code: 'not-signed-in',
    place: 'same',
    signIn: null,
    reply: () => refuse(null, { error: 'You need to sign in or sign up before continuing.' }),
  },
  {
    name: 'An authorizer of AWS API Gateway, an expired token',
    code: 'expired',
    cors: 'not-headers',
    signIn: tokens(over()),
    reply: () => refuse(null, { message: 'The incoming token has expired' }),
  },
  {
    name: 'An authorizer of AWS API Gateway, without CORS on its errors',
    code: 'cors-missing',
    cors: 'not-errors',
    signIn: tokens(over()),
    reply: () => refuse(null, { message: 'Unauthorized' }),
  },
  {
    name: 'express-oauth2-jwt-bearer, an unexpected aud',
    code: 'wrong-audience',
    signIn: tokens(jwt({ aud: 'https://id.example.com/userinfo' })),
    refresh: 'post',
    reply: refreshed(
      () => refuse('Bearer realm="api", error="invalid_token", error_description="Unexpected \'aud\' value"', {}),
      () => jwt({ aud: 'https://id.example.com/userinfo' }),
    ),
  },
  {
    name: 'Keycloak ended the session',
    code: 'revoked',
    signIn: tokens(),
    refresh: 'oauth',
    reply: request =>
      isRefresh(request)
        ? say(400, { error: 'invalid_grant', error_description: 'Session not active' })
        : refuse(invalidToken('Token is not active'), ''),
  },
  {
    name: 'oauth2-proxy answers with its sign-in page',
    code: 'html-page',
    place: 'same',
    signIn: tokens(),
    reply: () =>
      say(401, '<!DOCTYPE html><html><head><title>Sign In</title></head></html>', {
        'content-type': 'text/html; charset=utf-8',
      }),
  },
  {
    name: 'Supabase wants its API key',
    code: 'other-scheme',
    signIn: tokens(),
    reply: () =>
      refuse(null, {
        message: 'No API key found in request',
        hint: 'No `apikey` request header or url param was found.',
      }),
  },
  {
    name: 'Hasura, an expired token',
    code: 'expired',
    signIn: tokens(over()),
    refresh: 'none',
    reply: () => refuse(null, { errors: [{ message: 'Could not verify JWT: JWTExpired' }] }),
  },
  {
    name: 'tymon/jwt-auth finds no token',
    code: 'header-lost',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse('jwt-auth', { status: 'error', message: 'Token not provided' }),
  },
  {
    name: 'FastAPI, nobody signed in',
    code: 'not-signed-in',
    signIn: null,
    reply: () => refuse('Bearer', { detail: 'Not authenticated' }),
  },
  {
    name: 'FastAPI could not validate a token that it cannot verify',
    code: 'bad-signature',
    signIn: tokens(),
    refresh: 'post',
    reply: refreshed(() => refuse('Bearer', { detail: 'Could not validate credentials' })),
  },
  {
    name: 'RFC 9457, a role is missing',
    code: 'forbidden',
    place: 'same',
    signIn: tokens(),
    refresh: 'post',
    reply: refreshed(() =>
      refuse(
        null,
        { type: 'about:blank', title: 'Unauthorized', detail: 'User lacks the role editor' },
        {
          'content-type': 'application/problem+json',
        },
      ),
    ),
  },
  {
    name: 'Quarkus drops an ID token without a word',
    code: 'id-token',
    signIn: tokens(jwt({ aud: 'my-spa', nonce: 'n-2' }, { typ: 'JWT' })),
    refresh: 'post',
    reply: refreshed(
      () => refuse('Bearer', ''),
      () => jwt({ aud: 'my-spa', nonce: 'n-2' }, { typ: 'JWT' }),
    ),
  },
  {
    name: 'Hapi wants a token of another environment',
    code: 'wrong-issuer',
    place: 'staging',
    signIn: tokens(jwt({ iss: 'https://id.example.com/realms/main' })),
    refresh: 'post',
    reply: refreshed(
      () =>
        refuse('Bearer error="Invalid token"', { statusCode: 401, error: 'Unauthorized', message: 'Invalid token' }),
      () => jwt({ iss: 'https://id.example.com/realms/main' }),
    ),
  },
]
