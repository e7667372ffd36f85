import { describe, expect, test } from 'vitest'
import type { AuthSettings } from '../../support/auth-settings.ts'
import { callDoctor } from '../../support/doctor.ts'
import { type Spoil, startExaminedServer } from '../../support/examined-server.ts'
import { type Answer, json, type ReceivedRequest } from '../../support/http-messages.ts'

interface Case {
  readonly check: string
  readonly wrong: string
  readonly spoil?: Spoil
  readonly settings?: Partial<AuthSettings>
  readonly sessions?: number
  readonly status: 'fault' | 'warning' | 'unknown'
  readonly says: RegExp
}

type When = (request: ReceivedRequest, answer: Answer) => boolean
const isToken: When = ({ path }) => path === '/token'
const isRefused: When = (request, { status }) => isToken(request, { status }) && status === 400
const isGranted: When = (request, { status }) => isToken(request, { status }) && status === 200
const isRevoke: When = ({ path }) => path === '/revoke'

const instead =
  (when: When, answer: Answer): Spoil =>
  (request, own) =>
    when(request, own) ? { ...answer, headers: { ...own.headers, ...answer.headers } } : undefined
const body =
  (when: When, change: (body: Record<string, unknown>) => object): Spoil =>
  (request, own) =>
    when(request, own) ? { ...own, body: JSON.stringify(change(JSON.parse(String(own.body)))) } : undefined
const without = (name: string) => (whole: Record<string, unknown>) => ({ ...whole, [name]: undefined })
const header =
  (when: When, name: string, value = ''): Spoil =>
  (request, own) =>
    when(request, own) ? { ...own, headers: { ...own.headers, [name]: value } } : undefined

/** From the second time on. */
const later = (when: When, spoil: Spoil): Spoil => {
  let times = 0
  return (request, own) => {
    if (!when(request, own)) return undefined
    times += 1
    return times > 1 ? spoil(request, own) : undefined
  }
}

const hidden = 'access-control-allow-origin'
const busy = { status: 503, body: 'busy' }

const cases: readonly Case[] = [
  {
    check: 'refusal',
    wrong: 'fails over an unknown token',
    spoil: instead(isRefused, { status: 500 }),
    status: 'fault',
    says: /treat as an outage/,
  },
  {
    check: 'refusal',
    wrong: 'is not at this URL',
    spoil: instead(isRefused, { status: 404 }),
    status: 'fault',
    says: /probably not at this URL/,
  },
  {
    check: 'refusal',
    wrong: 'does not know the client',
    spoil: instead(isRefused, json(401, { error: 'invalid_client' })),
    status: 'fault',
    says: /invalid_client/,
  },
  {
    check: 'refusal',
    wrong: 'refuses with status 200',
    spoil: instead(isRefused, json(200, { error: 'bad_refresh_token' })),
    status: 'warning',
    says: /status 200/,
  },
  {
    check: 'refusal',
    wrong: 'grants tokens to anything',
    spoil: instead(isRefused, json(200, { access_token: 'anything-goes-here', token_type: 'Bearer' })),
    status: 'fault',
    says: /never issued/,
  },
  {
    check: 'refusal',
    wrong: 'redirects',
    spoil: instead(isRefused, { status: 302, headers: { location: '/' } }),
    status: 'fault',
    says: /redirects/,
  },
  {
    check: 'refusal',
    wrong: 'hides its refusal from the page',
    spoil: header(isRefused, hidden),
    status: 'fault',
    says: /cannot read the refusal/,
  },
  {
    check: 'refusal',
    wrong: 'sends no JSON',
    spoil: header(isRefused, 'content-type', 'text/plain'),
    status: 'warning',
    says: /not sent as JSON/,
  },
  {
    check: 'token-response',
    wrong: 'lets caches keep the tokens',
    spoil: header(isGranted, 'cache-control', 'max-age=60'),
    status: 'fault',
    says: /keep the tokens/,
  },
  {
    check: 'token-response',
    wrong: 'names no token type',
    spoil: body(isGranted, without('token_type')),
    status: 'fault',
    says: /token_type/,
  },
  {
    check: 'token-response',
    wrong: 'says no lifetime',
    spoil: body(isGranted, without('expires_in')),
    status: 'warning',
    says: /how long/,
  },
  {
    check: 'token-response',
    wrong: 'hides the tokens from the page',
    spoil: header(isGranted, hidden),
    status: 'fault',
    says: /cannot read the new tokens/,
  },
  { check: 'rotation', wrong: 'does not rotate', settings: { rotate: false }, status: 'fault', says: /not replaced/ },
  {
    check: 'lost-response',
    wrong: 'revokes the session at the second use',
    settings: { reuse: 'strict' },
    status: 'fault',
    says: /ends the session/,
  },
  {
    check: 'lost-response',
    wrong: 'refuses the second use',
    settings: { reuse: 'lenient' },
    status: 'fault',
    says: /signs the user out/,
  },
  {
    check: 'lost-response',
    wrong: 'is busy',
    spoil: later(isToken, instead(isToken, busy)),
    status: 'unknown',
    says: /503/,
  },
  {
    check: 'simultaneous',
    wrong: 'revokes the session at the second use',
    settings: { reuse: 'strict' },
    status: 'fault',
    says: /end the session/,
  },
  {
    check: 'simultaneous',
    wrong: 'refuses one of two',
    settings: { reuse: 'lenient' },
    status: 'warning',
    says: /one is refused/,
  },
  {
    check: 'simultaneous',
    wrong: 'has revoked the only session',
    settings: { reuse: 'strict' },
    sessions: 0,
    status: 'unknown',
    says: /does not accept the credential/,
  },
  {
    check: 'grace-window',
    wrong: 'has a shorter window than is said',
    settings: { graceSeconds: 5 },
    status: 'warning',
    says: /no longer accepted after 24 s/,
  },
  {
    check: 'reuse-detection',
    wrong: 'takes a replaced token for ever',
    settings: { graceSeconds: 100_000 },
    status: 'fault',
    says: /still accepted/,
  },
  {
    check: 'reuse-detection',
    wrong: 'does not revoke after a reuse',
    settings: { reuse: 'lenient' },
    status: 'warning',
    says: /the session goes on/,
  },
  { check: 'revocation', wrong: 'revokes nothing', status: 'fault', says: /can be renewed/ },
  {
    check: 'revocation',
    wrong: 'refuses unknown tokens',
    spoil: (request, own) =>
      isRevoke(request, own) && String(request.body).includes('made-up') ? { ...own, status: 400 } : undefined,
    status: 'warning',
    says: /unknown token gets 400/,
  },
  {
    check: 'revocation',
    wrong: 'hides its answer from the page',
    spoil: header(isRevoke, hidden),
    status: 'warning',
    says: /cannot read the response/,
  },
]

