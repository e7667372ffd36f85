import { type ClientOptions, isLatchkeyError, readChallenges } from 'latchkey'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ReauthenticateContext } from '../../../src/login/reauthenticator.ts'
import { startAuthServer } from '../../support/auth-server.ts'
import { createServedClient, type ServedClient } from '../../support/served-client.ts'
import { createStage, forms } from '../../support/stage.ts'

/** What a 401 with this challenge does to a request with our token (standards §2.1). */
const challenges: readonly (readonly [id: string, challenge: string | null, becomes: 'renewed' | 'handed over'])[] = [
  ['ST-01: invalid_token', 'Bearer error="invalid_token"', 'renewed'],
  ['ST-01: without an error', 'Bearer realm="api"', 'renewed'],
  ['ST-01: an unknown error', 'Bearer error="token_too_old"', 'renewed'],
  ['ST-01: an error with characters it may not have', 'Bearer error="a\\"b"', 'renewed'],
  ['ST-01: ours behind a foreign scheme', 'Basic realm="x", Bearer error="invalid_token"', 'renewed'],
  ['ST-02: no challenge', null, 'renewed'],
  ['ST-02: an empty challenge', '', 'renewed'],
  ['ST-02: one that cannot be parsed', '="', 'renewed'],
  ['ST-02: a foreign scheme, and then what cannot be parsed', 'Basic realm="x", "', 'renewed'],
  ['ST-05: insufficient_scope', 'Bearer error="insufficient_scope", scope="write"', 'handed over'],
  ['ST-06: insufficient_user_authentication', 'Bearer error="insufficient_user_authentication"', 'handed over'],
  ['ST-06: insufficient_claims', 'Bearer error="insufficient_claims", claims="e30="', 'handed over'],
  ['ST-08: a foreign scheme', 'Basic realm="x"', 'handed over'],
  ['ST-08: several foreign schemes', 'Negotiate, NTLM, Basic realm="x"', 'handed over'],
]

const expectUntouched = ({ server, client, logins }: ServedClient) => {
  expect([server.refreshes, server.sends.length, logins.length]).toEqual([0, 1, 0])
  expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 0 })
}

describe.each(forms)('a 401 to a request with our token, by %s', (_form, send) => {
  test.each(challenges)('%s (%s): %s', async (_id, challenge, becomes) => {
    const served = await createServedClient({}, { challenge })
    const { server, client } = served
    server.refuse('/api/a', 1)
    const answer = await send(client, `${server.origin}/api/a`)
    if (becomes === 'renewed') {
      expect([answer.status, server.refreshes, server.sends.length]).toEqual([200, 1, 2])
      return
    }
    expect([answer.status, await answer.json()]).toEqual([401, { message: 'Not with this token' }])
    expectUntouched(served)
  })

  test('ST-05: the caller can read the scope that was needed', async () => {
    const { server, client } = await createServedClient(
      {},
      { challenge: 'Bearer error="insufficient_scope", scope="write"' },
    )
    server.refuse('/api/a', 1)
    const answer = await send(client, `${server.origin}/api/a`)
    expect(readChallenges(answer)).toMatchObject([{ params: { scope: 'write' } }])
  })

  test('ST-06: a step-up is required with what the server names, and no refresh runs', async () => {
    const needs: ReauthenticateContext[] = []
    const challenge =
      'Bearer error="insufficient_user_authentication", acr_values="gold silver", max_age=60, scope="pay"'
    const { server, client } = await createServedClient(
      {
        reauthenticate: async need => {
          needs.push(need)
          return null
        },
      },
      { challenge },
    )
    server.refuse('/api/a', 1)
    await expect(send(client, `${server.origin}/api/a`)).rejects.toMatchObject({ code: 'step-up-required' })
    expect(needs).toMatchObject([{ kind: 'step-up', acrValues: ['gold', 'silver'], maxAgeSeconds: 60, scope: 'pay' }])
    expect([server.refreshes, server.sends.length, client.session.status]).toEqual([0, 1, 'signed-in'])
  })

  test('ST-09: the second 401, after the replay, is returned with its body, and no second refresh runs for it', async () => {
    const { server, client, logins } = await createServedClient()
    server.refuse('/api/a')
    const answer = await send(client, `${server.origin}/api/a`)
    expect([answer.status, await answer.json()]).toEqual([401, { message: 'Not with this token' }])
    expect([server.refreshes, server.sends.length, logins.length]).toEqual([1, 2, 0])
    expect(client.session.status).toBe('signed-in')
  })

  test('ST-10: an API that refuses every token gets at most one refresh for each', async () => {
    const { server, client } = await createServedClient()
    server.refuse('/api/a')
    const storm = () => Promise.all(Array.from({ length: 100 }, () => send(client, `${server.origin}/api/a`)))
    for (const refreshes of [1, 2, 2, 2]) {
      expect((await storm()).every(({ status }) => status === 401)).toBe(true)
      expect(server.refreshes).toBe(refreshes)
    }
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 2 })
  })

  test('ST-11: of another origin that the request was redirected to: it is returned', async () => {
    const other = await startAuthServer()
    onTestFinished(other.close)
    const served = await createServedClient()
    served.server.answerWith('/api/a', { status: 302, headers: { location: `${other.origin}/api/b` } })
    expect((await send(served.client, `${served.server.origin}/api/a`)).status).toBe(401)
    expectUntouched(served)
    expect(other.sends.map(({ authorization }) => authorization)).toEqual([null])
  })

  test('ST-11: of the same origin that it was redirected to: the token is refreshed', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/a', { status: 302, headers: { location: '/api/b' } })
    server.refuse('/api/b', 1)
    expect((await send(client, `${server.origin}/api/a`)).status).toBe(200)
    expect(server.refreshes).toBe(1)
  })

  test('ST-15: with the caller’s own Authorization: it is returned, and that header is sent as it is', async () => {
    const served = await createServedClient()
    const { server, client } = served
    const answer = await send(client, `${server.origin}/api/a`, { headers: { authorization: 'Basic b3du' } })
    expect([answer.status, server.sends[0]?.authorization]).toEqual([401, 'Basic b3du'])
    expectUntouched(served)
  })
})

