import type { CauseCode } from '../../../src/explain/cause.ts'
import type { ResponseFacts } from '../../../src/explain/facts.ts'
import { bearer, type Differences, minuteMs, noonMs, silent } from './facts.ts'

/** What a server said, and the cause that it meant. */
export type OwnWords = readonly [server: string, code: CauseCode, differences: Differences]

const inBody = (text: string, more: Partial<ResponseFacts> = {}): Differences => ({
  response: { ...silent, text, ...more },
})
const inChallenge = (description: string, more: Partial<ResponseFacts> = {}): Differences => ({
  response: { challenges: bearer({ description }), ...more },
})
const forbidden = { status: 403 } as const
const ofScheme = (scheme: string) => ({ scheme, error: null, description: null, scope: null, issuer: null })
const tooFewScopes = (scope: string | null, description: string | null = null): Differences => ({
  response: { status: 403, challenges: bearer({ error: 'insufficient_scope', scope, description }) },
})

const opaque = (differences: Differences): Differences => ({
  ...differences,
  token: { format: 'opaque', ...differences.token },
})
const withToken = (token: Differences['token'], differences: Differences): Differences => ({
  ...differences,
  token: { ...differences.token, ...token },
})
/** Nothing refreshed it. */
const expired = (differences: Differences): Differences => ({
  ...withToken(
    {
      expiresAtMs: noonMs - 5 * minuteMs,
      issuedAtMs: noonMs - 65 * minuteMs,
      receivedAtMs: noonMs - 65 * minuteMs,
    },
    differences,
  ),
  refresh: { outcome: 'none', isReplayed: false },
})
const notYet = (differences: Differences) => withToken({ notBeforeMs: noonMs + minuteMs }, differences)
/** The refresh was rejected as well. */
const ended = (differences: Differences): Differences => ({
  ...differences,
  refresh: { outcome: 'rejected', reason: 'refresh-rejected', isReplayed: false },
})
const withoutToken = (differences: Differences): Differences => ({
  ...differences,
  token: null,
  sent: { header: { scheme: 'bearer', flaw: 'undefined' } },
})

