import type { RefreshContext } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, outcomeOf, refusal, type Stage, stageOrigin } from '../../support/stage.ts'

const reasonOf = (error: unknown) => error
const url = `${stageOrigin}/x`

/** Alice's token is refused, and the refresh does what the test wants. */
const startRefreshing = async (refresh: (context: RefreshContext, stage: Stage) => Promise<unknown>) => {
  const stage = createStage()
  await stage.signIn({ subject: 'alice' })
  stage.refuseAll()
  stage.refresh(context => refresh(context, stage) as never)
  return stage
}

describe('a refresh function that calls the client (RF-17)', () => {
  test.each([
    ['client.fetch', (client: Stage['client']) => client.fetch(url)],
    ['ky', (client: Stage['client']) => client.get(url, { throwHttpErrors: false })],
    ['an instance of it', (client: Stage['client']) => client.extend({ throwHttpErrors: false }).get(url)],
  ])('as the first thing it does is sent without credentials, and gets the 401 itself: %s', async (_, call) => {
    const statuses: number[] = []
    const { client, sends, refreshes } = await startRefreshing(async (_context, stage) => {
      const { status } = await call(stage.client)
      statuses.push(status)
      return stage.issue({ subject: 'alice' })
    })
    expect((await client.fetch(url)).status).toBe(200)
    expect([statuses, refreshes.length]).toEqual([[401], 1])
    expect(sends.map(({ token }) => token)).toEqual(['access-1', null, 'access-2'])
  })

  test('over a real server neither recurses nor hangs when its own call is refused: the session is over', async () => {
    const stage = await createServedClient(() => ({
      refresh: () => stage.client.post('auth/refresh', { json: { refreshToken: 'unknown' } }).json(),
    }))
    stage.server.expireAccessTokens()
    await expect(stage.client.get('api/x')).rejects.toMatchObject({ code: 'session-ended', reason: 'refresh-rejected' })
    expect(stage.server.refreshes).toBe(1)
  })

  test('over a real server refreshes by such a call', async () => {
    const stage = await createServedClient(() => ({
      refresh: ({ refreshToken }: RefreshContext) =>
        stage.client.post('auth/refresh', { json: { refreshToken } }).json<never>(),
    }))
    stage.server.expireAccessTokens()
    const answers = await Promise.all([1, 2, 3].map(number => stage.client.get(`api/${number}`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(stage.server.refreshes).toBe(1)
  })

  test('later, by a call with auth: false, succeeds as well', async () => {
    const { client, sends } = await startRefreshing(async (_context, stage) => {
      await stage.clock.settle()
      await stage.client.fetch(url, { auth: false })
      return stage.issue({ subject: 'alice' })
    })
    expect((await client.fetch(url)).status).toBe(200)
    expect(sends.map(({ token }) => token)).toEqual(['access-1', null, 'access-2'])
  })

  test.each([
    ['a request', (client: Stage['client']) => client.fetch(url)],
    ['session.refresh()', (client: Stage['client']) => client.session.refresh()],
    ['session.getAccessToken()', (client: Stage['client']) => client.session.getAccessToken()],
  ])('later, by %s, waits for itself no longer than its deadline', async (_, call) => {
    const { client, clock } = await startRefreshing(async (_context, stage) => {
      await Promise.resolve()
      await call(stage.client)
      return stage.issue({ subject: 'alice' })
    })
    const outcome = client.fetch(url).catch(reasonOf)
    await clock.advance(9999)
    expect(await outcomeOf(outcome, clock)).toBe('pending')
    await clock.advance(1)
    expect(await outcome).toMatchObject({ code: 'refresh-unavailable', reason: 'timeout' })
    expect(client.session.status).toBe('signed-in')
  })

  test('to sign out: its own result is ignored', async () => {
    const { client } = await startRefreshing(async (_context, stage) => {
      await stage.client.session.signOut()
      return stage.issue({ subject: 'alice' })
    })
    await expect(client.fetch(url)).rejects.toMatchObject({ reason: 'signed-out' })
    expect(client.session.status).toBe('signed-out')
  })

  test('a callback that signs the same user in is enough: the waiting requests are sent with its token', async () => {
    const { client, clock } = await startRefreshing(async (_context, stage) => {
      await stage.client.session.signIn(stage.issue({ subject: 'alice' }))
      return null
    })
    const outcome = client.fetch(url).catch(reasonOf)
    await clock.advance(1000)
    expect(await outcome).toMatchObject({ status: 200 })
    expect(client.session.getSnapshot()).toMatchObject({ status: 'signed-in', generation: 1 })
  })

  test('that is no async function, and throws, counts as one that rejects', async () => {
    const { client } = await startRefreshing(() => {
      throw new Error('not now')
    })
    await expect(client.fetch(url)).rejects.toMatchObject({ code: 'refresh-unavailable' })
  })
})

const everything: readonly (readonly [string, (client: Stage['client']) => Promise<unknown>])[] = [
  ['client.fetch', client => client.fetch(url)],
  ['ky', client => client.get(url)],
  ['session.ready()', client => client.session.ready()],
  ['session.refresh()', client => client.session.refresh()],
  ['session.getAccessToken()', client => client.session.getAccessToken()],
  ['session.signIn()', client => client.session.signIn({ accessToken: 'of-bob', subject: 'bob' })],
  ['session.signOut()', client => client.session.signOut()],
]

describe.each(everything)('%s, called from', (_name, call) => {
  /** Whatever it does in there, everything comes to an end within a minute. */
  const expectNoDeadlock = async (
    stage: Stage,
    calls: readonly Promise<unknown>[],
    outcomes: readonly Promise<unknown>[],
  ) => {
    const handled = outcomes.map(promise => promise.catch(reasonOf))
    await stage.clock.advance(60_000)
    expect(calls.length).toBeGreaterThan(0)
    for (const promise of [...calls, ...handled]) expect(await outcomeOf(promise, stage.clock)).not.toBe('pending')
  }

  test.each(['signed-in', 'refreshed', 'refresh-failed', 'ended', 'request'] as const)(
    'a listener of %s ends',
    async type => {
      const stage = createStage()
      const calls: Promise<unknown>[] = []
      let told = 0
      stage.client.session.on(type, () => {
        told += 1
        if (told === 1) calls.push(call(stage.client).catch(reasonOf))
      })
      await stage.signIn({ subject: 'alice' })
      stage.answer(({ token }) => (token === 'access-1' ? refusal() : new Response('fine')))
      if (type === 'refresh-failed') {
        stage.refresh(async () => {
          throw { status: 503 }
        })
      }
      if (type === 'ended') stage.refresh(async () => null)
      await expectNoDeadlock(stage, calls, [stage.client.fetch(url)])
    },
  )

  test('a subscriber ends', async () => {
    const stage = createStage()
    const calls: Promise<unknown>[] = []
    let told = 0
    stage.client.session.subscribe(() => {
      told += 1
      if (told <= 3) calls.push(call(stage.client).catch(reasonOf))
    })
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    await expectNoDeadlock(stage, calls, [stage.client.fetch(url)])
  })

  test('onLoginRequired ends', async () => {
    const calls: Promise<unknown>[] = []
    const stage = createStage({
      onLoginRequired: () => void calls.push(call(stage.client).catch(reasonOf)),
    })
    await stage.signIn({ subject: 'alice' })
    stage.refuseAll()
    stage.refresh(async () => null)
    await expectNoDeadlock(stage, calls, [stage.client.fetch(url)])
  })

  test('a store ends', async () => {
    const calls: Promise<unknown>[] = []
    const items = new Map<string, string>()
    const meddle = () => {
      if (calls.length === 0) calls.push(call(stage.client).catch(reasonOf))
      return calls[0]
    }
    const stage = createStage({
      store: {
        getItem: async key => {
          await meddle()
          return items.get(key) ?? null
        },
        setItem: async (key, value) => void items.set(key, value),
      },
    })
    const signedIn = stage.signIn({ subject: 'alice' })
    await expectNoDeadlock(stage, [signedIn], [stage.client.fetch(url)])
    expect(calls.length).toBe(1)
  })
})
