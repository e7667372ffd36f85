import { describe, expect, test } from 'vitest'
import { callDoctor } from '../../support/doctor.ts'
import { pageOrigin, type Spoil, startExaminedServer } from '../../support/examined-server.ts'
import type { Answer, ReceivedRequest } from '../../support/http-messages.ts'

interface Case {
  readonly check: string
  /** What is wrong with the server, as the end of a sentence. */
  readonly wrong: string
  readonly spoil: Spoil
  readonly status: 'fault' | 'warning' | 'unknown'
  readonly says: RegExp
}

const isMe = ({ method, path }: ReceivedRequest) => method === 'GET' && path === '/me'
const isBare = (request: ReceivedRequest) => isMe(request) && request.headers.authorization === undefined
const isRefused = (request: ReceivedRequest, { status }: Answer) => isMe(request) && status === 401
const isAccepted = (request: ReceivedRequest, { status }: Answer) => isMe(request) && status === 200
const isPreflight = ({ method }: ReceivedRequest) => method === 'OPTIONS'

const always = (_request: ReceivedRequest, _answer: Answer) => true

/** The answer with these headers in place of its own; `null` takes one away. */
const headers =
  (when: typeof always, changes: Readonly<Record<string, string | null>>): Spoil =>
  (request, answer) => {
    if (!when(request, answer)) return undefined
    const changed = Object.entries({ ...answer.headers, ...changes }).filter(([, value]) => value !== null)
    return { ...answer, headers: Object.fromEntries(changed) as Record<string, string> }
  }
const status =
  (when: typeof always, code: number, more: Readonly<Record<string, string>> = {}): Spoil =>
  (request, answer) =>
    when(request, answer) ? { ...answer, status: code, headers: { ...answer.headers, ...more } } : undefined
const challenge = (when: typeof always, value: string | null) => headers(when, { 'www-authenticate': value })
const clockOff = (seconds: number, when = always) =>
  headers(when, { date: new Date(Date.now() + seconds * 1000).toUTCString() })