/** In the words of authorization libraries and gateways. */
export const gateways: readonly OwnWords[] = [
  ['doorkeeper: an expired token', 'expired', expired(opaque(inChallenge('The access token expired')))],
  ['doorkeeper: a revoked token', 'revoked', ended(opaque(inChallenge('The access token was revoked')))],
  ['doorkeeper: an unknown token', 'wrong-issuer', opaque(inChallenge('The access token is invalid'))],
  ['API Gateway: audience', 'wrong-audience', inChallenge('the token does not have a valid audience')],
  ['API Gateway: issuer', 'wrong-issuer', inChallenge('invalid issuer')],
  ['API Gateway: expired', 'expired', expired(inChallenge('the token has expired'))],
  ['API Gateway: scope', 'scope', tooFewScopes(null, 'the token does not have the required scopes')],
  ['API Gateway: key', 'bad-signature', inChallenge('unable to find a key in jwks for the token')],
  [
    'Cognito: an ID token',
    'id-token',
    withToken({ type: 'JWT', idToken: 'same' }, inBody('{"message":"Unauthorized"}')),
  ],
  [
    'AWS: a signature of version 4',
    'other-scheme',
    inBody(`{"message":"Authorization header requires 'Credential' parameter."}`, forbidden),
  ],
  [
    'Kong: a key',
    'other-scheme',
    inBody('{"message":"No API key found in request"}', { challenges: [ofScheme('key')], hasChallengeHeader: true }),
  ],
  ['Kong: iss', 'wrong-issuer', inBody(`{"message":"No credentials found for given 'iss'"}`)],
  ['Kong: signature', 'bad-signature', inBody('{"message":"Invalid signature"}')],
  ['Kong: exp', 'expired', expired(inBody('{"exp":"token expired"}'))],
  ['Kong: nbf', 'not-yet-valid', notYet(inBody('{"nbf":"token not valid yet"}'))],
  ['Apigee: an expired token', 'expired', expired(opaque(inBody('{"fault":{"faultstring":"Access Token expired"}}')))],
  ['Apigee: an unknown token', 'wrong-issuer', opaque(inBody('{"fault":{"faultstring":"Invalid Access Token"}}'))],
  [
    'Entra: a token of version 1',
    'wrong-issuer',
    inChallenge("The issuer 'https://sts.windows.net/8eaef023/' is invalid"),
  ],
  ['ASP.NET: the lifetime', 'expired', expired(inChallenge("The token expired at '11/28/2026 11:55:00'"))],
  [
    'ASP.NET: a server whose clock is late',
    'clock-skew',
    withToken(
      { notBeforeMs: noonMs - minuteMs },
      inChallenge("The token is not valid before '11/28/2026 11:59:00'", { serverTimeMs: noonMs - 8 * minuteMs }),
    ),
  ],
  [
    'ASP.NET: no signature',
    'bad-signature',
    withToken({ algorithm: 'none' }, inChallenge('The token has no signature')),
  ],
  [
    'Easy Auth: permission',
    'forbidden',
    inBody('You do not have permission to view this directory or page.', { contentType: 'text/html' }),
  ],
  ['Istio: RBAC', 'forbidden', inBody('RBAC: access denied', forbidden)],
  ['Oathkeeper: no header', 'header-lost', inBody('{"error":{"reason":"No authorization header was found"}}')],
  ['Keycloak: not active', 'expired', expired(inChallenge('Token is not active'))],
  [
    'Keycloak: the session',
    'revoked',
    ended(inChallenge("User session not found or doesn't have client attached on it")),
  ],
  [
    'Zitadel: a server whose clock is late',
    'clock-skew',
    inChallenge('issuedAt of token is in the future', { serverTimeMs: noonMs - 7 * minuteMs }),
  ],
  ['Auth0: expired', 'expired', expired(inChallenge('The token is expired'))],
  ['Auth0: a token without an audience', 'wrong-audience', opaque(inChallenge('Invalid Compact JWS'))],
  ['Auth0: audience', 'wrong-audience', inBody('{"message":"Bad audience: https://todos.example.com"}')],
  [
    'Auth0: a late token',
    'expired',
    expired(inBody('{"message":"Expired token received for JSON Web Token validation"}')),
  ],
  ['Okta: E0000011', 'wrong-issuer', inBody('{"errorCode":"E0000011","errorSummary":"Invalid token provided"}')],
  [
    'Traefik: forward auth',
    'login-page',
    { response: { ...silent, status: 200, redirectedTo: 'https://auth.example.com/login', contentType: 'text/html' } },
  ],
  ['nginx: Basic', 'other-scheme', { response: { challenges: [ofScheme('basic')], contentType: 'text/html' } }],
  ['IIS: Windows', 'other-scheme', { response: { challenges: [ofScheme('negotiate'), ofScheme('ntlm')] } }],
  [
    'Apache and PHP',
    'header-lost',
    { response: { challenges: bearer({ error: null }), text: 'Missing Authorization header' } },
  ],
]

