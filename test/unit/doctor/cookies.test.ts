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
