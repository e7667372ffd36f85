import { isLatchkeyError } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createDpopClient, logIn } from '../../support/dpop-client.ts'
import { startDpopServer } from '../../support/dpop-server.ts'

/** Every signature waits for the test's word. */
const holdSignatures = () => {
  const gate = createDeferred()
  const reached = createDeferred()
  const { subtle } = crypto
  const sign = subtle.sign.bind(subtle)
  vi.spyOn(subtle, 'sign').mockImplementation(async (...parameters) => {
    reached.resolve()
    await gate.promise
    return sign(...parameters)
  })
  return { reached: reached.promise, open: gate.resolve }
}

const outcome = (promise: Promise<Response>) =>
  promise.then(
    ({ status }) => status,
    (error: Error) => (isLatchkeyError(error) && error.code === 'session-ended' ? error.reason : error),
  )

describe.each(['ES256', 'EdDSA'] as const)('a request by DPoP with %s', algorithm => {
  test('carries the token as DPoP, and exactly one proof that an independent library accepts (DP-01)', async () => {
    const { server, get } = await createDpopClient({ algorithm })
    expect((await get('/notes')).status).toBe(200)
    expect(server.sends).toHaveLength(1)
    const { request, error } = server.sends[0] ?? {}
    expect([error, request?.headers.authorization]).toEqual([null, expect.stringMatching(/^DPoP \S+$/)])
    expect(String(request?.headers['dpop'])).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  test('proves with a public key alone, a random jti, and what it is for (DP-02)', async () => {
    const { server, get } = await createDpopClient({ algorithm })
    await get('/notes?page=2')
    const { proof } = server.sends[0] ?? {}
    const members = algorithm === 'ES256' ? ['crv', 'kty', 'x', 'y'] : ['crv', 'kty', 'x']
    expect(proof).toMatchObject({ typ: 'dpop+jwt', alg: algorithm, htm: 'GET', htu: `${server.api}/notes` })
    expect(Object.keys(proof?.jwk ?? {}).sort()).toEqual(members)
    expect(proof?.jti).toMatch(/^\d{1,10}(-\d{1,10}){3}$/)
    expect(Math.abs(Date.now() / 1000 - (proof?.iat ?? 0))).toBeLessThan(5)
  })
})

test('The URL is proved as it is sent: nothing decoded, no query (DP-03)', async () => {
  const { server, client } = await createDpopClient()
  expect((await client.fetch(`${server.api}/a%2Fb/ä?x=1#f`)).status).toBe(200)
  expect(server.sends.map(({ proof }) => proof?.htu)).toEqual([`${server.api}/a%2Fb/%C3%A4`])
})

test.each([
  ['get', 'GET'],
  ['post', 'POST'],
  ['PATCH', 'PATCH'],
  ['Delete', 'DELETE'],
])('The method is proved as fetch sends it: %s', async (method, htm) => {
  const { server, client } = await createDpopClient()
  expect((await client.fetch(`${server.api}/notes`, { method })).status).toBe(200)
  expect(server.sends.map(({ proof }) => proof?.htm)).toEqual([htm])
})

test('Each of ky’s retries has a proof of its own, for the same token (DP-04)', async () => {
  const { server, client } = await createDpopClient()
  let failures = 2
  server.answerWith('/notes', () => (failures-- > 0 ? { status: 503, headers: { 'retry-after': '0' } } : undefined))
  expect((await client.get('notes', { retry: { limit: 2, delay: () => 1 } })).status).toBe(200)
  const proofs = server.sends.map(({ proof }) => proof)
  expect(proofs).toHaveLength(3)
  expect(new Set(proofs.map(proof => proof?.jti)).size).toBe(3)
  expect(new Set(proofs.map(proof => proof?.ath)).size).toBe(1)
})

test('A replay has a proof of its own, for the new token (DP-04)', async () => {
  const { server, get } = await createDpopClient()
  server.expireAccessTokens()
  expect((await get('/notes')).status).toBe(200)
  const [refused, replayed] = server.to('api').map(({ proof }) => proof)
  expect(server.to('api').map(({ error }) => error)).toEqual(['invalid_token', null])
  expect(refused?.jti).not.toBe(replayed?.jti)
  expect(refused?.ath).not.toBe(replayed?.ath)
  expect(server.to('token')).toHaveLength(1)
})

describe('a redirect (DP-05)', () => {
  const moved = { status: 307, headers: { location: '/elsewhere' } }

  test('is not followed, as the proof would go to another URL', async () => {
    const { server, client, get } = await createDpopClient()
    server.answerWith('/notes', () => moved)
    await expect(get('/notes')).rejects.toThrow(TypeError)
    await expect(client.get('notes').text()).rejects.toThrow()
    await expect(client.fetch(new Request(`${server.api}/notes`))).rejects.toThrow(TypeError)
    expect(server.to('api', '/elsewhere')).toEqual([])
  })

  test('is followed where the caller chose so, by fetch and by ky', async () => {
    const { server, client } = await createDpopClient()
    server.answerWith('/notes', () => moved)
    server.answerWith('/elsewhere', () => ({ status: 200, body: 'there' }))
    const answer = await client.fetch(`${server.api}/notes`, { redirect: 'follow' })
    expect(await answer.text()).toBe('there')
    expect(await client.get('notes', { redirect: 'follow' }).text()).toBe('there')
  })

  test('is the caller’s where the caller chose that', async () => {
    const { server, client } = await createDpopClient()
    server.answerWith('/notes', () => moved)
    expect((await client.fetch(`${server.api}/notes`, { redirect: 'manual' })).status).toBe(307)
    expect((await client.fetch(new Request(`${server.api}/notes`, { redirect: 'manual' }))).status).toBe(307)
  })
})

test('A Bearer challenge leads to a new token sent by DPoP, and never by Bearer (DP-11)', async () => {
  const { server, get } = await createDpopClient()
  const challenge = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
  server.answerWith('/notes', () => challenge)
  expect((await get('/notes')).status).toBe(401)
  expect(server.to('api').map(({ request }) => request.headers.authorization)).toEqual([
    expect.stringMatching(/^DPoP /),
    expect.stringMatching(/^DPoP /),
  ])
  expect(server.to('token')).toHaveLength(1)
})

test('Another origin gets neither token nor proof (TX-04)', async () => {
  const { client } = await createDpopClient()
  const stranger = await startDpopServer()
  expect((await client.fetch(`${stranger.api}/notes`)).status).toBe(401)
  const { headers } = stranger.sends[0]?.request ?? {}
  expect([headers?.authorization, headers?.['dpop']]).toEqual([undefined, undefined])
})

test('A token that no header can carry is reported without being shown (TX-08)', async () => {
  const { client } = await createDpopClient()
  const error = await client.session
    .signIn({ accessToken: 'sécret token', subject: 'alice' })
    .catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'configuration' })
  expect(String(error)).not.toContain('sécret')
})

