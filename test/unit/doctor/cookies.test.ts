import { describe, expect, test } from 'vitest'
import { parseSetCookie } from '../../../src/doctor/cookie-jar.ts'
import { callDoctor } from '../../support/doctor.ts'
import { type Spoil, startExaminedServer } from '../../support/examined-server.ts'
import { json } from '../../support/http-messages.ts'

const flags =
  (change: (line: string) => string): Spoil =>
  (_request, response) => {
    const line = response.headers?.['set-cookie']
    return line === undefined
      ? undefined
      : { ...response, headers: { ...response.headers, 'set-cookie': change(String(line)) } }
  }
const without = (attribute: string) => flags(line => line.replace(new RegExp(`; ${attribute}[^;]*`), ''))

const cases: readonly [wrong: string, spoil: Spoil, status: 'fault' | 'warning', says: RegExp][] = [
  ['is not HttpOnly', without('HttpOnly'), 'fault', /not `HttpOnly`/],
  ['is not Secure', without('Secure'), 'warning', /not `Secure`/],
  ['has no SameSite', without('SameSite'), 'warning', /no `SameSite`/],
  ['is SameSite=None', flags(line => line.replace('Strict', 'None')), 'warning', /third party/],
  ['has a Domain', flags(line => `${line}; Domain=example.com`), 'warning', /`Domain`/],
]

