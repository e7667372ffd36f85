import { createClient, type EndReason, type LoginRequiredEvent, SessionEndedError } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, refusal, stageOrigin } from '../../support/stage.ts'
import { createWatchedStore } from '../../support/watched-store.ts'

const over = async () => null

/** Alice is signed in with tokens that the API refuses, and the next refresh is refused too. */
const startRefused = async (options: Parameters<typeof createStage>[0] = {}) => {
  const stage = createStage(options)
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  stage.refresh(over)
  return stage
}

const reasonOf = (error: unknown) => error

describe.each(forms)('the end of a session, by %s', (_, send) => {
  test('comes in this order: tokens gone, every waiting request rejected, login required once (LR-01)', async () => {
    const order: string[] = []
    const { store, stored } = createWatchedStore()
    const onLoginRequired = vi.fn(() => void order.push(`login, ${look()}`))
    const stage = await startRefused({ store, onLoginRequired })
    const { client, clock } = stage
    const look = () => `${client.session.status}, stored ${stored()?.credentials ? 'tokens' : 'nothing'}`
    const refreshed = createDeferred<null>()
    stage.refresh(() => refreshed.promise)
    const waiters = Array.from({ length: 50 }, (_waiter, index) =>
      send(client, `/${index}`).catch(error => {
        order.push(`rejected, ${look()}`)
        return error
      }),
    )
    await clock.settle()
    expect(order).toEqual([])
    refreshed.resolve(null)
    await clock.advance(0)
    const rejected = Array.from({ length: 50 }, () => 'rejected, signed-out, stored nothing')
    expect(order).toEqual([...rejected, 'login, signed-out, stored nothing'])
    const errors = await Promise.all(waiters)
    expect(new Set(errors).size).toBe(50)
    for (const error of errors) expect(error).toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    await clock.advance(60_000)
    expect(onLoginRequired).toHaveBeenCalledTimes(1)
  })

  test('names the reason, the user and the request', async () => {
    const { client, clock, logins } = await startRefused()
    await expect(send(client, '/mine?page=1', { method: 'DELETE' })).rejects.toThrow(SessionEndedError)
    await clock.advance(0)
    expect(logins).toEqual([
      {
        reason: 'refresh-rejected',
        returnTo: '/',
        tab: 'this',
        subject: 'alice',
        claims: null,
        request: { method: 'DELETE', url: `${stageOrigin}/mine` },
      },
    ])
  })

  test('gives each waiter the 401 that made it wait, where there was one', async () => {
    const { client } = await startRefused()
    const error = await send(client, '/x').catch(reason => reason)
    expect(error).toMatchObject({ rejectedResponse: { status: 401 } })
    expect(Object.keys(error)).not.toContain('response')
  })

  test('is not undone by an exception in the app’s callback (LR-01)', async () => {
    const mistake = new Error('a mistake of the app')
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { client, clock } = await startRefused({
      onLoginRequired: () => {
        throw mistake
      },
    })
    const outcome = send(client, '/x').catch(reasonOf)
    expect(await outcome).toMatchObject({ code: 'session-ended' })
    await clock.advance(0)
    expect(reported.mock.calls).toEqual([[mistake]])
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-out', endReason: 'refresh-rejected' })
  })

  test('is reported once: later requests are sent without credentials, and neither refresh nor require a login again (LR-02)', async () => {
    const { client, clock, sends, refreshes, logins } = await startRefused()
    await send(client, '/x').catch(() => {})
    await clock.advance(0)
    for (let later = 0; later < 20; later += 1) {
      expect((await send(client, '/x')).status).toBe(401)
      await clock.advance(400)
    }
    expect([refreshes.length, logins.length]).toEqual([1, 1])
    expect(sends.slice(1).every(({ token }) => token === null)).toBe(true)
  })

  test('is reported again if a user has signed in meanwhile', async () => {
    const { client, clock, logins, signIn, refuseAll } = await startRefused()
    for (const subject of ['alice', 'bob']) {
      await signIn({ subject })
      refuseAll()
      await send(client, '/x').catch(() => {})
      await clock.advance(31_000)
    }
    expect(logins.map(({ reason, subject }) => [reason, subject])).toEqual([
      ['refresh-rejected', 'alice'],
      ['refresh-rejected', 'bob'],
    ])
  })
})