const cases: readonly Case[] = [
  {
    check: 'challenge',
    wrong: 'sends a 401 without a challenge',
    spoil: challenge(isRefused, null),
    status: 'fault',
    says: /no `WWW-Authenticate`/,
  },
  {
    check: 'challenge',
    wrong: 'offers Basic only',
    spoil: challenge(isRefused, 'Basic realm="x"'),
    status: 'fault',
    says: /no Bearer challenge/,
  },
  {
    check: 'challenge',
    wrong: 'offers Basic besides',
    spoil: challenge(isBare, 'Bearer, Basic realm="x"'),
    status: 'warning',
    says: /password prompt/,
  },
  {
    check: 'challenge',
    wrong: 'sends a challenge that cannot be parsed',
    spoil: challenge(isBare, 'Bearer realm="x'),
    status: 'fault',
    says: /cannot be parsed/,
  },
  {
    check: 'challenge',
    wrong: 'tells an error code where no token was sent',
    spoil: challenge(isBare, 'Bearer error="invalid_token"'),
    status: 'warning',
    says: /error code/,
  },
  {
    check: 'challenge',
    wrong: 'redirects to a login page',
    spoil: status(isBare, 302, { location: '/login' }),
    status: 'fault',
    says: /redirected \(302\)/,
  },
  {
    check: 'challenge',
    wrong: 'answers 403 where no token was sent',
    spoil: status(isBare, 403),
    status: 'fault',
    says: /403/,
  },
  { check: 'challenge', wrong: 'has no such URL', spoil: status(isMe, 404), status: 'unknown', says: /404/ },
  { check: 'challenge', wrong: 'needs no token', spoil: status(isMe, 200), status: 'unknown', says: /200/ },
  {
    check: 'invalid-token',
    wrong: 'answers 403 to a bad token',
    spoil: status(isRefused, 403),
    status: 'fault',
    says: /403/,
  },
  {
    check: 'invalid-token',
    wrong: 'fails over a bad token',
    spoil: status(isRefused, 500),
    status: 'fault',
    says: /500/,
  },
  {
    check: 'invalid-token',
    wrong: 'accepts any token',
    spoil: status(isRefused, 200),
    status: 'fault',
    says: /never issued/,
  },
  {
    check: 'invalid-token',
    wrong: 'names no error',
    spoil: challenge(isRefused, 'Bearer realm="x"'),
    status: 'warning',
    says: /no `error`/,
  },
  {
    check: 'invalid-token',
    wrong: 'names another error',
    spoil: challenge(isRefused, 'Bearer error="insufficient_scope"'),
    status: 'fault',
    says: /another `error`/,
  },
  {
    check: 'cors-errors',
    wrong: 'sends no CORS headers with 401',
    spoil: headers(isRefused, { 'access-control-allow-origin': null }),
    status: 'fault',
    says: /A 401 response has no CORS/,
  },
  {
    check: 'cors-errors',
    wrong: 'needs no token and sends no CORS headers',
    spoil: (request, answer) => (isMe(request) ? { ...answer, status: 200, headers: {} } : undefined),
    status: 'fault',
    says: /A 200 response has no CORS/,
  },
  {
    check: 'cors-errors',
    wrong: 'sends no CORS headers with 404',
    spoil: headers((_request, answer) => answer.status === 404, { 'access-control-allow-origin': null }),
    status: 'warning',
    says: /404 response has no CORS/,
  },
  {
    check: 'cors-errors',
    wrong: 'does not vary by origin',
    spoil: headers(always, { vary: null }),
    status: 'warning',
    says: /Vary: Origin/,
  },
  {
    check: 'cors-origins',
    wrong: 'allows every origin with cookies',
    spoil: (request, answer) =>
      headers(always, {
        'access-control-allow-origin': request.headers.origin ?? null,
        'access-control-allow-credentials': 'true',
      })(request, answer),
    status: 'fault',
    says: /Any origin/,
  },
  {
    check: 'exposed-headers',
    wrong: 'exposes nothing',
    spoil: headers(always, { 'access-control-expose-headers': null }),
    status: 'fault',
    says: /WWW-Authenticate/,
  },
  {
    check: 'exposed-headers',
    wrong: 'exposes the challenge alone',
    spoil: headers(always, { 'access-control-expose-headers': 'WWW-Authenticate' }),
    status: 'warning',
    says: /Retry-After, Date/,
  },
  {
    check: 'preflight',
    wrong: 'asks for a token in the preflight',
    spoil: status(isPreflight, 401),
    status: 'fault',
    says: /gets 401/,
  },
  {
    check: 'preflight',
    wrong: 'allows any header but not Authorization by name',
    spoil: headers(isPreflight, { 'access-control-allow-headers': '*' }),
    status: 'fault',
    says: /does not allow: authorization/,
  },
  {
    check: 'preflight',
    wrong: 'allows another origin',
    spoil: headers(isPreflight, { 'access-control-allow-origin': 'https://other.example' }),
    status: 'fault',
    says: /origin/,
  },
  {
    check: 'preflight',
    wrong: 'lets no preflight be kept',
    spoil: headers(isPreflight, { 'access-control-max-age': null }),
    status: 'warning',
    says: /do not cache/,
  },
  {
    check: 'caching',
    wrong: 'lets caches keep a 401',
    spoil: headers(isRefused, { 'cache-control': 'public, max-age=60' }),
    status: 'fault',
    says: /keep the 401/,
  },
  {
    check: 'caching',
    wrong: 'lets shared caches keep a 401, though not the browser',
    spoil: headers(isRefused, { 'cache-control': 'max-age=0, s-maxage=60' }),
    status: 'fault',
    says: /keep the 401/,
  },
  {
    check: 'caching',
    wrong: 'lets shared caches keep user data, though not the browser',
    spoil: headers(isAccepted, { 'cache-control': 'max-age=0, s-maxage=60' }),
    status: 'warning',
    says: /next user/,
  },
  {
    check: 'caching',
    wrong: 'dates a 401 into the future',
    spoil: headers(isRefused, { 'cache-control': null, expires: 'Fri, 01 Jan 2100 00:00:00 GMT' }),
    status: 'fault',
    says: /keep the 401/,
  },
  {
    check: 'caching',
    wrong: 'lets the browser keep user data',
    spoil: headers(isAccepted, { 'cache-control': 'max-age=60' }),
    status: 'warning',
    says: /next user/,
  },
  { check: 'clock', wrong: 'is two minutes fast', spoil: clockOff(120), status: 'fault', says: /1[12]\d s ahead/ },
  { check: 'clock', wrong: 'is half a minute slow', spoil: clockOff(-30), status: 'warning', says: /behind/ },
  {
    check: 'clock',
    wrong: 'differs between API and token endpoint',
    spoil: clockOff(-40, isMe),
    status: 'fault',
    says: /differ by/,
  },
]

describe('the doctor', () => {
  test.each(cases)('reports by $check that the API $wrong', async ({ check, spoil, status: expected, says }) => {
    const server = await startExaminedServer(spoil)
    const args = [...server.ofApi, ...server.ofOAuth, '--spend', 'nothing', '--only', check, '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_ACCESS_TOKEN: server.accessToken() } })
    const found = run.check(check)
    expect({ status: found.status, exitCode: run.exitCode }).toEqual({
      status: expected,
      exitCode: { fault: 1, warning: 0, unknown: 2 }[expected],
    })
    expect(found.findings.map(finding => finding.says).join(' ')).toMatch(says)
    expect(found.findings.every(finding => finding.fix !== undefined)).toBe(true)
    expect(found.evidence.length).toBeGreaterThan(0)
  })

  test('sends the origin of the page with every request to the API', async () => {
    const server = await startExaminedServer()
    await callDoctor([...server.ofApi, '--only', 'challenge,invalid-token,preflight', '--json'])
    expect(server.received.map(request => request.headers.origin)).toEqual([pageOrigin, pageOrigin, pageOrigin])
  })
})
