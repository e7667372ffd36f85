import { invalidToken, isRefresh, jwt, refreshed, refuse, type Situation, say, tokens } from './situation.ts'

const notRefreshed =
  (refusal: Situation['reply'], answer: ReturnType<typeof say> | null): Situation['reply'] =>
  (request, server) =>
    isRefresh(request) ? answer : refusal(request, server)

/** What the client did about the 401. */
export const refreshSituations: readonly Situation[] = [
  {
    name: 'Refused before its time, and the refresh too',
    code: 'revoked',
    signIn: tokens(),
    refresh: 'post',
    reply: notRefreshed(() => refuse(invalidToken(), {}), say(401, {})),
  },
  {
    name: 'An opaque token, and invalid_grant for the refresh',
    code: 'revoked',
    place: 'same',
    signIn: tokens('opaque-token-5', { expiresInSeconds: 600 }),
    refresh: 'oauth',
    reply: notRefreshed(() => refuse(null, { error: 'Unauthorized' }), say(400, { error: 'invalid_grant' })),
  },
  {
    name: 'The server says that the token was revoked',
    code: 'revoked',
    signIn: tokens(),
    refresh: 'post',
    reply: notRefreshed(() => refuse(invalidToken('The token was revoked'), {}), say(401, {})),
  },
  {
    name: 'The token endpoint answers 503',
    code: 'refresh-failed',
    signIn: tokens(),
    refresh: 'post',
    reply: notRefreshed(() => refuse(invalidToken(), {}), say(503, {}, { 'retry-after': '1' })),
  },
  {
    name: 'The token endpoint cannot be reached',
    code: 'refresh-failed',
    place: 'same',
    signIn: tokens('opaque-token-6'),
    refresh: 'post',
    reply: notRefreshed(() => refuse(null, {}), null),
  },
  {
    name: 'A refresh failed a moment ago',
    code: 'held-back',
    signIn: tokens(),
    refresh: 'post',
    before: [{ path: 'first' }],
    reports: 2,
    reply: notRefreshed(() => refuse(invalidToken(), {}), say(503, {}, { 'retry-after': '30' })),
  },
  {
    name: 'Refreshed tokens are refused again and again',
    code: 'held-back',
    place: 'same',
    signIn: tokens(),
    refresh: 'post',
    before: [{}, {}, {}, {}, {}, {}],
    reports: 2,
    reply: refreshed(() => refuse(invalidToken(), {})),
  },
  {
    name: 'replay: false',
    code: 'not-replayed',
    signIn: tokens(),
    refresh: 'post',
    call: { init: { method: 'post', json: {}, replay: false } },
    reply: refreshed(() => refuse(invalidToken(), {})),
  },
  {
    name: 'keepalive',
    code: 'not-replayed',
    place: 'same',
    signIn: tokens(),
    refresh: 'post',
    call: { by: 'fetch', init: { method: 'POST', body: '{}', keepalive: true } },
    reply: refreshed(() => refuse(null, {})),
  },
  {
    name: 'The authorization server does not know the client',
    code: 'misconfigured',
    signIn: tokens(),
    refresh: 'oauth',
    reply: notRefreshed(() => refuse(invalidToken(), {}), say(401, { error: 'invalid_client' })),
  },
  {
    name: 'The client may not refresh',
    code: 'misconfigured',
    place: 'same',
    signIn: tokens(),
    refresh: 'oauth',
    reply: notRefreshed(() => refuse(null, {}), say(400, { error: 'unauthorized_client' })),
  },
]

const dpopTokens = (claims: Readonly<Record<string, unknown>> = {}) => ({
  access_token: jwt(claims),
  refresh_token: 'S3cr3tS3cr3tRefresh',
  token_type: 'DPoP',
})
let nonces = 0
const nonce = () => {
  nonces += 1
  return `nonce-${nonces}`
}

