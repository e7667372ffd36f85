import type { ServerResponse } from 'node:http'
import { constants, deflateRawSync, gzipSync } from 'node:zlib'
import { changed, type Fault, html, oauthError, respond } from './fault.ts'

const startBody = (response: ServerResponse, tokens: string, bytes: number) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(tokens) })
  response.write(tokens.slice(0, bytes))
}

/** In pieces, with so many milliseconds before each. */
const drip = (response: ServerResponse, tokens: string, pieces: number, everyMs: number) => {
  startBody(response, tokens, 1)
  let sent = 1
  const bytes = Math.ceil(tokens.length / pieces)
  const timer = setInterval(() => {
    response.write(tokens.slice(sent, sent + bytes))
    sent += bytes
    if (sent < tokens.length) return
    clearInterval(timer)
    response.end()
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}

const gzip = { 'content-encoding': 'gzip' }
/** 8 MiB of spaces before tokens that would do, in 8 KiB: over the limit, and no work for a slow machine. */
const bomb = gzipSync(`${' '.repeat(8 * 2 ** 20)}{"access_token":"exploded"}`, { level: constants.Z_BEST_COMPRESSION })

const network: readonly Fault[] = [
  { title: 'The host name cannot be resolved', means: 'unavailable', address: 'unknownHost' },
  { title: 'The connection is refused', means: 'unavailable', address: 'closedPort' },
  { title: 'The connection is reset before the request is read', means: 'unavailable', address: 'resetting' },
  { title: 'The TLS handshake fails', means: 'unavailable', address: 'brokenTls' },
  { title: 'The certificate is self-signed', means: 'unavailable', address: 'selfSigned' },
  { title: 'The response is not HTTP', means: 'unavailable', address: 'notHttp' },
  {
    title: 'The connection is reset after the server rotated the token',
    means: 'unavailable',
    isHandled: true,
    strike: response => void response.socket?.resetAndDestroy(),
  },
  { title: 'No headers ever arrive', means: 'unavailable', isSilent: true, strike: () => {} },
  {
    title: 'The body stops in the middle',
    means: 'unavailable',
    isSilent: true,
    isHandled: true,
    strike: (response, tokens) => startBody(response, tokens, 20),
  },
  {
    title: 'The connection is reset in the middle of the body',
    means: 'unavailable',
    isHandled: true,
    strike: (response, tokens) => {
      startBody(response, tokens, 20)
      setImmediate(() => response.socket?.resetAndDestroy())
    },
  },
  {
    title: 'The body drips, and takes longer than the timeout',
    means: 'unavailable',
    isSilent: true,
    isHandled: true,
    strike: (response, tokens) => drip(response, tokens, tokens.length, 250),
  },
  {
    title: 'The body drips, and ends in time',
    means: 'granted',
    isHandled: true,
    strike: (response, tokens) => drip(response, tokens, 8, 20),
  },
  {
    title: '103 Early Hints, then the tokens',
    means: 'granted',
    isHandled: true,
    strike: (response, ...rest) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
      respond(200, rest[0])(response, ...rest)
    },
  },
]

const bodies: readonly Fault[] = [
  {
    title: '200 with truncated JSON',
    means: 'unavailable',
    isHandled: true,
    strike: respond(200, '{"access_token":"a'),
  },
  { title: '200 with an empty body', means: 'unavailable', strike: respond(200) },
  { title: '204', means: 'unavailable', strike: response => void response.writeHead(204).end() },
  { title: '200 with `{}`', means: 'unavailable', strike: respond(200, '{}') },
  { title: '200 with `[]`', means: 'unavailable', strike: respond(200, '[]') },
  { title: '200 with a JSON string', means: 'unavailable', strike: respond(200, '"ok"') },
  { title: '200 with `null`, which `refresh` then returns', means: 'rejected', strike: respond(200, 'null') },
  {
    title: '200 with other names',
    means: 'unavailable',
    strike: changed(({ access_token }) => ({ token: access_token })),
  },
  {
    title: '200 with an access token that is a number',
    means: 'unavailable',
    strike: changed(() => ({ access_token: 1 })),
  },
  {
    title: '200 with an access token that is no header value',
    means: 'unavailable',
    strike: changed(() => ({ access_token: 'a\r\nX-Admin: 1' })),
  },
  {
    title: '200 with an unknown token type',
    means: 'unavailable',
    strike: changed(tokens => ({ ...tokens, token_type: 'mac' })),
  },
  { title: '200 with the HTML of a captive portal', means: 'unavailable', strike: html(200) },
  { title: '200 with gzip that is not gzip', means: 'unavailable', strike: respond(200, 'no gzip', gzip) },
  {
    title: '200 with 8 MiB in 8 KiB of gzip (a bomb)',
    means: 'unavailable',
    strike: response => {
      response.writeHead(200, { 'content-type': 'application/json', ...gzip })
      response.end(bomb)
    },
  },
  {
    title: '200 with deflated tokens',
    means: 'granted',
    isHandled: true,
    strike: (response, tokens) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'deflate' })
      response.end(deflateRawSync(tokens))
    },
  },
  {
    title: '200 with an endless lifetime (`1e400`)',
    means: 'granted',
    isHandled: true,
    strike: (response, tokens, elsewhere) =>
      respond(200, tokens.replace('"expires_in":300', '"expires_in":1e400'))(response, tokens, elsewhere),
  },
  {
    title: '200 with a negative lifetime',
    means: 'granted',
    isHandled: true,
    strike: changed(tokens => ({ ...tokens, expires_in: -1 })),
  },
]

