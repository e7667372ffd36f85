import { expect, test } from 'vitest'
import { callDoctor, statusesOf } from '../../support/doctor.ts'
import { pageOrigin, startExaminedServer } from '../../support/examined-server.ts'

const allOf = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, 'ok']))
const ofApi = [
  'challenge',
  'invalid-token',
  'cors-errors',
  'cors-origins',
  'exposed-headers',
  'preflight',
  'clock',
  'caching',
]
const ofSessions = ['lost-response', 'simultaneous', 'grace-window', 'revocation', 'reuse-detection']
const ofRenewal = ['refusal', 'token-response', 'rotation', ...ofSessions]

test('the doctor finds nothing wrong with an OAuth server that does everything as documented', async () => {
  const server = await startExaminedServer()
  const run = await callDoctor([...server.ofApi, ...server.ofOAuth, '--yes', '--json'], {
    env: { LATCHKEY_REFRESH_TOKEN: server.sessions(2) },
    wait: server.pass,
  })
  expect(statusesOf(run)).toEqual(allOf([...ofApi, ...ofRenewal]))
  expect(run.exitCode).toBe(0)
})

test('the doctor finds nothing wrong with a cookie server that does everything as documented', async () => {
  const server = await startExaminedServer()
  const run = await callDoctor([...server.ofApi, ...server.ofCookie, '--yes', '--json'], {
    env: { LATCHKEY_COOKIE: server.cookies(2) },
    wait: server.pass,
  })
  expect(statusesOf(run)).toEqual(allOf([...ofApi, ...ofRenewal, 'cookie-flags', 'csrf-header']))
  expect(run.exitCode).toBe(0)
})

test('with a login endpoint the doctor signs the test account in as often as it needs a session', async () => {
  const server = await startExaminedServer()
  const login = JSON.stringify({ name: 'alice', password: 'correct horse' })
  const args = [...server.ofCookie, '--origin', server.origin, '--login-endpoint', `${server.origin}/login`]
  const setting = { env: { LATCHKEY_LOGIN: login }, wait: server.pass }
  const run = await callDoctor([...args, '--yes', '--json'], setting)
  expect(statusesOf(run)).toMatchObject({ 'cookie-flags': 'ok', 'lost-response': 'ok', 'reuse-detection': 'ok' })
  expect(run.exitCode).toBe(0)
})

test('the doctor finds nothing wrong with a JSON endpoint that does everything as documented', async () => {
  const server = await startExaminedServer()
  const args = [
    '--refresh-endpoint',
    `${server.origin}/json/refresh`,
    '--revocation-endpoint',
    `${server.origin}/revoke`,
  ]
  const run = await callDoctor([...args, '--yes', '--json'], {
    env: { LATCHKEY_REFRESH_TOKEN: server.sessions(2) },
    wait: server.pass,
  })
  expect(statusesOf(run)).toEqual(allOf(['clock', ...ofRenewal]))
})

test('the doctor asks for no `Vary` where every response names the same origin, whoever asks (Fetch, CORS protocol)', async () => {
  const fixed = { 'access-control-allow-origin': pageOrigin, vary: 'Accept-Encoding' }
  const server = await startExaminedServer((_request, answer) => ({
    ...answer,
    headers: { ...answer.headers, ...fixed },
  }))
  const run = await callDoctor([...server.ofApi, '--only', 'cors-errors,cors-origins', '--json'])
  expect(run.check('cors-errors').findings).toEqual([{ status: 'ok', says: 'The page can read error responses.' }])
  expect(run.check('cors-origins').status).toBe('ok')
})

test('the doctor prints how long it waited for the grace window without the digits of floating point', async () => {
  const server = await startExaminedServer(undefined, { graceSeconds: 3 })
  const args = [...server.ofOAuth, '--grace-seconds', '3', '--only', 'lost-response,grace-window', '--yes', '--json']
  const run = await callDoctor(args, { env: { LATCHKEY_REFRESH_TOKEN: server.sessions(2) }, wait: server.pass })
  expect(run.check('grace-window').findings).toEqual([
    { status: 'ok', says: 'A replaced refresh token is still accepted after 2.4 s.' },
  ])
  expect(run.check('grace-window').evidence.join()).toContain('2.4 s later')
})