describe('while a proof is being made', () => {
  test('a sign-out keeps the request from leaving', async () => {
    const { server, client, get } = await createDpopClient()
    const signatures = holdSignatures()
    const request = outcome(get('/notes'))
    await signatures.reached
    await client.session.signOut()
    signatures.open()
    expect(await request).toBe('signed-out')
    expect(server.sends).toEqual([])
  })

  test('a request that waits for its proof is not sent after the sign-in of another user', async () => {
    const { server, client, get } = await createDpopClient()
    const signatures = holdSignatures()
    const request = outcome(get('/notes'))
    await signatures.reached
    await client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })
    signatures.open()
    expect(await request).toBe('replaced')
    expect(server.sends).toEqual([])
  })

  test('a newer token goes along, proved for itself, and the old one does not', async () => {
    const { server, client, scheme, get } = await createDpopClient()
    const signatures = holdSignatures()
    const request = get('/notes')
    await signatures.reached
    vi.restoreAllMocks()
    await logIn(server, client, scheme)
    signatures.open()
    expect((await request).status).toBe(200)
    expect(server.to('api').map(({ error }) => error)).toEqual([null])
  })

  test('the caller’s abort rejects at once', async () => {
    const { server, client } = await createDpopClient()
    const signatures = holdSignatures()
    onTestFinished(() => signatures.open())
    const controller = new AbortController()
    const request = outcome(client.fetch(`${server.api}/notes`, { signal: controller.signal }))
    await signatures.reached
    const reason = new Error('not wanted any more')
    controller.abort(reason)
    expect(await request).toBe(reason)
    expect(server.sends).toEqual([])
  })
})
