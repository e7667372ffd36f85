import { createClient } from 'latchkey'
import { dpop } from 'latchkey/dpop'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDpopClient, logIn } from '../../support/dpop-client.ts'
import { startDpopServer } from '../../support/dpop-server.ts'

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: { readonly code?: string }) => error,
  )

describe('a refresh by DPoP', () => {
  test('is proved with the key that the refresh token was issued to (DP-09)', async () => {
    const { server, client, get } = await createDpopClient()
    await get('/notes')
    await client.session.refresh()
    const [request, refresh] = server.sends.map(({ proof }) => proof)
    expect(refresh).toMatchObject({ htm: 'POST', htu: `${server.issuer}/token`, thumbprint: request?.thumbprint })
    expect(refresh).not.toHaveProperty('ath')
    expect((await get('/notes')).status).toBe(200)
    expect(server.reuses).toBe(0)
  })

  test('that needs a nonce presents the same refresh token once more, and ends nothing (DP-08)', async () => {
    const { server, client, logins } = await createDpopClient({ tokenNonces: true })
    await client.session.refresh()
    const refreshes = server.to('token')
    expect(refreshes.map(({ error }) => error)).toEqual(['use_dpop_nonce', null])
    expect(new Set(refreshes.map(({ request: { body } }) => String(body))).size).toBe(1)
    expect(new Set(refreshes.map(({ proof }) => proof?.jti)).size).toBe(2)
    expect([server.reuses, client.session.getSnapshot().generation, logins]).toEqual([0, 1, []])
  })

  test('uses the nonce of the response before, and needs no second send (DP-06)', async () => {
    const { server, client } = await createDpopClient({ tokenNonces: true })
    await client.session.refresh()
    await client.session.refresh()
    expect(server.to('token').map(({ error }) => error)).toEqual(['use_dpop_nonce', null, null])
  })

  test('learns from the answer to its second send, too (DP-06)', async () => {
    const { server, client } = await createDpopClient({ tokenNonces: true })
    let sends = 0
    server.answerWith('/token', () => {
      if (++sends === 2) server.nonces.token.rotate()
      return undefined
    })
    await client.session.refresh()
    await client.session.refresh()
    expect(server.to('token').map(({ error }) => error)).toEqual(['use_dpop_nonce', null, null])
  })

  test('proves each call of its own anew, however often it calls', async () => {
    const server = await startDpopServer()
    const tokenEndpoint = `${server.issuer}/token`
    const client = createClient({
      baseUrl: server.api,
      scheme: dpop(),
      refresh: {
        ambient: true,
        endpoint: tokenEndpoint,
        refresh: async ({ post }) => {
          await post(tokenEndpoint, new URLSearchParams()).catch(() => {})
          await post(tokenEndpoint, new URLSearchParams()).catch(() => {})
          return post(`${server.issuer}/login`)
        },
      },
    })
    onTestFinished(() => client.dispose())
    expect((await client.session.ready()).status).toBe('signed-in')
    expect(new Set(server.to('token').map(({ proof }) => proof?.jti)).size).toBe(3)
    expect((await client.fetch(`${server.api}/notes`)).status).toBe(200)
  })

  test('that is sent a new nonce challenge each time is unavailable: the session stays (DP-08)', async () => {
    const { server, client, logins } = await createDpopClient({ tokenNonces: true })
    server.answerWith('/token', () => {
      server.nonces.token.rotate()
      return { status: 400, body: '{"error":"use_dpop_nonce"}', headers: { 'content-type': 'application/json' } }
    })
    expect(await failureOf(client.session.refresh())).toMatchObject({ code: 'refresh-unavailable', status: 400 })
    expect(server.to('token')).toHaveLength(2)
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })

  test.each([
    [400, 'invalid_grant', 'session-ended'],
    [503, 'temporarily_unavailable', 'refresh-unavailable'],
  ])('that is answered %d %s, with a new nonce, is not sent again', async (status, error, code) => {
    const { server, client } = await createDpopClient({ tokenNonces: true })
    await client.session.refresh()
    server.sends.length = 0
    server.answerWith('/token', () => {
      server.nonces.token.rotate()
      return { status, body: JSON.stringify({ error }), headers: { 'content-type': 'application/json' } }
    })
    expect(await failureOf(client.session.refresh())).toMatchObject({ code })
    expect(server.to('token')).toHaveLength(1)
  })

  test('that brings Bearer tokens brings nothing: they are discarded, and never sent (DP-10)', async () => {
    const { server, client, get } = await createDpopClient()
    server.settings.tokenType = 'Bearer'
    expect(await failureOf(client.session.refresh())).toMatchObject({ code: 'refresh-unavailable' })
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 0 })
    expect((await get('/notes')).status).toBe(200)
    expect(server.to('api').map(({ request }) => request.headers.authorization)).toEqual([
      expect.stringMatching(/^DPoP /),
    ])
  })

  test('by the app’s own function carries a proof as well, from `post`', async () => {
    const { server, client, scheme } = await createDpopClient({
      signedIn: false,
      client: {
        refresh: ({ refreshToken, post }) =>
          post(`${server.issuer}/token`, new URLSearchParams({ refresh_token: refreshToken ?? '' })),
      },
    })
    await logIn(server, client, scheme)
    await client.session.refresh()
    expect(server.to('token').map(({ error }) => error)).toEqual([null])
  })

  test('has its proof before it is leased: nothing is awaited between the lease and the send', async () => {
    const log: string[] = []
    const { server, client, scheme } = await createDpopClient({
      signedIn: false,
      client: {
        store: {
          getItem: () => stored,
          setItem: (_key, value) => {
            stored = value
            if (value.includes('"underLock"')) log.push('lease')
          },
        },
        fetch: (input, init) => {
          log.push('send')
          return fetch(input, init)
        },
      },
    })
    let stored: string | null = null
    await logIn(server, client, scheme)
    log.length = 0
    const sign = crypto.subtle.sign.bind(crypto.subtle)
    vi.spyOn(crypto.subtle, 'sign').mockImplementation((...parameters) => {
      log.push('proof')
      return sign(...parameters)
    })
    await client.session.refresh()
    expect(log.slice(0, 3)).toEqual(['proof', 'lease', 'send'])
    expect(log.filter(step => step === 'proof')).toHaveLength(1)
  })
})

test('signIn rejects Bearer tokens where tokens have to be bound to a key (DP-10)', async () => {
  const { client } = await createDpopClient({ signedIn: false })
  const tokens = { access_token: 'a', refresh_token: 'b', token_type: 'Bearer' }
  expect(await failureOf(client.session.signIn(tokens))).toMatchObject({ code: 'configuration' })
  expect((await client.session.ready()).status).toBe('signed-out')
})

test('A sign-out calls the revocation endpoint without a proof, so that nothing delays it (LR-06)', async () => {
  const { server, client } = await createDpopClient()
  await client.session.signOut()
  expect(server.sends).toEqual([])
})
