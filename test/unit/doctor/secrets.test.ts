import { describe, expect, test } from 'vitest'
import { createRedaction } from '../../../src/doctor/redaction.ts'
import { callDoctor } from '../../support/doctor.ts'
import { type Spoil, startExaminedServer } from '../../support/examined-server.ts'
import type { ReceivedRequest } from '../../support/http-messages.ts'

const esc = String.fromCharCode(27)

/** Repeats what it was sent wherever the doctor looks, and draws on the terminal. */
const echo: Spoil = (request: ReceivedRequest, response) => {
  const { authorization = '', cookie = '' } = request.headers
  // A header carries one line of Latin letters.
  const seen = `${authorization} ${cookie} ${String(request.body)}`.replace(/[^\x20-\x7e]/g, ' ')
  const own = JSON.parse(String(response.body || '{}')) as object
  return {
    status: response.status,
    headers: {
      ...response.headers,
      'www-authenticate': `Bearer realm="${seen.replaceAll('"', "'")}", error="invalid_token"`,
      'cache-control': `max-age=1, x="${seen.replaceAll('"', "'")}"`,
      'access-control-allow-headers': seen,
    },
    body: JSON.stringify({ ...own, ...(response.status >= 400 && { error: `${esc}[2J ${seen}` }) }),
  }
}

/** Every token and cookie value that the server has sent or got. */
const secretsIn = (texts: readonly string[]) =>
  new Set(texts.flatMap(text => text.match(/\b(?:access|refresh)_[\w-]{10,}/g) ?? []))

const levels = ['--json', '--verbose']

describe('no secret is printed', () => {
  test.each(levels)('where a server repeats tokens and cookies in headers and errors (%s)', async level => {
    const responses: string[] = []
    const server = await startExaminedServer((request, response) => {
      responses.push(JSON.stringify(response), String(request.body), JSON.stringify(request.headers))
      return echo(request, response)
    })
    const accessToken = server.accessToken()
    const setting = {
      wait: server.pass,
      env: { LATCHKEY_REFRESH_TOKEN: server.sessions(2), LATCHKEY_ACCESS_TOKEN: accessToken },
    }
    const oauth = await callDoctor([...server.ofApi, ...server.ofOAuth, '--yes', level], setting)
    const cookieEnv = { LATCHKEY_COOKIE: server.cookies(2) }
    const cookie = await callDoctor([...server.ofApi, ...server.ofCookie, '--yes', level], {
      ...setting,
      env: cookieEnv,
    })
    const printed = [oauth, cookie].map(run => run.printed + run.told).join('')
    const secrets = secretsIn(responses)
    expect(secrets.size).toBeGreaterThan(10)
    expect([...secrets].filter(secret => printed.includes(secret))).toEqual([])
    expect([...secrets].filter(secret => printed.includes(secret.slice(-8)))).toEqual([])
    expect(printed).not.toContain(esc)
  })

  test('of the login either, nor of what the login endpoint says', async () => {
    const server = await startExaminedServer(echo)
    const env = { LATCHKEY_LOGIN: JSON.stringify({ name: 'alice', nested: { password: 'correct horse' } }) }
    const args = [...server.ofCookie, '--login-endpoint', `${server.origin}/login`, '--yes', '--json']
    const run = await callDoctor(args, { env })
    expect(run.printed + run.told).not.toMatch(/correct horse|alice/)
  })

  test.each([
    ['--refresh-token', 'secret-value'],
    ['--access-token=secret-value'],
    ['--password', 'secret-value'],
    ['--client-secret', 'secret-value'],
    ['--secret-value-as-option'],
    ['secret-value'],
    ['--api', 'secret-value'],
    ['--api', 'https://user:secret-value@api.example.com'],
    ['--token-endpoint', 'http://api.example.com/secret-value', '--client-id', 'x'],
    ['--spend', 'secret-value'],
    ['--only', 'secret-value'],
    ['--timeout-ms', 'secret-value'],
    ['--csrf-header', 'secret-value'],
    ['--parameter', 'secret-value'],
    ['--origin', 'secret-value'],
  ])('of a command that is wrong: %s %s', async (...args) => {
    const run = await callDoctor(args)
    expect({ exitCode: run.exitCode, printed: run.printed }).toEqual({ exitCode: 2, printed: '' })
    expect(run.told).toMatch(/^latchkey doctor: /)
    if (args[0] !== '--secret-value-as-option') expect(run.told).not.toContain('secret-value')
  })

  test.each([
    ['a refresh token of two words', { LATCHKEY_REFRESH_TOKEN: 'secret value' }],
    ['an access token with a line end', { LATCHKEY_ACCESS_TOKEN: 'secret\nvalue' }],
    ['a cookie without a name', { LATCHKEY_COOKIE: 'secret' }],
    ['a login that is not JSON', { LATCHKEY_LOGIN: '{secret' }],
  ])('of a credential that is wrong: %s', async (_what, env) => {
    const run = await callDoctor(['--api', 'https://api.example.com'], { env })
    expect(run.exitCode).toBe(2)
    // As a mistake in the command, before anything is sent.
    expect(run.told).toMatch(/^latchkey doctor: /)
    expect(run.told).not.toContain('secret')
  })
})

describe('a secret', () => {
  test('comes from standard input where an option says so, and then nothing is asked', async () => {
    const server = await startExaminedServer()
    const args = [...server.ofOAuth, '--only', 'rotation', '--refresh-token-stdin']
    const setting = { stdin: `${server.sessions(1)}\r\n`, consent: true }
    expect((await callDoctor(args, setting)).exitCode).toBe(2)
    expect((await callDoctor([...args, '--yes', '--json'], setting)).check('rotation').status).toBe('ok')
  })

  test('is reported as missing if standard input is empty', async () => {
    const run = await callDoctor(['--api', 'https://api.example.com', '--access-token-stdin'])
    expect(run.told).toMatch(/standard input is empty/)
  })

  test('is cut out in every form in which texts repeat it', () => {
    const redaction = createRedaction()
    redaction.hide('s3cret/with+signs="x"')
    const forms = ['s3cret/with+signs="x"', 's3cret/with+signs=\\"x\\"', 's3cret%2Fwith%2Bsigns%3D%22x%22']
    for (const form of forms) expect(redaction.quote(`before ${form} after`)).toBe('before … after')
  })

  test('of which a server repeats only a part is not printed in part', () => {
    const redaction = createRedaction()
    redaction.hide('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.signature')
    expect(redaction.quote('the token eyJhbGciOi is not good, nor is "sub: eyJzdWIiOiJh"')).toBe(
      'the token … is not good, nor is "sub: …"',
    )
  })

  test('that is a part of another one leaves nothing of it behind', () => {
    const redaction = createRedaction()
    for (const secret of ['short-secret', 'short-secret-and-more']) redaction.hide(secret)
    expect(redaction.clean('a short-secret-and-more b')).toBe('a … b')
  })
})