describe('the doctor', () => {
  test.each(cases)('reports that a cookie %s, without its value', async (_wrong, spoil, status, says) => {
    const server = await startExaminedServer(spoil)
    const args = [...server.ofCookie, '--only', 'cookie-flags', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
    const { findings, evidence } = run.check('cookie-flags')
    expect(run.check('cookie-flags').status).toBe(status)
    expect(findings.map(finding => finding.says).join(' ')).toMatch(says)
    expect(evidence.join(' ')).toMatch(/^Set-Cookie: __Host-refresh=…; /)
  })

  test('reports a refresh that any site could have sent: without the header, and by GET', async () => {
    const server = await startExaminedServer((request, response) => {
      if (request.path !== '/cookie/refresh' || request.method === 'OPTIONS') return undefined
      const isForged = request.headers['x-requested-with'] === undefined
      return isForged ? json(200, {}, { 'set-cookie': '__Host-refresh=another-cookie' }) : response
    })
    const args = [...server.ofCookie, '--only', 'csrf-header', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
    expect(run.check('csrf-header').findings.map(({ status, says }) => `${status}: ${says}`)).toEqual([
      'fault: A refresh without the CSRF header succeeds.',
      'fault: A refresh by GET succeeds.',
    ])
  })

  test('reports that the preflight does not allow the CSRF header', async () => {
    const server = await startExaminedServer((request, response) =>
      request.method === 'OPTIONS' ? { ...response, headers: {} } : undefined,
    )
    const args = [...server.ofCookie, '--origin', 'https://app.example.com', '--only', 'csrf-header', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
    expect(run.check('csrf-header').findings).toMatchObject([{ status: 'fault' }])
    expect(run.check('csrf-header').findings[0]?.says).toMatch(/preflight/)
  })

  test('sends the header that --csrf-header names, in place of its own', async () => {
    const server = await startExaminedServer()
    const args = [...server.ofCookie, '--csrf-header', 'X-CSRF=1', '--only', 'refusal', '--json']
    await callDoctor(args)
    const headers = server.received[0]?.headers
    expect([headers?.['x-csrf'], headers?.['x-requested-with']]).toEqual(['1', undefined])
  })

  test('signs in no second time where the server does not accept what the login brought', async () => {
    const server = await startExaminedServer(({ path }) => (path === '/cookie/refresh' ? json(401, {}) : undefined))
    const args = [...server.ofCookie, '--login-endpoint', `${server.origin}/login`, '--yes', '--json']
    await callDoctor(args, { env: { LATCHKEY_LOGIN: '{"password":"correct horse"}' } })
    expect(server.received.filter(({ path }) => path === '/login')).toHaveLength(1)
  })

  test.each([
    ['a CSRF token, which scripts read on purpose', 'csrftoken=1; Secure; SameSite=Strict'],
    ['a cookie that is removed', '__Host-old=; Max-Age=0'],
  ])('judges no flags of %s', async (_what, line) => {
    const server = await startExaminedServer((_request, response) => {
      const own = response.headers?.['set-cookie']
      if (own === undefined) return undefined
      return { ...response, headers: { ...response.headers, 'set-cookie': [String(own), line] } }
    })
    const run = await callDoctor([...server.ofCookie, '--only', 'cookie-flags', '--yes', '--json'], {
      env: { LATCHKEY_COOKIE: server.cookies(1) },
    })
    expect(run.check('cookie-flags').status).toBe('ok')
  })

  test.each(['Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Max-Age=; Expires=Fri, 01 Jan 2100 00:00:00 GMT'])(
    'judges a cookie by Max-Age before Expires, as browsers do: %s',
    async line => {
      const server = await startExaminedServer(flags(own => `${own}; ${line}`))
      const run = await callDoctor([...server.ofCookie, '--only', 'cookie-flags', '--yes', '--json'], {
        env: { LATCHKEY_COOKIE: server.cookies(1) },
      })
      expect(run.check('cookie-flags').status).toBe('ok')
    },
  )

  test('signs in no second time where the login is refused, says so, and does not pass for a good result', async () => {
    const server = await startExaminedServer()
    const args = [...server.ofCookie, '--login-endpoint', `${server.origin}/login`, '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_LOGIN: '{"password":"wrong horse"}' } })
    expect(server.received.filter(({ path }) => path === '/login')).toHaveLength(1)
    expect(run.check('lost-response').findings[0]?.says).toMatch(/login was refused with 401/)
    expect(run.check('lost-response').status).toBe('unknown')
    expect(run.exitCode).toBe(2)
  })

  test('takes the cookie of a login that is a redirect, as the login of a form is', async () => {
    const server = await startExaminedServer(({ path }, response) =>
      path === '/login' ? { ...response, status: 302, headers: { ...response.headers, location: '/home' } } : undefined,
    )
    const args = [
      ...server.ofCookie,
      '--login-endpoint',
      `${server.origin}/login`,
      '--only',
      'rotation',
      '--yes',
      '--json',
    ]
    const run = await callDoctor(args, { env: { LATCHKEY_LOGIN: '{"password":"correct horse"}' } })
    expect(run.check('rotation').status).toBe('ok')
  })

  test.each([
    ['after it', (own: string) => [own, '__Host-refresh=; Path=/old; Max-Age=0']],
    ['before it', (own: string) => ['__Host-refresh=; Path=/old; Max-Age=0', own]],
  ])('keeps a cookie whose response removes one of that name on another path %s', async (_order, lines) => {
    const server = await startExaminedServer((_request, response) => {
      const own = response.headers?.['set-cookie']
      return own === undefined
        ? undefined
        : { ...response, headers: { ...response.headers, 'set-cookie': lines(String(own)) } }
    })
    const args = [...server.ofCookie, '--only', 'lost-response,rotation', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
    expect(run.check('lost-response').status).toBe('ok')
  })

  test('keeps both cookies of one name, as a browser shows them, and does not call them replaced', async () => {
    const server = await startExaminedServer(({ path, headers }) =>
      path !== '/cookie/refresh'
        ? undefined
        : headers.cookie === 'app=a; app=b'
          ? json(200, { accessToken: 'an-access-token', expiresInSeconds: 300 })
          : json(401, {}),
    )
    const args = [...server.ofCookie, '--only', 'rotation,token-response', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: 'app=a; app=b' } })
    expect(run.check('token-response').status).toBe('ok')
    expect(run.check('rotation').findings[0]?.says).toMatch(/cookie is not replaced/)
  })

  describe('where a load balancer sets a cookie of its own in every response', () => {
    const startBalanced = (spoil: Spoil = () => undefined) => {
      let responses = 0
      return startExaminedServer((request, response) => {
        const answer = spoil(request, response) ?? response
        const own = answer.headers?.['set-cookie']
        responses += 1
        const lines = [...(own === undefined ? [] : [String(own)]), `AWSALB=balanced-${responses}; Path=/`]
        return { ...answer, headers: { ...answer.headers, 'set-cookie': lines } }
      })
    }

    test('does not judge its flags', async () => {
      const server = await startBalanced()
      const args = [...server.ofCookie, '--only', 'cookie-flags', '--yes', '--json']
      const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
      expect(run.check('cookie-flags').status).toBe('ok')
    })

    test('does not take it for a replaced session', async () => {
      const server = await startBalanced(({ path }) =>
        path === '/cookie/refresh' ? json(200, { accessToken: 'an-access-token', expiresInSeconds: 300 }) : undefined,
      )
      const args = [...server.ofCookie, '--only', 'rotation', '--yes', '--json']
      const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: 'sid=one; AWSALB=balanced-0' } })
      expect(run.check('rotation').findings[0]?.says).toMatch(/cookie is not replaced/)
    })

    test('does not take the page that an app returns for every GET for a refresh', async () => {
      const html = { 'content-type': 'text/html' }
      const server = await startBalanced(({ path, method }) =>
        path === '/cookie/refresh' && method === 'GET'
          ? { status: 200, body: '<!doctype html><title>App</title>', headers: html }
          : undefined,
      )
      const args = [...server.ofCookie, '--only', 'csrf-header', '--yes', '--json']
      const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
      expect(run.check('csrf-header').status).toBe('ok')
    })
  })

  test('reports a refresh whose success is no JSON, which the client takes for an outage', async () => {
    const server = await startExaminedServer(({ path, method }, response) =>
      path === '/cookie/refresh' && method === 'POST' && response.status === 200
        ? { ...response, body: 'OK', headers: { ...response.headers, 'content-type': 'text/plain' } }
        : undefined,
    )
    const args = [...server.ofCookie, '--only', 'token-response', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_COOKIE: server.cookies(1) } })
    expect(run.check('token-response').findings[0]?.says).toMatch(/gets 200 with a body that is not JSON/)
  })

  test.each([
    ['a redirect to a login page', { status: 302, headers: { location: '/login' } }],
    ['`null`', { status: 200, body: 'null', headers: { 'content-type': 'application/json' } }],
  ])('takes %s for a refusal of the cookie, as the client does, and not for an outage', async (_what, refusal) => {
    const server = await startExaminedServer(({ path }) => (path === '/cookie/refresh' ? refusal : undefined))
    const run = await callDoctor([...server.ofCookie, '--only', 'refusal', '--json'])
    expect(run.check('refusal').findings.map(({ status, says }) => `${status}: ${says}`)).toEqual([
      `warning: A refusal has the status ${refusal.status}.`,
    ])
  })
})

describe('a Set-Cookie line', () => {
  test.each([
    [
      'a=b=c; Path=/; secure; SameSite=Lax',
      { name: 'a', value: 'b=c', attributes: { path: '/', secure: '', samesite: 'Lax' } },
    ],
    ['a=', { name: 'a', value: '', attributes: {} }],
    ['', { name: '', value: '', attributes: {} }],
  ])('%j is read by its parts', (line, expected) => {
    const { attributes, ...rest } = parseSetCookie(line)
    expect({ ...rest, attributes: Object.fromEntries(attributes) }).toEqual(expected)
  })
})