describe('the doctor', () => {
  test.each(cases)('reports by $check that the token endpoint $wrong', async one => {
    const server = await startExaminedServer(one.spoil, one.settings)
    if (one.wrong === 'revokes nothing') server.revokesNothing()
    const { check, status, says, sessions = 1 } = one
    const args = [...server.ofOAuth, '--origin', 'https://app.example.com', '--only', check, '--yes', '--json']
    const env = { LATCHKEY_REFRESH_TOKEN: sessions === 0 ? 'a-token-that-is-spent' : server.sessions(sessions) }
    const run = await callDoctor(args, { env, wait: server.pass })
    const found = run.check(check)
    expect(found.findings.map(finding => finding.says).join(' ')).toMatch(says)
    expect({ status: found.status, exitCode: run.exitCode }).toEqual({
      status,
      exitCode: { fault: 1, warning: 0, unknown: 2 }[status],
    })
    expect(found.findings.every(finding => finding.fix !== undefined)).toBe(true)
  })

  test('reports by revocation that access tokens of an hour outlive the sign-out', async () => {
    const server = await startExaminedServer(
      (request, answer) => {
        const { authorization } = request.headers
        const isKnown = authorization?.includes('access_') === true
        return request.path === '/me' && isKnown && answer.status === 401 ? json(200, {}) : undefined
      },
      { accessTokenSeconds: 3600 },
    )
    const args = [...server.ofApi, ...server.ofOAuth, '--only', 'revocation', '--yes', '--json']
    const run = await callDoctor(args, { env: { LATCHKEY_REFRESH_TOKEN: server.sessions(1) } })
    expect(run.check('revocation').findings).toMatchObject([
      { status: 'warning', says: expect.stringMatching(/access token/) },
    ])
  })

  test('says what the strict server most likely does where a second session is missing', async () => {
    const server = await startExaminedServer(undefined, { reuse: 'strict' })
    const args = [
      ...server.ofOAuth,
      '--only',
      'lost-response,simultaneous,grace-window,reuse-detection',
      '--yes',
      '--json',
    ]
    const run = await callDoctor(args, { env: { LATCHKEY_REFRESH_TOKEN: server.sessions(1) } })
    const { status, findings } = run.check('simultaneous')
    expect({ status, says: findings[0]?.says }).toEqual({
      status: 'unknown',
      says: expect.stringMatching(/Most likely it does not/) as string,
    })
    expect([run.check('grace-window').status, run.check('reuse-detection').status]).toEqual(['skipped', 'ok'])
  })
})
