import { isReplayable } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createDpopClient } from '../../support/dpop-client.ts'

const errors = (sends: readonly { readonly error: string | null }[]) => sends.map(({ error }) => error)
const noncesOf = (sends: readonly { readonly proof: { readonly nonce?: string } | null }[]) =>
  sends.map(({ proof }) => proof?.nonce)

describe('an API that requires a nonce', () => {
  test('gets it in one more send, without a refresh (DP-07)', async () => {
    const { server, client } = await createDpopClient({ apiNonces: true })
    expect((await client.post('notes', { body: 'the same' }).json<{ body: string }>()).body).toBe('the same')
    expect(errors(server.sends)).toEqual(['use_dpop_nonce', null])
    expect(noncesOf(server.sends)).toEqual([undefined, server.nonces.api.current])
    expect(client.session.getSnapshot().generation).toBe(0)
  })

  test('gets no second retry: its second challenge is returned to the caller, readable (DP-07)', async () => {
    const { server, client, get, logins } = await createDpopClient({ apiNonces: true })
    server.answerWith('/notes', () => {
      server.nonces.api.rotate()
      return { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }, body: 'no' }
    })
    const answer = await get('/notes')
    expect([answer.status, await answer.text()]).toEqual([401, 'no'])
    expect(server.to('api')).toHaveLength(2)
    expect(server.to('token')).toEqual([])
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test.each([
    ['without telling one', {}],
    ['telling the one that was used', { 'dpop-nonce': 'same' }],
  ])('%s has its answer handed to the caller (DP-07)', async (_name, headers) => {
    const { server, get } = await createDpopClient()
    server.answerWith('/hello', () => ({ status: 200, headers }))
    await get('/hello')
    server.answerWith('/notes', () => ({
      status: 401,
      headers: { ...headers, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
    }))
    expect((await get('/notes')).status).toBe(401)
    expect(server.to('api', '/notes')).toHaveLength(1)
    expect(server.to('token')).toEqual([])
  })

  test('may send it in any response: the next proof carries the newest (DP-06)', async () => {
    const { server, get } = await createDpopClient({ apiNonces: true })
    await get('/notes')
    server.nonces.api.rotate()
    const told = server.nonces.api.current
    server.answerWith('/fine', () => ({ status: 200 }))
    server.answerWith('/missing', () => ({ status: 404 }))
    for (const path of ['/fine', '/missing']) {
      await get(path)
      server.nonces.api.rotate()
    }
    await get('/notes')
    expect(noncesOf(server.to('api', '/missing'))).toEqual([told])
    expect(server.to('token')).toEqual([])
  })

  test('that sends none in its later responses keeps working (DP-06)', async () => {
    const { server, get } = await createDpopClient()
    expect([(await get('/notes')).status, (await get('/notes')).status]).toEqual([200, 200])
    expect(noncesOf(server.sends)).toEqual([undefined, undefined])
  })

  test.each([
    ['a one-shot body', { duplex: 'half' as const }],
    ['keepalive', { keepalive: true }],
    ['replay: false', { replay: false }],
  ])('is not sent %s twice, and the caller can tell', async (_name, init) => {
    const { server, client } = await createDpopClient({ apiNonces: true })
    const body = 'duplex' in init ? new Blob(['once']).stream() : 'once'
    const answer = await client.fetch(`${server.api}/notes`, { method: 'POST', body, ...init })
    expect([answer.status, isReplayable(answer)]).toEqual([401, false])
    expect(errors(server.sends)).toEqual(['use_dpop_nonce'])
  })
})

test('At the worst one request is sent four times: try, nonce, replay, nonce, with its body each time (RP-03)', async () => {
  const { server, client } = await createDpopClient({ apiNonces: true })
  server.expireAccessTokens()
  server.answerWith('/token', () => {
    server.nonces.api.rotate()
    return undefined
  })
  const request = new Request(`${server.api}/notes`, { method: 'POST', body: 'all of it' })
  const answer = await client.fetch(request)
  expect(await answer.json()).toMatchObject({ body: 'all of it' })
  expect(errors(server.to('api'))).toEqual(['use_dpop_nonce', 'invalid_token', 'use_dpop_nonce', null])
  expect(server.to('api').map(({ request: { body } }) => String(body))).toEqual(Array(4).fill('all of it'))
  expect(server.to('token')).toHaveLength(1)
})

test('An API that always wants another nonce is sent no more than four times either (RP-03)', async () => {
  const { server, get, logins } = await createDpopClient({ apiNonces: true })
  let sends = 0
  server.answerWith('/notes', () => {
    server.nonces.api.rotate()
    const error = ++sends === 2 ? 'invalid_token' : 'use_dpop_nonce'
    return { status: 401, headers: { 'www-authenticate': `DPoP error="${error}"` } }
  })
  expect((await get('/notes')).status).toBe(401)
  expect(sends).toBe(4)
  expect(server.to('token')).toHaveLength(1)
  expect(logins).toEqual([])
})

test('The nonces of the authorization server and of the API are kept apart, at one origin too (DP-06)', async () => {
  const { server, get } = await createDpopClient({ apiNonces: true, tokenNonces: true, oneOrigin: true })
  await get('/notes')
  server.expireAccessTokens()
  expect((await get('/notes')).status).toBe(200)
  expect(new Set(noncesOf(server.to('api')))).toEqual(new Set([undefined, server.nonces.api.current]))
  // Its own was told at the login, whose answer the app read; so it had to ask once more.
  expect(noncesOf(server.to('token'))).toEqual([undefined, server.nonces.token.current])
})

describe('a device clock that is an hour off', () => {
  const start = async (options: object = {}) => {
    const setup = await createDpopClient({ now: () => Date.now() + 3_600_000, toleranceSeconds: 1e6, ...options })
    setup.server.settings.toleranceSeconds = 60
    return setup
  }

  test('is corrected by the API’s Date in one more send, without a refresh (DP-13)', async () => {
    const { server, get } = await start()
    expect((await get('/notes')).status).toBe(200)
    expect(errors(server.sends)).toEqual(['invalid_dpop_proof', null])
    expect((await get('/notes')).status).toBe(200)
    expect(errors(server.sends)).toEqual(['invalid_dpop_proof', null, null])
  })

  test('is corrected for the token endpoint too, with the same refresh token (DP-13)', async () => {
    const { server, client } = await start()
    await client.session.refresh()
    expect(server.to('token').map(({ why }) => why)).toEqual(['another time', ''])
    expect(server.reuses).toBe(0)
  })

  test('is corrected where the API wants a nonce besides: each is learned once (DP-07, DP-13)', async () => {
    const { server, get } = await start({ apiNonces: true })
    const refusals = ['use_dpop_nonce', 'invalid_dpop_proof']
    server.answerWith('/notes', () => {
      const error = refusals.shift()
      return error ? { status: 401, headers: { 'www-authenticate': `DPoP error="${error}"` } } : undefined
    })
    expect((await get('/notes')).status).toBe(200)
    expect(errors(server.to('api', '/notes'))).toEqual(['answered 401', 'answered 401', null])
    expect(server.to('token')).toEqual([])
  })

  test('is corrected where the token endpoint wants a nonce besides, with the same refresh token (DP-13)', async () => {
    const { server, client } = await start({ tokenNonces: true })
    const refusals = ['use_dpop_nonce', 'invalid_dpop_proof']
    server.answerWith('/token', () => {
      const error = refusals.shift()
      return error ? { status: 400, body: JSON.stringify({ error }) } : undefined
    })
    await client.session.refresh()
    expect(server.to('token').map(({ error }) => error)).toEqual(['answered 400', 'answered 400', null])
    expect(server.reuses).toBe(0)
  })

  test('is corrected for a server whose nonce is another with every response', async () => {
    const { server, get } = await start({ apiNonces: true })
    const notes = server.nonces.api
    server.answerWith('/other', () => ({ status: 200 }))
    await get('/other')
    expect((await get('/notes')).status).toBe(200)
    notes.rotate()
    expect((await get('/notes')).status).toBe(200)
    expect(errors(server.to('api', '/notes'))).toEqual(['invalid_dpop_proof', null, 'use_dpop_nonce', null])
  })

  test('is sent no more than three proofs where neither helps, and the last response is returned to the caller', async () => {
    const { server, get } = await start({ apiNonces: true })
    let ahead = 0
    server.answerWith('/notes', () => {
      server.nonces.api.rotate()
      ahead += 7_200_000
      const date = new Date(Date.now() + ahead).toUTCString()
      return { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_dpop_proof"', date } }
    })
    expect((await get('/notes')).status).toBe(401)
    expect(server.to('api', '/notes').length).toBeLessThanOrEqual(3)
    expect(server.to('token')).toEqual([])
  })

  test('is not corrected where no server time can be read: the 401 is returned to the caller (DP-13)', async () => {
    const { server, get, logins } = await start({ dates: false })
    expect((await get('/notes')).status).toBe(401)
    expect(errors(server.sends)).toEqual(['invalid_dpop_proof'])
    expect(logins).toEqual([])
  })

  test('needs no correction where a new nonce is enough (DP-13)', async () => {
    const { server, get } = await createDpopClient()
    server.answerWith('/notes', ({ headers }) => {
      const isGood = Buffer.from(String(headers['dpop']).split('.')[1] ?? '', 'base64url').includes('"fresh"')
      const refusal = { 'www-authenticate': 'DPoP error="invalid_dpop_proof"', 'dpop-nonce': 'fresh' }
      return isGood ? { status: 200 } : { status: 401, headers: refusal }
    })
    expect((await get('/notes')).status).toBe(200)
    expect(server.to('token')).toEqual([])
  })
})

test('A proof that is rejected for another reason is returned to the caller: no second send, no refresh', async () => {
  const { server, get } = await createDpopClient()
  server.answerWith('/notes', () => ({
    status: 401,
    headers: { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' },
  }))
  expect((await get('/notes')).status).toBe(401)
  expect(server.sends).toHaveLength(1)
})

test('A nonce uses up none of ky’s retries, and its hooks see one response', async () => {
  const { server, client } = await createDpopClient({ apiNonces: true })
  const seen = vi.fn()
  await client.get('notes', { retry: 0, hooks: { afterResponse: [({ response }) => seen(response.status)] } })
  expect(seen.mock.calls).toEqual([[200]])
  expect(server.to('api')).toHaveLength(2)
})
