import { createClient } from 'latchkey'
import { createAuthenticatedFetch } from 'latchkey/fetch'
import {
  createFakeServer,
  createTabStore,
  createTabs,
  createTestClient,
  endSession,
  resetClient,
} from 'latchkey/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

const start = (...[state, options]: Parameters<typeof createTestClient>) => {
  const api = createTestClient(state, options)
  onTestFinished(api.dispose)
  return api
}
const withFakeTimers = () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
}

describe('createTestClient', () => {
  test('makes a client that is signed in at once, as alice, and keeps its requests', async () => {
    const api = start()
    expect(api.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice', generation: 0 })
    expect(await api.get('todos').json()).toEqual({ method: 'GET', path: '/todos', subject: 'alice' })
    expect(api.server.requests).toEqual([{ method: 'GET', path: '/todos', subject: 'alice', status: 200 }])
  })

  test('makes one with the claims and the subject that the test wants', () => {
    const claims = { sub: 'bob', name: 'Bob', roles: ['admin'] }
    expect(start('signed-in', { claims }).session.getSnapshot()).toMatchObject({ subject: 'bob', claims })
    expect(start('signed-in', { claims, subject: 'tenant/bob' }).session.getSnapshot().subject).toBe('tenant/bob')
  })

  test('makes one whose token has expired: it is not sent, and one refresh serves all requests', async () => {
    const api = start('expired')
    const { status, accessTokenExpiresAtMs } = api.session.getSnapshot()
    expect([status, Number(accessTokenExpiresAtMs) <= Date.now()]).toEqual(['signed-in', true])
    const responses = await Promise.all([api.get('a'), api.get('b'), api.get('c')])
    expect(responses.map(response => response.status)).toEqual([200, 200, 200])
    expect(api.server.refreshes).toBe(1)
    expect(api.server.requests.filter(request => request.status === 401)).toEqual([])
  })

  test('makes one that is signed out, and sends nothing for it', async () => {
    const onLoginRequired = vi.fn()
    const api = start('signed-out', { onLoginRequired })
    expect(api.session.getSnapshot()).toMatchObject({ status: 'signed-out', subject: null, endReason: null })
    expect(await api.session.ready()).toMatchObject({ status: 'signed-out', endReason: null })
    expect(api.server.requests).toEqual([])
    expect((await api.fetch(`${api.server.origin}/todos`)).status).toBe(401)
    await vi.waitFor(() => expect(onLoginRequired).toHaveBeenCalledOnce())
    await api.session.signIn(api.server.issue('bob'))
    expect(api.session.getSnapshot().subject).toBe('bob')
  })

  test('makes one whose status is unknown, as after a reload', async () => {
    const api = start('unknown', { subject: 'bob' })
    const restored = vi.fn()
    api.session.on('restored', restored)
    expect(api.session.status).toBe('unknown')
    expect(await api.session.ready()).toMatchObject({ status: 'signed-in', subject: 'bob' })
    expect(restored).toHaveBeenCalledOnce()
  })

  test('keeps the sessions of two clients apart', async () => {
    const [one, two] = [start('signed-in'), start('signed-out')]
    await endSession(one)
    expect([one.session.status, two.session.status]).toEqual(['signed-out', 'signed-out'])
    const three = start('signed-in', { subject: 'carol' })
    expect([one.session.status, three.session.status]).toEqual(['signed-out', 'signed-in'])
  })

  test('takes the options of createClient, a network of its own among them', async () => {
    const fetch = vi.fn(async () => new Response('from elsewhere'))
    const api = start('signed-in', { baseUrl: 'https://elsewhere.test/', fetch })
    expect(await api.get('todos').text()).toBe('from elsewhere')
    expect(api.server.requests).toEqual([])
  })
})

describe('endSession', () => {
  test.each(['refresh-rejected', 'expired', 'misconfigured', 'key-lost'] as const)(
    'ends a session with the reason %s, and resolves once onLoginRequired was called',
    async reason => {
      const onLoginRequired = vi.fn()
      const api = start('signed-in', { onLoginRequired })
      await endSession(api, reason)
      expect(onLoginRequired.mock.calls).toEqual([[expect.objectContaining({ reason, subject: 'alice' })]])
      expect(api.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: reason })
    },
  )

  test('calls onLoginRequired under fake timers without moving the time', async () => {
    withFakeTimers()
    const onLoginRequired = vi.fn()
    const api = start('signed-in', { onLoginRequired })
    const before = Date.now()
    await endSession(api)
    expect([onLoginRequired.mock.calls.length, Date.now() - before]).toEqual([1, 0])
  })

  test('ends the sessions of the clients that an app makes, without a request', async () => {
    const server = createFakeServer()
    const { origin: baseUrl, fetch, refresh } = server
    const onLoginRequired = vi.fn()
    const clients = [createClient, createAuthenticatedFetch].map(create =>
      create({ baseUrl, fetch, refresh, onLoginRequired }),
    )
    for (const client of clients) {
      onTestFinished(client.dispose)
      await client.session.signIn(server.issue())
      await endSession(client)
      expect(client.session.status).toBe('signed-out')
    }
    expect([onLoginRequired.mock.calls.length, server.requests]).toEqual([2, []])
  })

  test('ends a session that is still to be read, and nothing if no user is signed in', async () => {
    const onLoginRequired = vi.fn()
    await endSession(start('unknown', { onLoginRequired }))
    expect(onLoginRequired).toHaveBeenCalledOnce()
    await endSession(start('signed-out', { onLoginRequired }))
    expect(onLoginRequired).toHaveBeenCalledOnce()
  })

  test('says why it cannot end the session of another copy of the library', async () => {
    const { session } = start()
    await expect(endSession({ session: { ...session } })).rejects.toThrow('another copy of latchkey')
  })
})