describe('the reason', () => {
  const refusals: readonly (readonly [string, unknown, EndReason])[] = [
    ['`null`', null, 'refresh-rejected'],
    ['a 401', { status: 401 }, 'refresh-rejected'],
    ['a 403', { status: 403 }, 'refresh-rejected'],
    ['invalid_grant', { error: 'invalid_grant' }, 'refresh-rejected'],
    ['login_required', { error: 'login_required' }, 'refresh-rejected'],
    ['invalid_client', { error: 'invalid_client' }, 'misconfigured'],
    ['unauthorized_client', { error: 'unauthorized_client' }, 'misconfigured'],
    ['invalid_scope', { error: 'invalid_scope' }, 'misconfigured'],
  ]
  test.each(refusals)(
    'of a refresh that ended with %s is reported as it is (RF-09, RF-11)',
    async (_, brought, reason) => {
      const { client, clock, logins, refresh } = await startRefused()
      refresh(async () => {
        if (brought === null) return null
        throw brought
      })
      await expect(client.fetch(`${stageOrigin}/x`)).rejects.toMatchObject({ reason })
      await clock.advance(0)
      expect(logins.map(login => login.reason)).toEqual([reason])
    },
  )

  test('is "expired" where there is no way to refresh', async () => {
    const logins: LoginRequiredEvent[] = []
    const client = createClient({
      baseUrl: stageOrigin,
      retry: 0,
      fetch: async () => refusal(),
      onLoginRequired: event => void logins.push(event),
    })
    onTestFinished(client.dispose)
    await client.session.signIn({ accessToken: 'old', subject: 'alice' })
    await expect(client.get('x')).rejects.toMatchObject({ reason: 'expired' })
    await vi.waitFor(() => expect(logins.map(({ reason }) => reason)).toEqual(['expired']))
  })

  test('does not exist where the refresh was only unavailable: a 503 ends nothing', async () => {
    const { client, clock, logins, refresh } = await startRefused()
    refresh(async () => {
      throw { status: 503 }
    })
    await expect(client.fetch(`${stageOrigin}/x`)).rejects.toMatchObject({ code: 'refresh-unavailable' })
    await clock.advance(1000)
    expect([client.session.status, logins]).toEqual(['signed-in', []])
  })
})

describe('a 401 with no user signed in', () => {
  const startBare = () => {
    const stage = createStage()
    const ask = (auth: boolean | 'optional' = true) => stage.client.fetch(`${stageOrigin}/x`, { auth })
    return { ...stage, ask }
  }

  test('is returned to the caller with its body, and requires a login once in ten seconds (ST-03)', async () => {
    const { clock, logins, ask, refreshes } = startBare()
    for (let second = 0; second < 19; second += 1) {
      const response = await ask()
      expect([response.status, await response.text()]).toEqual([401, 'refused'])
      await clock.advance(1000)
    }
    expect(logins.map(({ reason, subject }) => [reason, subject])).toEqual([
      ['not-signed-in', null],
      ['not-signed-in', null],
    ])
    expect(refreshes).toEqual([])
  })

  test.each(['optional', false] as const)(
    'requires no login if the request says auth: %j (RP-10, ST-03)',
    async auth => {
      const { clock, logins, ask } = startBare()
      expect((await ask(auth)).status).toBe(401)
      await clock.advance(1000)
      expect(logins).toEqual([])
    },
  )

  test('is returned to the caller if a user has signed in meanwhile: the request did not begin as theirs, and no login is required (ST-03)', async () => {
    const { client, clock, sends, answer, issue, ask, logins } = startBare()
    const refused = createDeferred<Response>()
    answer(({ token }) => (token === null ? refused.promise : new Response('fine')))
    const waiting = ask()
    await clock.settle()
    await client.session.signIn(issue())
    refused.resolve(refusal('Bearer'))
    expect((await waiting).status).toBe(401)
    expect(sends.map(({ token }) => token)).toEqual([null])
    expect(logins).toEqual([])
  })

  test('after a sign-out calls onLoginRequired without the subject and claims of the former user', async () => {
    const { clock, logins, ask, client, signIn } = startBare()
    await signIn({ subject: 'alice' })
    await client.session.signOut()
    await ask()
    await clock.advance(0)
    expect(logins).toMatchObject([{ reason: 'not-signed-in', subject: null, claims: null }])
  })
})