describe.each(forms)('any other response, by %s', (_form, send) => {
  const others = [
    ['ST-04', 403, 'Bearer error="invalid_token"'],
    ['ST-04', 403, null],
    ['ST-05', 403, 'Bearer error="insufficient_scope", scope="write"'],
    ['ST-07', 200, 'Bearer error="invalid_token"'],
    ['ST-07', 400, 'Bearer error="invalid_request"'],
    ['ST-07', 404, 'Bearer error="invalid_token"'],
    ['ST-07', 419, null],
    ['ST-07', 500, 'Bearer error="invalid_token"'],
  ] as const
  test.each(others)('%s: a %i with %s is returned as it is', async (_id, status, challenge) => {
    const served = await createServedClient()
    const headers: Record<string, string> = challenge === null ? {} : { 'www-authenticate': challenge }
    served.server.answerWith('/api/a', { status, headers, body: 'theirs' })
    const answer = await send(served.client, `${served.server.origin}/api/a`)
    expect([answer.status, await answer.text()]).toEqual([status, 'theirs'])
    expectUntouched(served)
  })

  const opaques: readonly (readonly [ResponseType, ClientOptions['shouldRefresh']])[] = [
    ['opaque', () => true],
    ['opaqueredirect', undefined],
    ['opaqueredirect', () => undefined],
  ]
  test.each(opaques)(
    'ST-12: an %s response is returned untouched, unless the app says otherwise',
    async (type, shouldRefresh) => {
      const stage = createStage({ shouldRefresh })
      await stage.signIn()
      const opaque = Object.defineProperties(new Response(null), { type: { value: type }, status: { value: 0 } })
      stage.answer(() => opaque)
      expect(await stage.client.fetch('https://api.test/a')).toBe(opaque)
      expect((await send(stage.client, '/a')).status).toBe(0)
      expect([stage.refreshes.length, stage.sends.length, stage.logins.length]).toEqual([0, 2, 0])
    },
  )

  test('ST-13: a network error rejects the call: no refresh, no sign-out, no login', async () => {
    const served = await createServedClient()
    served.server.failApi({ kind: 'lost' })
    const failure = await send(served.client, `${served.server.origin}/api/a`).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect(isLatchkeyError(failure)).toBe(false)
    expectUntouched(served)
  })

  test.each([
    ['a status', 419, '', ({ status }: { readonly status: number }) => status === 419 || undefined],
    [
      'a code in the body',
      403,
      '{"code":"TOKEN_EXPIRED"}',
      async (answer: { json(): Promise<{ code?: string } | undefined> }) =>
        (await answer.json())?.code === 'TOKEN_EXPIRED',
    ],
    [
      'an error in a 200',
      200,
      '{"errors":[{"code":"UNAUTHENTICATED"}]}',
      async (answer: { json(): Promise<{ errors?: object[] } | undefined> }) => Boolean((await answer.json())?.errors),
    ],
  ] as const)(
    'ST-14: where shouldRefresh says so by %s, it is treated as a 401',
    async (_by, status, body, shouldRefresh) => {
      const { server, client } = await createServedClient({ shouldRefresh })
      server.answerWith('/api/a', { status, body, headers: { 'content-type': 'application/json' } }, 1)
      const answer = await send(client, `${server.origin}/api/a`)
      expect([answer.status, await answer.json()]).toMatchObject([200, { subject: 'alice' }])
      expect([server.refreshes, server.sends.length]).toEqual([1, 2])
    },
  )

  test('ST-14: a body that shouldRefresh has looked at can still be read by the caller', async () => {
    const served = await createServedClient({ shouldRefresh: async ({ json }) => (await json()).code === 'EXPIRED' })
    const headers = { 'content-type': 'application/json' }
    served.server.answerWith('/api/a', { status: 403, body: '{"code":"FORBIDDEN"}', headers })
    const answer = await send(served.client, `${served.server.origin}/api/a`)
    expect(await answer.json()).toEqual({ code: 'FORBIDDEN' })
    expectUntouched(served)
  })
})