describe('resetClient', () => {
  test('forgets that a login was required: the next test gets the event again, and it is no login loop', async () => {
    const onLoginRequired = vi.fn()
    const api = start('signed-out', { onLoginRequired })
    const refused = async () => {
      await api.fetch(`${api.server.origin}/todos`)
      await vi.waitFor(() => expect(onLoginRequired).toHaveBeenCalled())
      return onLoginRequired.mock.calls.splice(0).map(([{ reason }]) => reason)
    }
    expect(await refused()).toEqual(['not-signed-in'])
    await resetClient(api)
    expect(await refused()).toEqual(['not-signed-in'])
    await resetClient(api)
    for (const _ of ['one test', 'another test']) {
      await api.session.signIn(api.server.issue())
      await endSession(api)
      expect(onLoginRequired.mock.calls.splice(0).map(([{ reason }]) => reason)).toEqual(['refresh-rejected'])
      await resetClient(api)
    }
  })

  test('signs out without a request and without requiring a login', async () => {
    const onLoginRequired = vi.fn()
    const api = start('signed-in', { onLoginRequired })
    await resetClient(api)
    await api.session.ready()
    expect([api.session.status, api.server.requests, onLoginRequired.mock.calls]).toEqual(['signed-out', [], []])
  })

  test('forgets failures: a refresh that a backoff or unhelpful refreshes held back is tried again', async () => {
    const api = start('expired')
    api.server.outage(503, 'token')
    await expect(api.get('todos')).rejects.toMatchObject({ reason: 'status' })
    await expect(api.get('todos')).rejects.toMatchObject({ reason: 'backing-off' })
    api.server.outage(null)
    await resetClient(api)
    api.server.route('GET', '/todos', () => new Response(null, { status: 401 }))
    const rejected = () => api.fetch(`${api.server.origin}/todos`)
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const expected of [2, 2]) {
      const before = api.server.refreshes
      await api.session.signIn(api.server.issue())
      for (let turn = 0; turn < 4; turn += 1) await rejected()
      expect(api.server.refreshes - before).toBe(expected)
      await resetClient(api)
    }
  })
})

describe('createTabs', () => {
  test('makes two clients of one session: a sign-out in one is one in the other', async () => {
    const [one, two] = await createTabs()
    for (const { dispose } of [one, two]) onTestFinished(dispose)
    expect([one, two].map(({ session }) => session.getSnapshot().subject)).toEqual(['alice', 'alice'])
    await one.session.signOut()
    await vi.waitFor(() => expect(two.session.status).toBe('signed-out'))
  })

  test('of which any number cause one refresh when their token expires', async () => {
    const tabs = await createTabs(5, { subject: 'bob' })
    for (const { dispose } of tabs) onTestFinished(dispose)
    const { server } = tabs[0]
    server.expireAccessTokens()
    const responses = await Promise.all(tabs.flatMap(tab => [tab.get('a'), tab.get('b')]))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect([server.refreshes, server.reuses]).toEqual([1, 0])
  })

  test('works under fake timers', async () => {
    withFakeTimers()
    const [one, two] = await createTabs()
    for (const { dispose } of [one, two]) onTestFinished(dispose)
    await one.session.refresh()
    await two.session.refresh()
    const { generation } = two.session.getSnapshot()
    expect({ generation, refreshes: one.server.refreshes }).toEqual({ generation: 1, refreshes: 1 })
    await endSession(one)
    expect((await two.session.ready()).status).toBe('signed-out')
  })

  test('returns the store for clients of the app, in which no client can change what another one reads', async () => {
    const store = createTabStore()
    const record = { version: 2, revision: 'a', sessionId: 's', generation: 1, credentials: { accessToken: 'one' } }
    await store.overwrite('main', record as never)
    record.credentials.accessToken = 'two'
    expect((await store.read('main'))?.credentials).toEqual({ accessToken: 'one' })
    expect(store.shared).toBe(true)
  })
})
