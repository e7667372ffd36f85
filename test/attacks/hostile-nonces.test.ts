import { createClient, type Scheme } from 'latchkey'
import { dpop, loginProof } from 'latchkey/dpop'
import { expect, onTestFinished, test } from 'vitest'
import { createNetwork, type WireSend } from '../support/network.ts'

const start = async (scheme: Scheme, answer?: (send: WireSend) => Response) => {
  const { fetch, sends } = createNetwork(answer)
  const client = createClient({ baseUrl: 'https://api.test/', retry: 0, fetch, scheme })
  onTestFinished(client.dispose)
  // A login needs a key of the client.
  await loginProof(scheme, { url: 'https://id.test/login' })
  return { client, sends }
}

const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
const hostileNonces = [
  ...[
    '"}',
    '","htu":"https://evil.test/","x":"',
    '\\u0000',
    '\u00ff\u0080',
    'a, b',
    '{"__proto__":1}',
    'x'.repeat(16_000),
  ],
]

test.each(hostileNonces.map(nonce => [nonce.slice(0, 40), nonce]))(
  'a hostile DPoP nonce (%j) is one claim of the proof, and changes nothing else of it',
  async (_, nonce) => {
    const { client, sends } = await start(dpop(), ({ headers }) => {
      const isFirst = decode(headers.get('dpop')?.split('.')[1])['nonce'] === undefined
      const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce }
      return isFirst ? new Response('', { status: 401, headers: challenge }) : new Response('{}')
    })
    await client.session.signIn({ accessToken: 'good' })
    expect((await client.get('x')).status).toBe(200)
    const proofs = sends.map(({ headers }) => headers.get('dpop') ?? '')
    for (const proof of proofs) expect(proof).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const [first, second] = proofs.map(proof => decode(proof.split('.')[1]))
    expect(second).toEqual({ ...first, jti: second?.['jti'], iat: second?.['iat'], nonce })
  },
)

test('a nonce, a method and a URL of a login proof stay within its claims', async () => {
  const scheme = dpop()
  await start(scheme)
  const given = { url: 'https://id.test/token?a"b', method: 'POST\r\nX-Evil: 1', nonce: '"\r\nX-Evil: 1' }
  const { proof } = await loginProof(scheme, given)
  expect(proof).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const claims = decode(proof.split('.')[1])
  expect(claims).toMatchObject({ htm: given.method, htu: 'https://id.test/token', nonce: given.nonce })
})
