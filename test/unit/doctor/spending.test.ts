import { describe, expect, test } from 'vitest'
import { callDoctor, statusesOf } from '../../support/doctor.ts'
import { startExaminedServer } from '../../support/examined-server.ts'

const setUp = async (count = 2) => {
  const server = await startExaminedServer()
  const args = [...server.ofApi, ...server.ofOAuth]
  return { server, args, env: { LATCHKEY_REFRESH_TOKEN: server.sessions(count) } }
}

describe('the doctor', () => {
  test('prints only the checks that --only names', async () => {
    const { args } = await setUp()
    const run = await callDoctor([...args, '--only', 'clock', '--spend', 'nothing'])
    expect(run.printed.split('\n').filter(line => /^(ok|skipped|unknown|WARNING|FAULT) /.test(line))).toEqual([
      expect.stringContaining('clock'),
    ])
  })

  test('says what it spends and sends nothing where no terminal can be asked', async () => {
    const { server, args, env } = await setUp()
    const run = await callDoctor(args, { env })
    expect({ exitCode: run.exitCode, requests: server.received.length }).toEqual({ exitCode: 2, requests: 0 })
    expect(run.told).toMatch(/Refreshes, .*: token-response, rotation\./)
    expect(run.told).toMatch(
      /May end a session .*: lost-response, simultaneous, grace-window, revocation, reuse-detection\./,
    )
    expect(run.told).toMatch(/Sessions: 2 given/)
    expect(run.told).toMatch(/Waits up to 62 s/)
    expect(run.told).toMatch(/Add --yes/)
  })

  test('sends nothing if the user says no', async () => {
    const { server, args, env } = await setUp()
    const run = await callDoctor(args, { env, consent: false })
    expect({ exitCode: run.exitCode, requests: server.received.length }).toEqual({ exitCode: 2, requests: 0 })
    expect(run.told).toMatch(/Go on\?.*Nothing was sent\./s)
  })

  test('goes on if the user says yes', async () => {
    const { server, args, env } = await setUp()
    const run = await callDoctor([...args, '--only', 'rotation'], { env, consent: true })
    expect(run.exitCode).toBe(0)
    expect(server.received.length).toBeGreaterThan(0)
  })

  test('asks nothing and uses nothing up with --spend nothing', async () => {
    const { server, args, env } = await setUp()
    const run = await callDoctor([...args, '--spend', 'nothing', '--json'], { env })
    expect(run.told).toBe('')
    expect(run.report.spent).toMatchObject({ refreshes: 0, sessions: 0 })
    expect(run.report.spent.requests).toBe(server.received.length)
    const renewals = server.received.filter(({ path }) => path === '/token').map(({ body }) => String(body))
    expect(renewals).toEqual([expect.stringContaining('refresh_token=latchkey-doctor-made-up-token')])
  })

  test('ends no session with --spend refresh', async () => {
    const { args, env } = await setUp()
    const run = await callDoctor([...args, '--spend', 'refresh', '--yes', '--json'], { env })
    expect(run.report.spent).toMatchObject({ refreshes: 2, sessions: 0 })
    expect(run.check('lost-response').findings).toEqual([
      { status: 'skipped', says: 'Spends a session; --spend is refresh.' },
    ])
  })

  test('says which credential is missing, for each check that needs one', async () => {
    const { args } = await setUp()
    const run = await callDoctor([...args, '--json'])
    expect(run.exitCode).toBe(0)
    expect(run.check('rotation').findings[0]?.says).toBe(
      'Give LATCHKEY_REFRESH_TOKEN, or --login-endpoint and LATCHKEY_LOGIN.',
    )
  })

  test.each([
    ['LATCHKEY_LOGIN is missing though --login-endpoint is given', true, {}],
    ['LATCHKEY_LOGIN is empty, as in the CI of a fork', true, { LATCHKEY_LOGIN: '' }],
    ['LATCHKEY_REFRESH_TOKEN is empty', false, { LATCHKEY_REFRESH_TOKEN: ' ' }],
  ])('reports the checks as unknown and ends with 2, not 0, where %s', async (_, hasLogin, env) => {
    const { args, server } = await setUp()
    const login = hasLogin ? ['--login-endpoint', `${server.origin}/login`] : []
    const run = await callDoctor([...args, ...login, '--yes', '--json'], { env })
    expect(run.exitCode).toBe(2)
    expect(statusesOf(run)).toMatchObject({ challenge: 'ok', rotation: 'unknown', 'lost-response': 'unknown' })
    expect(run.check('rotation').findings[0]?.says).toBe(
      'Give LATCHKEY_REFRESH_TOKEN, or --login-endpoint and LATCHKEY_LOGIN.',
    )
    const others = await callDoctor([...args, ...login, '--only', 'challenge,clock', '--json'], { env })
    const sparing = await callDoctor([...args, ...login, '--spend', 'nothing', '--json'], { env })
    expect([others.exitCode, sparing.exitCode]).toEqual([0, 0])
  })

  test('reports checks that lack a session as unknown, and goes on', async () => {
    const { args, env, server } = await setUp(1)
    const run = await callDoctor([...args, '--yes', '--json'], { env, wait: server.pass })
    expect(statusesOf(run)).toMatchObject({ revocation: 'ok', 'reuse-detection': 'unknown' })
    expect(run.report.spent.sessions).toBe(1)
  })

  test('ends with 2, not 0, where the server accepts none of the credentials that were given', async () => {
    const { args } = await setUp()
    const run = await callDoctor([...args, '--yes', '--json'], { env: { LATCHKEY_REFRESH_TOKEN: 'expired\nrevoked' } })
    expect(statusesOf(run)).toMatchObject({ challenge: 'ok', rotation: 'unknown', 'lost-response': 'unknown' })
    expect(run.exitCode).toBe(2)
  })

  test('makes only the checks that --only names, and none that --skip names', async () => {
    const { args } = await setUp()
    const run = await callDoctor([
      ...args,
      '--only',
      'challenge,clock',
      '--only',
      'preflight',
      '--skip',
      'clock',
      '--json',
    ])
    expect(statusesOf(run)).toEqual({ challenge: 'ok', preflight: 'ok' })
  })

  test('ends with 2, not 0, where a server does not respond', async () => {
    const closed = 'http://127.0.0.1:9'
    const run = await callDoctor(['--api', `${closed}/me`, '--only', 'challenge', '--json'])
    expect({ exitCode: run.exitCode, status: run.check('challenge').status }).toEqual({
      exitCode: 2,
      status: 'unknown',
    })
    expect(run.check('challenge').findings[0]?.says).toMatch(
      /^GET http:\/\/127\.0\.0\.1:9\/me without a token: no connection/,
    )
  })

  test('says once how to mend that a server does not respond, and refers to it in the other checks', async () => {
    const run = await callDoctor(['--api', 'http://127.0.0.1:9/me', '--spend', 'nothing'])
    expect(run.printed.match(/Check the URL, and that the server runs/g)).toHaveLength(1)
    expect(run.printed).toMatch(/: no connection( \(\w+\))? to http:\/\/127\.0\.0\.1:9\n/)
    expect(run.printed.match(/^unknown +\S+ +As above: no connection/gm)?.length).toBeGreaterThan(2)
    expect(run.exitCode).toBe(2)
  })

  test('ends with 2 where one server responds well and the other does not respond', async () => {
    const { server } = await setUp()
    const args = [...server.ofApi, '--token-endpoint', 'http://127.0.0.1:9/token', '--client-id', 'spa']
    const run = await callDoctor([...args, '--only', 'challenge,refusal', '--json'])
    expect(statusesOf(run)).toEqual({ challenge: 'ok', refusal: 'unknown' })
    expect(run.exitCode).toBe(2)
  })

  test('gives a server that hangs no more than --timeout-ms', async () => {
    const { createServer } = await import('node:http')
    const server = createServer(() => {})
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const args = ['--api', `http://127.0.0.1:${port}/`, '--only', 'challenge', '--timeout-ms', '50', '--json']
    const run = await callDoctor(args)
    server.close()
    server.closeAllConnections()
    expect(run.check('challenge').findings[0]?.says).toMatch(/no response within 50 ms/)
    expect(run.exitCode).toBe(2)
  })

  test('prints what it found for people, with evidence and reasons where something is wrong', async () => {
    const server = await startExaminedServer(undefined, { reuse: 'strict' })
    const env = { LATCHKEY_REFRESH_TOKEN: server.sessions(1) }
    const run = await callDoctor([...server.ofOAuth, '--only', 'rotation,lost-response', '--yes'], { env })
    expect(run.printed).toMatch(/^ok {7}rotation {10}Each refresh replaces the refresh token\.$/m)
    expect(run.printed).toMatch(/^FAULT {4}lost-response {5}A lost response ends the session/m)
    expect(run.printed).toMatch(/Seen:.*→ 200\n.*→ 400, error invalid_grant/)
    expect(run.printed).toMatch(/Fix:.*\n.*Why:.*\n.*See:.*RFC 9700 §4\.14\.2.*servers\.md#rotation/)
    expect(run.printed).toMatch(
      /1 ok, 0 warnings, 1 fault, 0 unknown, 18 skipped\. Spent: 4 requests, 2 refreshes, 1 session\./,
    )
  })

  test('a token endpoint that is busy for a moment costs no session, and is not said to refuse it', async () => {
    let busy = 1
    const server = await startExaminedServer(({ path }, answer) =>
      path === '/token' && answer.status === 200 && busy-- > 0 ? { status: 503 } : undefined,
    )
    const args = [...server.ofOAuth, '--only', 'rotation,token-response', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_REFRESH_TOKEN: server.sessions(1) } })
    expect(statusesOf(run)).toEqual({ 'token-response': 'unknown', rotation: 'ok' })
    expect(run.check('token-response').findings[0]?.says).toMatch(/gets 503, which neither grants nor refuses/)
  })
})
