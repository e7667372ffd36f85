import { isReplayable } from 'latchkey'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startAuthServer } from '../../support/auth-server.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createNetwork } from '../../support/network.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, refusal, type Stage, stageOrigin } from '../../support/stage.ts'

/** Two servers of two origins; what is asked of `/api/moved` of the first is sent on to the second. */
const startTwo = async (status = 302) => {
  const { server, client, logins } = await createServedClient()
  const other = await startAuthServer()
  onTestFinished(other.close)
  server.answerWith('/api/moved', { status, headers: { location: `${other.origin}/api/there` } })
  return { server, other, client, logins, url: `${server.origin}/api/moved` }
}

describe('a redirect to another origin', () => {
  test('returns that origin’s 401 to the caller: nothing is refreshed or sent again (ST-11)', async () => {
    const { server, other, client, url } = await startTwo()
    const response = await client.fetch(url)
    expect([response.status, response.redirected, isReplayable(response)]).toEqual([401, true, true])
    expect([server.refreshes, server.sends.length, other.sends.length]).toEqual([0, 1, 1])
    expect(client.session.status).toBe('signed-in')
  })

  test.each([302, 307])('with status %i does not take the token along (FE-03)', async status => {
    const { other, client, url } = await startTwo(status)
    await client.fetch(url, { method: 'POST', body: 'x' })
    expect(other.sends.map(({ authorization }) => authorization)).toEqual([null])
  })

  test.each(['client.fetch', 'ky'])(
    'is not followed by %s where `redirect: error` was asked for (FE-03)',
    async form => {
      const { other, client, url } = await startTwo()
      const redirect = 'error' as const
      await expect(form === 'ky' ? client.get(url, { redirect }) : client.fetch(url, { redirect })).rejects.toThrow()
      expect(other.sends).toHaveLength(0)
    },
  )
})

describe('a redirect inside the origin', () => {
  test('that ends in a 401 is refreshed, and requested again from its start', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/moved', { status: 302, headers: { location: '/api/there' } })
    server.expireAccessTokens()
    const response = await client.fetch(`${server.origin}/api/moved`)
    expect([response.status, response.redirected]).toEqual([200, true])
    expect(server.sends.map(({ path }) => path)).toEqual(['/api/moved', '/api/there', '/api/moved', '/api/there'])
    expect(server.refreshes).toBe(1)
  })

  test('that loses the token each time ends after one replay (FE-04)', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/moved', { status: 302, headers: { location: '/api/there' } })
    server.refuse('/api/there')
    expect((await client.fetch(`${server.origin}/api/moved`)).status).toBe(401)
    expect([server.sends.length, server.refreshes]).toEqual([4, 1])
  })

  test('is not followed with `redirect: manual`, and the response is returned to the caller', async () => {
    const { server, client } = await createServedClient()
    server.answerWith('/api/moved', { status: 302, headers: { location: '/api/there' } })
    expect((await client.fetch(`${server.origin}/api/moved`, { redirect: 'manual' })).status).toBe(302)
    expect(server.sends).toHaveLength(1)
  })
})

describe('a response without a status', () => {
  const answerOf = (type: ResponseType) =>
    Object.defineProperties(new Response(null), { type: { value: type }, status: { value: 0 } })

  test.each([
    ['opaque', () => true],
    ['opaqueredirect', undefined],
  ] as const)('(%s) is returned to the caller, and starts nothing', async (type, shouldRefresh) => {
    const stage = createStage({ shouldRefresh })
    await stage.signIn()
    const answer = answerOf(type)
    stage.answer(() => answer)
    expect(await stage.client.fetch(`${stageOrigin}/a`)).toBe(answer)
    expect([stage.sends.length, stage.refreshes.length]).toEqual([1, 0])
  })

  test('means a login page if shouldRefresh says so: the request is refreshed and sent again', async () => {
    const seen: unknown[] = []
    const stage = createStage({
      shouldRefresh: ({ status, type }) => {
        seen.push([status, type])
        return type === 'opaqueredirect' || undefined
      },
    })
    await stage.signIn()
    stage.answer(({ token }) => (token === 'access-1' ? answerOf('opaqueredirect') : new Response('fine')))
    const answer = await stage.client.fetch(`${stageOrigin}/a`, { redirect: 'manual' })
    expect([answer.status, stage.refreshes.length, seen]).toEqual([200, 1, [[0, 'opaqueredirect']]])
  })
})

test('a no-cors request goes out as the caller wrote it, without a token (FE-07)', async () => {
  const network = createNetwork(() => refusal())
  const { client } = await createServedClient({ baseUrl: 'https://api.test/', fetch: network.fetch })
  await client.fetch('https://api.test/pixel', { mode: 'no-cors' })
  await client.fetch(new Request('https://api.test/pixel', { mode: 'no-cors' }))
  await client.get('pixel', { mode: 'no-cors', throwHttpErrors: false })
  expect(network.sends.map(({ mode, authorization }) => [mode, authorization])).toEqual(
    Array(3).fill(['no-cors', null]),
  )
})