/** What the server asks for. */
export const challengeSituations: readonly Situation[] = [
  {
    name: 'insufficient_scope with 401',
    code: 'scope',
    signIn: tokens(jwt({ scope: 'todos:read' })),
    reply: () => refuse('Bearer error="insufficient_scope", scope="todos:write"', {}),
  },
  {
    name: 'The body names the scope',
    code: 'scope',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, { message: 'Missing required scope: todos:write' }),
  },
  {
    name: 'The same token works elsewhere',
    code: 'forbidden',
    signIn: tokens(),
    refresh: 'post',
    before: [{ path: 'me' }],
    call: { path: 'admin' },
    reply: request => {
      if (isRefresh(request)) return say(200, tokens())
      return request.path.endsWith('/me') ? say(200, {}) : refuse(invalidToken(), {})
    },
  },
  {
    name: 'The body says that a permission is missing',
    code: 'forbidden',
    place: 'same',
    signIn: tokens('opaque-token-7'),
    reply: () => refuse(null, { error: 'You do not have permission to perform this action.' }),
  },
  {
    name: 'Step-up, without anybody to ask',
    code: 'step-up',
    signIn: tokens(),
    reply: () => refuse('Bearer error="insufficient_user_authentication", acr_values="mfa"', {}),
  },
  {
    name: 'A more recent sign-in is wanted',
    code: 'step-up',
    place: 'same',
    signIn: tokens('opaque-token-8'),
    refresh: 'post',
    reply: refreshed(() => refuse('Bearer error="insufficient_user_authentication", max_age="300"', {})),
  },
  {
    name: 'The server wants a new nonce each time',
    code: 'dpop-nonce',
    scheme: 'dpop',
    signIn: dpopTokens(),
    refresh: 'post',
    reply: () => refuse('DPoP error="use_dpop_nonce"', {}, { 'dpop-nonce': nonce() }),
  },
  {
    name: 'The server wants a nonce and gives none',
    code: 'dpop-nonce',
    place: 'same',
    scheme: 'dpop',
    signIn: dpopTokens(),
    reply: () => refuse('DPoP error="use_dpop_nonce", error_description="Nonce required"', {}),
  },
  {
    name: 'The proof’s htu is another URL than the one behind the proxy',
    code: 'dpop-proof',
    scheme: 'dpop',
    signIn: dpopTokens(),
    reply: () => refuse('DPoP error="invalid_dpop_proof", error_description="htu mismatch"', {}),
  },
  {
    name: 'The proof is refused, with Bearer beside it',
    code: 'dpop-proof',
    place: 'same',
    scheme: 'dpop',
    signIn: dpopTokens(),
    reply: () => refuse('Bearer, DPoP error="invalid_dpop_proof"', {}),
  },
  {
    name: 'A bound token is sent as Bearer',
    code: 'dpop-key',
    signIn: tokens(jwt({ cnf: { jkt: 'thumbprint' } })),
    reply: () => refuse('DPoP algs="ES256"', {}),
  },
  {
    name: 'An API that wants DPoP, and an opaque token',
    code: 'dpop-key',
    place: 'same',
    signIn: tokens('opaque-token-9'),
    reply: () => refuse('DPoP error="invalid_token", algs="ES256 PS256"', {}),
  },
  {
    name: 'The token is bound to another key',
    code: 'dpop-key',
    scheme: 'dpop',
    signIn: dpopTokens(),
    refresh: 'post',
    reply: () => refuse('DPoP error="invalid_token", error_description="jkt does not match the key of the proof"', {}),
  },
  {
    name: 'The header is lost on its way, and the challenge has no error',
    code: 'header-lost',
    signIn: tokens('opaque-token-10'),
    refresh: 'post',
    reply: refreshed(
      () => refuse('Bearer realm="api"', {}),
      () => jwt(),
    ),
  },
  {
    name: 'express-jwt finds no token',
    code: 'header-lost',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, 'UnauthorizedError: No authorization token was found'),
  },
  {
    name: 'No challenge, and no word',
    code: 'no-challenge',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, ''),
  },
  {
    name: 'No challenge, after a refresh',
    code: 'no-challenge',
    place: 'same',
    signIn: tokens('opaque-token-11'),
    refresh: 'post',
    reply: refreshed(
      () => refuse(null, { error: 'Unauthorized' }),
      () => `opaque-${nonce()}`,
    ),
  },
]