describe('a login loop', () => {
  test('is reported as one: signed in, and rejected again within 30 s (LR-07)', async () => {
    const { client, clock, logins, signIn, refuseAll } = await startRefused()
    const end = async () => {
      await client.fetch(`${stageOrigin}/x`).catch(() => {})
      await clock.advance(0)
    }
    await end()
    await clock.advance(29_000)
    await signIn({ subject: 'alice' })
    refuseAll()
    await end()
    expect(logins.map(({ reason }) => reason)).toEqual(['refresh-rejected', 'login-loop'])
  })

  test('is none if it took longer, or if no user signed in between (LR-07)', async () => {
    const { client, clock, logins, signIn, refuseAll } = await startRefused()
    const ask = () => client.fetch(`${stageOrigin}/x`).catch(() => {})
    await ask()
    await clock.advance(11_000)
    await ask()
    await clock.advance(31_000)
    await signIn({ subject: 'alice' })
    refuseAll()
    await ask()
    await clock.advance(0)
    expect(logins.map(({ reason }) => reason)).toEqual(['refresh-rejected', 'not-signed-in', 'refresh-rejected'])
  })
})

describe('over a real server', () => {
  test('all requests of a revoked user end, and onLoginRequired is called once (LR-01, RF-09)', async () => {
    const { server, client, logins } = await createServedClient()
    server.revoke('alice')
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => client.get(`api/${index}`)))
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(30)
    await vi.waitFor(() => expect(logins).toHaveLength(1))
    expect(server.refreshes).toBe(1)
  })

  test('the other clients of a shared store get `tab: "other"`, once each', async () => {
    const items = new Map<string, string>()
    const store = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    }
    const here = await createServedClient({ store, sessionName: 'shared-end' })
    const there: LoginRequiredEvent[] = []
    const other = createClient({
      baseUrl: here.server.origin,
      store,
      sessionName: 'shared-end',
      refresh: async () => null,
      onLoginRequired: event => void there.push(event),
    })
    onTestFinished(other.dispose)
    expect((await other.session.ready()).status).toBe('signed-in')
    here.server.revoke('alice')
    const gate = here.server.holdRefresh()
    const ended = here.client.get('api/x').catch(() => {})
    await gate.reached()
    // The other one's request waits for the same refresh; it is not what that was for.
    const theirs = other.fetch(`${here.server.origin}/api/theirs`).catch(() => {})
    await vi.waitFor(() => expect(here.server.sends.map(({ path }) => path)).toContain('/api/theirs'))
    gate.open()
    await Promise.all([ended, theirs])
    await vi.waitFor(() => expect(there).toHaveLength(1))
    expect(there[0]).toMatchObject({ reason: 'refresh-rejected', tab: 'other', request: null })
    expect(here.logins).toMatchObject([{ reason: 'refresh-rejected', tab: 'this', request: { method: 'GET' } }])
    await other.session.ready()
    expect([here.logins.length, there.length]).toEqual([1, 1])
  })
})
