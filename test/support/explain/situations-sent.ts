import { invalidToken, jwt, refuse, type Situation, say, tokens } from './situation.ts'

const own = (authorization: string) => ({ init: { headers: { authorization } } })
const login = { path: 'auth/login', init: { method: 'post', json: { name: 'alice', password: 'wrong' } } }

/** What the page sent, or did not send. */
export const sentSituations: readonly Situation[] = [
  {
    name: 'Nobody signed in, an Express API of the page’s origin',
    code: 'not-signed-in',
    place: 'same',
    signIn: null,
    reply: () => refuse(null, { message: 'No token provided' }),
  },
  {
    name: 'Nobody signed in, a Spring API of another origin',
    code: 'not-signed-in',
    signIn: null,
    reply: () => refuse('Bearer', ''),
  },
  {
    name: 'Signed out a moment ago',
    code: 'not-signed-in',
    signIn: tokens(),
    before: [{ path: 'sign-out' }],
    reply: ({ path }) => (path.endsWith('/sign-out') ? say(200, {}) : refuse('Bearer realm="api"', '')),
  },
  {
    name: 'The API’s origin is not in trustedOrigins',
    code: 'untrusted-origin',
    isTrusted: false,
    signIn: tokens(),
    reply: () => refuse('Bearer realm="api"', {}),
  },
  {
    name: 'An AWS gateway that is not in trustedOrigins, its headers hidden',
    code: 'untrusted-origin',
    isTrusted: false,
    cors: 'not-headers',
    signIn: tokens('opaque-token-1'),
    reply: () => refuse(null, { message: 'Unauthorized' }),
  },
  {
    name: 'The app’s own Authorization with an old token',
    code: 'own-authorization',
    signIn: tokens(),
    call: own(`Bearer ${jwt()}`),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'The app’s own Authorization, by fetch, without a challenge',
    code: 'own-authorization',
    place: 'same',
    signIn: tokens(),
    call: { by: 'fetch', init: { headers: { Authorization: 'Token 0123456789abcdef' } } },
    reply: () => refuse(null, { detail: 'Invalid token.' }),
  },
  {
    name: 'The app’s own Authorization with Basic',
    code: 'own-authorization',
    signIn: null,
    call: own('Basic YWxpY2U6d3Jvbmc='),
    reply: () => refuse('Basic realm="api"', ''),
  },
  ...(
    [
      ['Bearer undefined', 'the word undefined'],
      ['Bearer "abc.def.ghi"', 'a token in quotes'],
      ['Bearer Bearer abcdefghijkl', 'its scheme twice'],
      ['Bearer', 'no token'],
      [jwt(), 'no scheme'],
    ] as const
  ).map(
    ([value, what], index): Situation => ({
      name: `The app’s own Authorization has ${what}`,
      code: 'malformed-header',
      place: index % 2 === 0 ? 'cross' : 'same',
      signIn: tokens(),
      call: own(value),
      reply: () => refuse(index % 2 === 0 ? 'Bearer error="invalid_request"' : null, { error: 'Bad header' }),
    }),
  ),
  {
    name: 'auth: false for an API call',
    code: 'auth-false',
    signIn: tokens(),
    call: { init: { auth: false } },
    reply: () => refuse('Bearer', {}),
  },
  {
    name: 'auth: false by fetch, at the page’s origin',
    code: 'auth-false',
    place: 'same',
    signIn: tokens(),
    call: { by: 'fetch', init: { auth: false } },
    reply: () => refuse(null, { error: 'unauthorized' }),
  },
  {
    name: 'A login with a wrong password',
    code: 'login-refused',
    signIn: null,
    call: { ...login, init: { ...login.init, auth: false } },
    reply: () => refuse(null, { message: 'Invalid credentials' }),
  },
  {
    name: 'A form with a wrong password, at an odd address',
    code: 'login-refused',
    place: 'same',
    signIn: null,
    call: { path: 'enter', init: { method: 'post', json: {}, auth: false } },
    reply: () => refuse('Bearer', { error: 'Wrong user name or password' }),
  },
  {
    name: 'A login without auth: false',
    code: 'login-without-auth-false',
    signIn: null,
    call: login,
    reply: () => refuse(null, { message: 'Invalid credentials' }),
  },
  {
    name: 'A sign-in without auth: false, at the page’s origin',
    code: 'login-without-auth-false',
    place: 'same',
    signIn: null,
    call: { path: 'sign-in', by: 'fetch', init: { method: 'POST', body: '{}' } },
    reply: () => refuse('Bearer realm="api"', ''),
  },
  {
    name: 'no-cors, of an API that sends CORS',
    code: 'no-cors',
    signIn: tokens(),
    call: { by: 'fetch', init: { mode: 'no-cors' } },
    reply: () => refuse('Bearer', {}),
  },
  {
    name: 'no-cors, of an API without CORS',
    code: 'no-cors',
    place: 'cross-site',
    cors: 'nothing',
    signIn: tokens(),
    call: { by: 'fetch', init: { mode: 'no-cors' } },
    reply: () => refuse(null, ''),
  },
  {
    name: 'nginx wants a password (Basic)',
    code: 'other-scheme',
    signIn: tokens(),
    reply: () =>
      refuse('Basic realm="staging"', '<html><title>401 Authorization Required</title></html>', {
        'content-type': 'text/html',
      }),
  },
  {
    // At the page’s origin the browser would ask the user itself.
    name: 'Digest is wanted of nobody',
    code: 'other-scheme',
    signIn: null,
    reply: () => refuse('Digest realm="api", nonce="xyz", qop="auth"', ''),
  },
  {
    name: 'IIS wants Windows authentication',
    code: 'other-scheme',
    signIn: tokens('opaque-token-2'),
    reply: () => refuse('Negotiate, NTLM', ''),
  },
  {
    name: 'Kong wants an API key',
    code: 'other-scheme',
    signIn: tokens(),
    reply: () => refuse('Key realm="kong"', { message: 'No API key found in request' }),
  },
  {
    name: 'An API key is wanted, and only the body says so',
    code: 'other-scheme',
    place: 'same',
    signIn: tokens(),
    reply: () => refuse(null, { error: 'X-API-Key missing' }),
  },
  {
    name: 'Another user signs in while the request is under way',
    code: 'session-changed',
    signIn: tokens(jwt({ sub: 'alice' })),
    call: { meanwhile: 'sign-in' },
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'The user signs out while the request is under way',
    code: 'session-changed',
    place: 'same',
    signIn: tokens(),
    call: { meanwhile: 'sign-out' },
    reply: () => refuse(null, {}),
  },
]
