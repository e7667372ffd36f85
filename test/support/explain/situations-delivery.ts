import { invalidToken, isRefresh, jwt, refreshed, refuse, type Situation, say, tokens } from './situation.ts'

const html = (status: number, title: string) =>
  say(status, `<!doctype html><title>${title}</title>`, { 'content-type': 'text/html; charset=utf-8' })
const redirect = (location: string) => say(302, '', { location })
const user = { cookie: true, subject: 'alice' }

/** Whether the page may read the answer, and where it came from. */
export const deliverySituations: readonly Situation[] = [
  {
    name: 'CORS hides the challenge',
    code: 'challenge-hidden',
    cors: 'not-headers',
    signIn: tokens(),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'CORS hides the challenge, after a refresh',
    code: 'challenge-hidden',
    cors: 'not-headers',
    place: 'cross-site',
    signIn: tokens('opaque-token-12'),
    refresh: 'post',
    reply: refreshed(
      () => refuse(invalidToken(), {}),
      () => jwt(),
    ),
  },
  {
    name: 'A proxy’s 401 has no CORS headers, other answers have',
    code: 'cors-missing',
    cors: 'not-errors',
    signIn: tokens(),
    before: [{ path: 'me' }],
    reply: ({ path }) => (path.endsWith('/me') ? say(200, {}) : refuse(invalidToken(), {})),
  },
  {
    name: 'The first answer has no CORS headers',
    code: 'cors-missing',
    cors: 'not-errors',
    place: 'cross-site',
    signIn: tokens(),
    reply: () => refuse(null, ''),
  },
  {
    name: 'Cookies and a wildcard',
    code: 'cors-missing',
    cors: 'no-credentials',
    signIn: null,
    call: { by: 'fetch', init: { credentials: 'include', auth: 'optional' } },
    reply: () => refuse(null, {}),
  },
  {
    name: 'The preflight does not allow Authorization',
    code: 'preflight',
    cors: 'no-authorization',
    signIn: tokens(),
    reply: () => refuse(invalidToken(), {}),
  },
  {
    name: 'The preflight of a site without a token is answered with 401',
    code: 'preflight',
    cors: 'no-authorization',
    place: 'cross-site',
    signIn: tokens('opaque-token-13'),
    call: { init: { method: 'post', json: {} } },
    reply: () => refuse('Bearer', {}),
  },
  { name: 'Nobody listens', code: 'unreachable', place: 'dead', signIn: tokens(), reply: () => null },
  { name: 'The connection is cut', code: 'unreachable', signIn: tokens(), reply: () => null },
  {
    name: 'The connection is cut, at the page’s origin',
    code: 'unreachable',
    place: 'same',
    signIn: tokens(),
    reply: () => null,
  },
  {
    name: 'A redirect to another origin',
    code: 'redirected',
    place: 'same',
    signIn: tokens(),
    reply: (_request, { elsewhere }) => redirect(`${elsewhere}/todos`),
  },
  {
    name: 'A redirect from one API to another',
    code: 'redirected',
    signIn: tokens('opaque-token-14'),
    refresh: 'post',
    reply: (request, { elsewhere }) => (isRefresh(request) ? say(200, tokens()) : redirect(`${elsewhere}/v2/todos`)),
  },
  {
    name: 'A redirect to the login page',
    code: 'login-page',
    place: 'same',
    signIn: tokens(),
    reply: ({ path }) => (path.endsWith('/login') ? html(200, 'Log in') : redirect('login')),
  },
  {
    name: 'A redirect to a login page that CORS hides',
    code: 'login-page',
    place: 'same',
    signIn: null,
    reply: (_request, { elsewhere }) => redirect(`${elsewhere}/hidden/login`),
  },
  {
    name: 'A proxy’s HTML page with 401',
    code: 'html-page',
    signIn: tokens(),
    reply: () => html(401, '401 Authorization Required'),
  },
  {
    name: 'The dev server’s index.html in place of JSON',
    code: 'html-page',
    place: 'same',
    signIn: tokens(),
    reply: () => html(200, 'My app'),
  },
  {
    name: 'A cookie session of another origin, without credentials',
    code: 'cookie-blocked',
    signIn: user,
    refresh: 'cookie-session',
    reply: request => (isRefresh(request) ? say(200, { sub: 'alice' }) : refuse(null, {})),
  },
  {
    name: 'A cookie session of another site',
    code: 'cookie-blocked',
    place: 'cross-site',
    signIn: user,
    refresh: 'cookie-session',
    client: { credentials: 'include' },
    reply: request => (isRefresh(request) ? say(200, { sub: 'alice' }) : refuse(null, {})),
  },
  {
    name: 'The refresh cookie of another site',
    code: 'cookie-blocked',
    place: 'cross-site',
    signIn: { accessToken: jwt() },
    refresh: 'cookie-refresh',
    client: { credentials: 'include' },
    reply: request => (isRefresh(request) ? say(401, {}) : refuse(invalidToken(), {})),
  },
]