/** In the words of libraries for JWTs, and of APIs that many apps call. */
export const apis: readonly OwnWords[] = [
  ['express-jwt: malformed', 'malformed-header', withoutToken(inBody('{"message":"jwt malformed"}'))],
  ['golang-jwt: segments', 'malformed-header', withoutToken(inBody('token contains an invalid number of segments'))],
  ['jsonwebtoken: audience', 'wrong-audience', inBody('{"message":"jwt audience invalid. expected: todos-api"}')],
  [
    'jsonwebtoken: issuer',
    'wrong-issuer',
    inBody('{"message":"jwt issuer invalid. expected: https://login.example.com/"}'),
  ],
  ['jsonwebtoken: nbf', 'not-yet-valid', notYet(inBody('{"message":"jwt not active"}'))],
  ['jsonwebtoken: alg', 'bad-signature', withToken({ algorithm: 'HS256' }, inBody('{"message":"invalid algorithm"}'))],
  ['jose: aud', 'wrong-audience', inBody('{"code":"ERR_JWT_CLAIM_VALIDATION_FAILED","claim":"aud"}')],
  ['PyJWT: signature', 'bad-signature', inBody('{"detail":"Signature verification failed"}')],
  ['PyJWT: segments', 'wrong-audience', opaque(inBody('{"detail":"Not enough segments"}'))],
  ['PostgREST: exp', 'expired', expired(inBody('{"code":"PGRST301","message":"JWT expired"}'))],
  ['Supabase: signature', 'bad-signature', inBody('{"msg":"invalid JWT: unable to parse or verify signature"}')],
  ['Hasura: signature', 'bad-signature', inBody('Could not verify JWT: JWSError JWSInvalidSignature')],
  ['Clerk: nbf', 'not-yet-valid', notYet(inBody('{"reason":"token-not-active-yet"}'))],
  ['Clerk: azp', 'wrong-audience', withToken({ audience: [] }, inBody('Invalid JWT Authorized party claim (azp).'))],
  ['Directus: exp', 'expired', expired(inBody('{"errors":[{"message":"Token expired."}]}'))],
  ['Strapi: an unknown token', 'wrong-issuer', opaque(inBody('{"message":"Missing or invalid credentials"}'))],
  ['Salesforce: the session', 'revoked', ended(opaque(inBody('[{"message":"Session expired or invalid"}]')))],
  ['Facebook: the session', 'expired', expired(opaque(inBody('Error validating access token: Session has expired')))],
  [
    'Facebook: a new password',
    'revoked',
    ended(opaque(inBody('The session has been invalidated because the user changed their password'))),
  ],
  ['Spotify: expired', 'expired', expired(opaque(inChallenge('The access token expired')))],
  ['Spotify: scope', 'scope', opaque(inBody('{"error":{"message":"Insufficient client scope"}}', forbidden))],
  [
    'Discord: no word, at the page’s own origin',
    'no-challenge',
    { ...opaque(inBody('{"message":"401: Unauthorized"}')), url: 'https://app.example.com/api' },
  ],
  ['Twitch: client', 'wrong-audience', opaque(inBody('{"message":"Client ID and OAuth token do not match"}'))],
  ['Dropbox: expired', 'expired', expired(opaque(inBody('{"error_summary":"expired_access_token/..."}')))],
  ['Dropbox: scope', 'scope', opaque(inBody('{"error_summary":"missing_scope/."}'))],
  ['Atlassian: scope', 'scope', inBody('{"message":"Unauthorized; scope does not match"}')],
  ['HubSpot: expired', 'expired', expired(opaque(inBody('{"message":"This oauth-token is expired!"}')))],
  ['Shopify: a key', 'other-scheme', opaque(inBody('[API] Invalid API key or access token (unrecognized login)'))],
  ['PayPal: signature', 'bad-signature', inBody('{"error_description":"Token signature verification failed"}')],
  ['Vault: permission', 'forbidden', opaque(inBody('{"errors":["permission denied"]}', forbidden))],
  ['Kubernetes: anonymous', 'header-lost', inBody('forbidden: User "system:anonymous" cannot list', forbidden)],
  ['Grafana: a key', 'other-scheme', inBody('{"message":"Invalid API key"}')],
  [
    'Elasticsearch: no credentials',
    'header-lost',
    {
      response: {
        challenges: [ofScheme('basic'), ofScheme('bearer'), ofScheme('apikey')],
        text: 'missing authentication credentials for REST request [/]',
      },
    },
  ],
  ['Microsoft Graph: privileges', 'forbidden', inBody('Insufficient privileges to complete the operation.', forbidden)],
  ['Google: scope', 'scope', tooFewScopes('https://www.googleapis.com/auth/drive')],
  [
    'Google: the issuer of its challenge',
    'wrong-issuer',
    opaque({ response: { challenges: bearer({ issuer: 'https://accounts.google.com' }) } }),
  ],
  ['Google IAP: audience', 'wrong-audience', inBody('Invalid IAP credentials: Invalid JWT audience.')],
  ['GitHub: an unknown token', 'wrong-issuer', opaque(inBody('{"message":"Bad credentials"}'))],
  ['GitHub: SAML', 'forbidden', inBody('Resource protected by organization SAML enforcement.', forbidden)],
  ['GitLab: scope', 'scope', tooFewScopes('api')],
  ['Stripe: Basic', 'other-scheme', { response: { challenges: [ofScheme('basic')] } }],
  [
    'Cloudflare Access: its page',
    'login-page',
    {
      response: {
        ...silent,
        status: 200,
        redirectedTo: 'https://example.cloudflareaccess.com/cdn-cgi/access/login/api',
        contentType: 'text/html',
      },
    },
  ],
]
