import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { callDoctor, statusesOf } from '../../support/doctor.ts'
import { type DpopServer, startDpopServer } from '../../support/dpop-server.ts'
import { json } from '../../support/http-messages.ts'

const login = { LATCHKEY_LOGIN: '{}' }
const argumentsFor = ({ api, issuer }: DpopServer, only: string) => [
  ...['--api', `${api}/me`, '--token-endpoint', `${issuer}/token`, '--client-id', 'spa', '--login-endpoint'],
  ...[`${issuer}/login`, '--dpop', '--only', only, '--yes', '--json'],
]

describe('the doctor with --dpop', () => {
  test.each([
    ['asks for nonces', true],
    ['asks for no nonces', false],
  ])('finds nothing wrong with a server that %s', async (_what, nonces) => {
    const server = await startDpopServer({ apiNonces: nonces, tokenNonces: nonces })
    const run = await callDoctor(argumentsFor(server, 'refusal,token-response,dpop-token-nonce,dpop-nonce'), {
      env: login,
    })
    const names = ['refusal', 'token-response', 'dpop-token-nonce', 'dpop-nonce']
    expect(statusesOf(run)).toEqual(
      // This server says `invalid_grant`, and has no CORS and no cache headers to be judged without an origin.
      Object.fromEntries(names.map(name => [name, 'ok'])),
    )
  })

  test('reports a bound token that is accepted as Bearer', async () => {
    const server = await startDpopServer()
    server.answerWith('/me', ({ headers }) =>
      headers.authorization?.startsWith('Bearer ') ? json(200, {}) : undefined,
    )
    const run = await callDoctor(argumentsFor(server, 'token-response,dpop-nonce'), { env: login })
    expect(run.check('dpop-nonce').findings).toMatchObject([
      { status: 'fault', says: expect.stringMatching(/accepted as Bearer/) },
    ])
  })

  test('reports a nonce that is asked for and not sent', async () => {
    const server = await startDpopServer()
    server.answerWith('/me', () => json(401, {}, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }))
    const run = await callDoctor(argumentsFor(server, 'token-response,dpop-nonce'), { env: login })
    const says = run.check('dpop-nonce').findings.map(finding => finding.says)
    expect(says).toContain('A nonce is required but not sent.')
    expect(run.check('dpop-nonce').status).toBe('fault')
  })

  test('reports a nonce that the page cannot read', async () => {
    const server = await startDpopServer({ apiNonces: true, tokenNonces: true })
    const args = [...argumentsFor(server, 'dpop-token-nonce,dpop-nonce'), '--origin', 'https://app.example.com']
    const run = await callDoctor(args, { env: login })
    expect([run.check('dpop-token-nonce').status, run.check('dpop-nonce').status]).toEqual(['fault', 'fault'])
  })

  test('proves with the key that it is given', async () => {
    const server = await startDpopServer({ tokenNonces: true })
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(privateKey)
    const env = { ...login, LATCHKEY_DPOP_KEY: JSON.stringify(jwk) }
    const run = await callDoctor(argumentsFor(server, 'token-response'), { env })
    expect(run.check('token-response').status).toBe('ok')
    expect(server.sends.every(({ proof }) => proof?.jwk['x'] === jwk.x)).toBe(true)
    expect(run.printed + run.told).not.toContain(String(jwk.d))
  })

  test.each([
    ['no JSON', 'a key that is not JSON'],
    ['no private key', '{"kty":"EC","crv":"P-256","x":"abcdefgh","y":"abcdefgh"}'],
    ['of another kind', '{"kty":"RSA","n":"abcdefgh","d":"secretpart"}'],
    ['broken', '{"kty":"EC","crv":"P-256","x":"abcdefgh","y":"abcdefgh","d":"secretpart"}'],
  ])('says that the key is %s, and quotes nothing of it', async (_what, key) => {
    const server = await startDpopServer()
    const run = await callDoctor(argumentsFor(server, 'token-response'), { env: { ...login, LATCHKEY_DPOP_KEY: key } })
    expect({ exitCode: run.exitCode, requests: server.sends.length }).toEqual({ exitCode: 2, requests: 0 })
    expect(run.told).toMatch(/LATCHKEY_DPOP_KEY must be/)
    expect(run.told).not.toMatch(/secretpart|abcdefgh|that is not JSON/)
  })
})
