import { type ResponseView, readChallenges } from 'latchkey'
import { describe, expect, test, vi } from 'vitest'
import { createStage, forms, refusal, stageOrigin } from '../../support/stage.ts'

const challenged = (status: number, challenge: string) =>
  new Response('the reason', { status, headers: { 'www-authenticate': challenge } })

/** What a request of alice's is answered, whatever its token. */
const startAnswering = async (answer: () => Response, options: Parameters<typeof createStage>[0] = {}) => {
  const stage = createStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.answer(answer)
  return stage
}

describe.each(forms)('through %s, no refresh and no replay for', (_, send) => {
  const answers: readonly (readonly [string, () => Response])[] = [
    ['a 403 (ST-04)', () => new Response('the reason', { status: 403 })],
    ['a 403 that blames the token (ST-04, ST-07)', () => challenged(403, 'Bearer error="invalid_token"')],
    ['a 403 for want of scope (ST-05)', () => challenged(403, 'Bearer error="insufficient_scope", scope="admin"')],
    ['a 401 for want of scope (ST-05)', () => challenged(401, 'Bearer error="insufficient_scope", scope="admin"')],
    [
      'a step-up that nobody can be asked (ST-06)',
      () => challenged(401, 'Bearer error="insufficient_user_authentication"'),
    ],
    ['missing claims (ST-06)', () => challenged(401, 'Bearer error="insufficient_claims", claims="e30="')],
    ['a 200 with a challenge (ST-07)', () => challenged(200, 'Bearer error="invalid_token"')],
    ['a 400 with a challenge (ST-07)', () => challenged(400, 'Bearer error="invalid_request"')],
    ['a 404 with a challenge (ST-07)', () => challenged(404, 'Bearer')],
    ['a 407 with a challenge (ST-07)', () => challenged(407, 'Bearer error="invalid_token"')],
    ['a 401 of Basic (ST-08)', () => challenged(401, 'Basic realm="proxy"')],
    ['a 401 of several other schemes (ST-08)', () => challenged(401, 'Negotiate, Basic realm="a, Bearer b"')],
  ]
  test.each(answers)('%s: it is returned to the caller, with its body', async (_answer, answer) => {
    const { client, sends, refreshes, logins, clock } = await startAnswering(answer)
    const response = await send(client, '/x')
    expect([response.status, await response.text()]).toEqual([answer().status, 'the reason'])
    expect([sends.length, refreshes.length, client.session.status]).toEqual([1, 0, 'signed-in'])
    await clock.advance(1000)
    expect(logins).toEqual([])
  })

  test('the second 401, after the replay: it is returned to the caller, with its body and its challenge (ST-09)', async () => {
    let count = 0
    const { client, sends, refreshes } = await startAnswering(() => {
      count += 1
      return new Response(`no. ${count}`, {
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="no. ${count}"` },
      })
    })
    const response = await send(client, '/x')
    expect([response.status, await response.text()]).toEqual([401, 'no. 2'])
    expect(readChallenges(response)[0]?.params['realm']).toBe('no. 2')
    expect([sends.length, refreshes.length]).toEqual([2, 1])
  })
})

describe('the caller can read', () => {
  test('the scope that it needs (ST-05)', async () => {
    const { client } = await startAnswering(() => challenged(403, 'Bearer error="insufficient_scope", scope="a b"'))
    const response = await client.fetch(`${stageOrigin}/x`)
    expect(readChallenges(response)).toEqual([
      { scheme: 'bearer', params: { error: 'insufficient_scope', scope: 'a b' }, token68: null },
    ])
  })
})

describe('a challenge', () => {
  test.each([
    ['of ours beside another scheme', 'Basic realm="x", Bearer error="invalid_token"'],
    ['that cannot be read', 'Bearer error="invalid_token'],
    ['of another scheme that cannot be read', 'Basic realm="x'],
    ['with an error nobody knows', 'Bearer error="whatever"'],
    ['with an error that is none', 'Bearer error="a\\"b"'],
    ['without any error', 'Bearer'],
    [
      'that first blames the token',
      'Bearer realm="a", Bearer error="invalid_token", Bearer error="insufficient_scope"',
    ],
  ])('%s means the token: one refresh, one replay', async (_, challenge) => {
    const { client, refreshes, answer } = await startAnswering(() => refusal())
    answer(({ token }) => (token === 'access-1' ? challenged(401, challenge) : new Response('fine')))
    expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(200)
    expect(refreshes).toHaveLength(1)
  })

  test('with a URL in it leads to no request to that URL (SU-03)', async () => {
    const tempting =
      'Bearer error="invalid_token", resource_metadata="https://evil.test/meta", authorization_uri="https://evil.test/a"'
    const elsewhere = vi.fn<typeof fetch>(async () => Response.json({}))
    vi.stubGlobal('fetch', elsewhere)
    const { client, refresh, refreshes, answer, issue } = await startAnswering(() => refusal())
    answer(({ token }) => (token === 'access-1' ? challenged(401, tempting) : new Response('fine')))
    refresh(async ({ post }) => {
      expect(String(post)).not.toContain('evil')
      return issue()
    })
    expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(200)
    expect(refreshes).toHaveLength(1)
    expect(elsewhere).not.toHaveBeenCalled()
  })
})

describe('shouldRefresh', () => {
  const expired = (token: string | null, status: number, body: string) =>
    token === 'access-1'
      ? new Response(body, { status, headers: { 'content-type': 'application/json' } })
      : new Response('fine')

  test.each([
    ['419', 419, ({ status }: ResponseView) => status === 419 || undefined],
    ['440', 440, ({ status }: ResponseView) => status === 440 || undefined],
    [
      'a 403 that means "expired"',
      403,
      async (answer: ResponseView) => (await answer.json())?.code === 'expired' || undefined,
    ],
    ['an error of GraphQL in a 200', 200, async (answer: ResponseView) => (await answer.json())?.code === 'expired'],
  ])('can treat %s as a 401 (ST-14)', async (_, status, shouldRefresh) => {
    const stage = createStage({ shouldRefresh })
    await stage.signIn()
    stage.answer(({ token }) => expired(token, status, '{"code":"expired"}'))
    const response = await stage.client.fetch(`${stageOrigin}/x`)
    expect(await response.text()).toBe('fine')
    expect([stage.sends.length, stage.refreshes.length]).toEqual([2, 1])
  })

  test('that returns false leaves the response to the caller, body unread', async () => {
    const { client, refreshes } = await startAnswering(() => Response.json({ code: 'other' }, { status: 403 }), {
      shouldRefresh: async answer => (await answer.json()).code === 'expired',
    })
    const response = await client.fetch(`${stageOrigin}/x`)
    expect(await response.json()).toEqual({ code: 'other' })
    expect(refreshes).toEqual([])
  })

  test('is not called for a 401, the response to a replay, a request with auth: false or a foreign origin', async () => {
    const shouldRefresh = vi.fn((_answer: ResponseView) => true)
    const { client, answer, refreshes } = await startAnswering(() => refusal(), { shouldRefresh })
    answer(({ path, token }) => {
      if (path === '/401' && token === 'access-1') return refusal()
      return new Response('', { status: 419 })
    })
    expect((await client.fetch(`${stageOrigin}/401`)).status).toBe(419)
    expect((await client.fetch(`${stageOrigin}/bare`, { auth: false })).status).toBe(419)
    expect((await client.fetch('https://elsewhere.test/x')).status).toBe(419)
    expect(shouldRefresh).not.toHaveBeenCalled()
    expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(419)
    expect(shouldRefresh).toHaveBeenCalledTimes(1)
    expect(refreshes).toHaveLength(2)
  })

  test('is not called for a response that was redirected from another origin', async () => {
    const shouldRefresh = vi.fn(() => true)
    const moved = () => {
      const response = new Response('', { status: 419 })
      return Object.defineProperties(response, {
        redirected: { value: true },
        url: { value: 'https://elsewhere.test/x' },
      })
    }
    const { client, refreshes } = await startAnswering(moved, { shouldRefresh })
    expect((await client.fetch(`${stageOrigin}/x`)).status).toBe(419)
    expect([shouldRefresh.mock.calls.length, refreshes.length]).toEqual([0, 0])
  })

  test('sees the response, and at most 256 KiB of its body', async () => {
    const seen: unknown[] = []
    const { client } = await startAnswering(() => Response.json('x'.repeat(300_000), { status: 403 }), {
      shouldRefresh: async answer => {
        const { status, method, challenges } = answer
        seen.push({ status, method, challenges, json: await answer.json() })
        return undefined
      },
    })
    const response = await client.fetch(`${stageOrigin}/x`, { method: 'post' })
    expect(seen).toEqual([{ status: 403, method: 'POST', challenges: [], json: undefined }])
    expect(await response.json()).toHaveLength(300_000)
  })

  test('that throws rejects this caller, and no other', async () => {
    const mistake = new Error('a mistake of the app')
    const { client, refreshes } = await startAnswering(() => new Response('', { status: 403 }), {
      shouldRefresh: () => {
        throw mistake
      },
    })
    await expect(client.fetch(`${stageOrigin}/x`)).rejects.toBe(mistake)
    expect([refreshes.length, client.session.status]).toEqual([0, 'signed-in'])
  })

  test('may call the client: the call does not wait for the one that it is part of', async () => {
    const stage = createStage({
      shouldRefresh: async ({ status, url }) => {
        if (status !== 403 || url.endsWith('/check')) return undefined
        await stage.client.session.ready()
        return (await stage.client.fetch(`${stageOrigin}/check`)).ok
      },
    })
    await stage.signIn()
    stage.answer(({ path, token }) =>
      path === '/check' || token !== 'access-1' ? new Response('fine') : new Response('', { status: 403 }),
    )
    expect((await stage.client.fetch(`${stageOrigin}/x`)).status).toBe(200)
  })
})