test('beside Authorization nothing is set that the caller did not set, and nothing forbidden (FE-07)', async () => {
  const network = createNetwork()
  const { client } = await createServedClient({ baseUrl: 'https://api.test/', fetch: network.fetch })
  await client.fetch('https://api.test/a', { headers: { 'x-mine': '1' } })
  await client.fetch(new Request('https://api.test/a', { headers: { 'x-mine': '1' } }))
  await client.get('a', { headers: { 'x-mine': '1' } })
  expect(network.sends.map(({ headers }) => [...headers.keys()])).toEqual(Array(3).fill(['authorization', 'x-mine']))
})

test.each(['no-store', 'reload', 'no-cache'] as const)(
  '`cache: %s` reaches the network, so that an app can rule out a cached response of another user (FE-09)',
  async cache => {
    const seen: RequestCache[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      seen.push(new Request(input, init).cache)
      return new Response(null, { status: seen.length % 2 === 1 ? 401 : 200 })
    }
    const stage = createStage()
    await stage.signIn()
    await stage.client.extend({ fetch, cache }).get('a')
    await stage.client.extend({ fetch }).fetch(`${stageOrigin}/a`, { cache })
    expect(seen).toEqual(Array(4).fill(cache))
  },
)

describe('a replay does not come from the browser’s cache, which may hold the 401 itself', () => {
  const modesOf = async (send: (fetch: typeof globalThis.fetch) => (stage: Stage) => Promise<unknown>) => {
    const seen: RequestCache[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      seen.push(new Request(input, init).cache)
      return new Response(null, { status: seen.length === 1 ? 401 : 200 })
    }
    const stage = createStage()
    await stage.signIn()
    await send(fetch)(stage)
    return seen
  }
  const url = `${stageOrigin}/a`

  test.each<[string, (stage: Stage, fetch: typeof globalThis.fetch) => Promise<unknown>, RequestCache[]]>([
    ['client.fetch', ({ client }, fetch) => client.extend({ fetch }).fetch(url), ['default', 'no-cache']],
    ['a Request', ({ client }, fetch) => client.extend({ fetch }).fetch(new Request(url)), ['default', 'no-cache']],
    ['ky', ({ client }, fetch) => client.extend({ fetch }).get('a'), ['default', 'no-cache']],
    ['HEAD', ({ client }, fetch) => client.extend({ fetch }).head('a'), ['default', 'no-cache']],
    ['POST, which no cache answers', ({ client }, fetch) => client.extend({ fetch }).post('a'), ['default', 'default']],
    [
      'a mode that was chosen, be it the default one',
      ({ client }, fetch) => client.extend({ fetch }).fetch(url, { cache: 'default' }),
      ['default', 'default'],
    ],
    [
      'a mode that a Request says',
      ({ client }, fetch) => client.extend({ fetch }).fetch(new Request(url, { cache: 'force-cache' })),
      ['force-cache', 'force-cache'],
    ],
  ])('%s', async (_, send, expected) => {
    expect(await modesOf(fetch => stage => send(stage, fetch))).toEqual(expected)
  })
})

describe.each(forms)('a keepalive request through %s (FE-05)', (_, send) => {
  const keepalive = { method: 'POST', body: 'bye', keepalive: true }

  test('is sent at once with the token at hand, expired or not, and starts nothing', async () => {
    const stage = createStage({ lifetimeSeconds: 100 })
    await stage.signIn()
    await stage.client.fetch(`${stageOrigin}/before`)
    await stage.clock.advance(200_000)
    await send(stage.client, '/bye', keepalive)
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1', 'access-1'])
    expect(stage.refreshes).toHaveLength(0)
  })

  test('does not wait for a refresh that is under way', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.refuseAll()
    stage.refresh(() => new Promise(() => {}))
    stage.client.fetch(`${stageOrigin}/waits`).catch(() => {})
    await stage.clock.settle()
    stage.answer(() => new Response('fine'))
    expect(await (await send(stage.client, '/bye', keepalive)).text()).toBe('fine')
    expect(stage.sends.map(({ token }) => token)).toEqual(['access-1', 'access-1'])
  })

  test('is not replayed, and its 401 says so', async () => {
    const stage = createStage()
    await stage.signIn()
    stage.refuseAll()
    const response = await send(stage.client, '/bye', keepalive)
    expect([response.status, isReplayable(response)]).toEqual([401, false])
    expect(stage.sends).toHaveLength(1)
  })
})

test.each(forms)(
  'a request that begins while a rejected token is renewed waits for the outcome: %s (RT-03)',
  async (_, send) => {
    const stage = createStage()
    await stage.signIn()
    stage.refuseAll()
    const gate = createDeferred()
    stage.refresh(async () => {
      await gate.promise
      return stage.issue()
    })
    const first = send(stage.client, '/first')
    await stage.clock.settle()
    const second = send(stage.client, '/second')
    expect(await outcomeOf(second, stage.clock)).toBe('pending')
    expect(stage.sends.map(({ path }) => path)).toEqual(['/first'])
    gate.resolve()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
    expect(stage.sends.filter(({ path }) => path === '/second')).toMatchObject([{ token: 'access-2' }])
  },
)

describe('`auth: false` (RP-10)', () => {
  test.each(forms)('sends without credentials, and returns the 401: %s', async (_, send) => {
    const stage = createStage()
    await stage.signIn()
    const response = await send(stage.client, '/login', { auth: false })
    expect([response.status, stage.refreshes.length]).toEqual([401, 0])
    expect(stage.sends.map(({ token }) => token)).toEqual([null])
    expect(stage.logins).toHaveLength(0)
  })
})