const redirects: readonly Fault[] = [301, 302, 303, 307, 308].map(status => ({
  title: `${status} to another origin`,
  means: 'unavailable',
  strike: (response, tokens, elsewhere) =>
    respond(status, '', { location: `${elsewhere}/token` })(response, tokens, elsewhere),
}))

const rejections: readonly Fault[] = [
  { title: '400 `invalid_grant`', means: 'rejected', strike: oauthError(400, 'invalid_grant') },
  { title: '401 `invalid_grant`', means: 'rejected', strike: oauthError(401, 'invalid_grant') },
  { title: '401 without a body', means: 'rejected', strike: respond(401) },
  { title: '403 with JSON', means: 'rejected', strike: respond(403, '{"message":"No"}') },
  { title: '200 `bad_refresh_token` (GitHub)', means: 'rejected', strike: oauthError(200, 'bad_refresh_token') },
  { title: '400 `login_required`', means: 'rejected', strike: oauthError(400, 'login_required') },
  ...['invalid_client', 'invalid_request', 'invalid_scope', 'unauthorized_client', 'unsupported_grant_type'].map(
    (error): Fault => ({
      title: `400 \`${error}\``,
      means: 'rejected',
      ends: 'misconfigured',
      strike: oauthError(400, error),
    }),
  ),
]

const otherErrors: readonly Fault[] = [
  { title: '400 with an unknown error', means: 'unavailable', strike: oauthError(400, 'temporarily_broken') },
  { title: '400 without a body', means: 'unavailable', strike: respond(400) },
  { title: '403 with HTML (a firewall)', means: 'unavailable', strike: html(403) },
  ...[404, 405, 407, 409, 410, 413, 422, 451].map(
    (status): Fault => ({ title: `${status}`, means: 'unavailable', strike: respond(status) }),
  ),
  { title: '404 with HTML', means: 'unavailable', strike: html(404) },
  ...[408, 425, 429].map((status): Fault => ({ title: `${status}`, means: 'unavailable', strike: respond(status) })),
  ...[500, 501, 502, 503, 504, 511, 599].map(
    (status): Fault => ({ title: `${status}`, means: 'unavailable', strike: respond(status) }),
  ),
  { title: '502 with HTML', means: 'unavailable', strike: html(502) },
  { title: '500 `server_error`', means: 'unavailable', strike: oauthError(500, 'server_error') },
  { title: '503 `temporarily_unavailable`', means: 'unavailable', strike: oauthError(503, 'temporarily_unavailable') },
  { title: '500 `invalid_grant`', means: 'unavailable', strike: oauthError(500, 'invalid_grant') },
]

const busy = (value: string) => respond(503, '', { 'retry-after': value })

const retryAfters: readonly Fault[] = [
  { title: '503, `Retry-After: 1`', means: 'unavailable', strike: busy('1') },
  { title: '429, `Retry-After: 1`', means: 'unavailable', strike: respond(429, '', { 'retry-after': '1' }) },
  { title: '503, `Retry-After: 0`', means: 'unavailable', strike: busy('0') },
  { title: '503, `Retry-After: -1`', means: 'unavailable', strike: busy('-1') },
  { title: '503, `Retry-After: soon`', means: 'unavailable', strike: busy('soon') },
  {
    title: '503, `Retry-After` with a date in the past',
    means: 'unavailable',
    strike: busy('Sun, 06 Nov 1994 08:49:37 GMT'),
  },
  {
    title: '503, `Retry-After` with a date in 8,000 years',
    means: 'unavailable',
    strike: busy('Fri, 31 Dec 9999 23:59:59 GMT'),
  },
  { title: '503, `Retry-After: 3600`', means: 'unavailable', strike: busy('3600') },
  { title: '503, `Retry-After: 999999999999999999999`', means: 'unavailable', strike: busy('999999999999999999999') },
]

/** By the heading under which the page shows them. */
export const faults: Readonly<Record<string, readonly Fault[]>> = {
  'The network': network,
  'Bodies of a 200': bodies,
  Redirects: redirects,
  Rejections: rejections,
  'Other statuses': otherErrors,
  'Retry-After': retryAfters,
}
