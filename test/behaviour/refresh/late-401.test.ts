import { isReplayable } from 'latchkey'
import { describe, expect, test } from 'vitest'
import { createDeferred } from '../../support/deferred.ts'
import { createServedClient } from '../../support/served-client.ts'
import { createStage, forms, outcomeOf, refusal, type Stage, type StagedSend } from '../../support/stage.ts'

/** The API's answers on hold, by path; what is not held is answered as ever. */
const holdAnswers = (stage: Stage, paths: readonly string[]) => {
  const held = new Map(paths.map(path => [path, createDeferred<Response>()]))
  let good = (_send: StagedSend) => true
  stage.answer(send => {
    const hold = held.get(send.path)
    if (!hold) return good(send) ? new Response('fine') : refusal()
    held.delete(send.path)
    return hold.promise
  })
  const answers = new Map(held)
  return {
    refuse: (path: string) => answers.get(path)?.resolve(refusal()),
    takeOnly: (...tokens: string[]) => {
      good = ({ token }) => tokens.includes(token ?? '')
    },
  }
}

const tokensOf = ({ sends }: Stage, path: string) => sends.filter(send => send.path === path).map(({ token }) => token)

describe.each(forms)('promise 2, by %s', (_form, send) => {
  test('RT-02: a 401 for a token that has since been replaced is replayed with the current one, without a refresh', async () => {
    const { server, client } = await createServedClient()
    const slow = server.holdApi({ path: '/api/slow' })
    const late = send(client, `${server.origin}/api/slow`)
    await slow.reached()
    server.expireAccessTokens()
    expect((await send(client, `${server.origin}/api/quick`)).status).toBe(200)
    expect(server.refreshes).toBe(1)
    slow.open()
    expect((await late).status).toBe(200)
    expect(server.refreshes).toBe(1)
    const sends = server.sends.filter(({ path }) => path === '/api/slow')
    expect(sends.map(({ status }) => status)).toEqual([401, 200])
  })

  test('RT-02: fifty 401s that come one after the other cause one refresh', async () => {
    const stage = createStage()
    await stage.signIn()
    const paths = Array.from({ length: 50 }, (_, index) => `/${index}`)
    const held = holdAnswers(stage, paths)
    const answers = paths.map(path => send(stage.client, path))
    await stage.clock.settle()
    for (const [index, path] of paths.entries()) {
      held.refuse(path)
      expect((await answers[index])?.status).toBe(200)
    }
    expect([stage.refreshes.length, stage.sends.length]).toEqual([1, 100])
  })

  test('a 401 that is several generations late is replayed with the current token', async () => {
    const stage = createStage()
    await stage.signIn()
    const held = holdAnswers(stage, ['/late'])
    const late = send(stage.client, '/late')
    await stage.clock.settle()
    for (const _ of [1, 2, 3]) await stage.client.session.refresh()
    held.refuse('/late')
    expect((await late).status).toBe(200)
    expect(tokensOf(stage, '/late')).toEqual(['access-1', 'access-4'])
    expect(stage.refreshes.length).toBe(3)
  })

  test('a 401 that comes in the very task in which the refresh ends causes no second refresh', async () => {
    const stage = createStage()
    await stage.signIn()
    const held = holdAnswers(stage, ['/first', '/second'])
    const answers = [send(stage.client, '/first'), send(stage.client, '/second')]
    stage.client.session.on('refreshed', () => held.refuse('/second'))
    await stage.clock.settle()
    held.refuse('/first')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
    expect(stage.refreshes.length).toBe(1)
  })

  test('a late 401 waits while the current token, which was rejected too, is being replaced', async () => {
    const stage = createStage()
    await stage.signIn()
    const held = holdAnswers(stage, ['/late'])
    const late = send(stage.client, '/late')
    await stage.clock.settle()
    await stage.client.session.refresh()
    held.takeOnly('access-3')
    const refresh = createDeferred()
    stage.refresh(async () => {
      await refresh.promise
      return stage.issue()
    })
    const refused = send(stage.client, '/refused')
    await stage.clock.settle()
    held.refuse('/late')
    expect(await outcomeOf(late, stage.clock)).toBe('pending')
    refresh.resolve()
    expect([(await late).status, (await refused).status]).toEqual([200, 200])
    expect(tokensOf(stage, '/late')).toEqual(['access-1', 'access-3'])
    expect(stage.refreshes.length).toBe(2)
  })

  test('a late 401 waits for a newer token if the current one has expired meanwhile', async () => {
    const stage = createStage({ lifetimeSeconds: 60 })
    await stage.signIn()
    const held = holdAnswers(stage, ['/late'])
    const late = send(stage.client, '/late')
    await stage.clock.settle()
    await stage.client.session.refresh()
    await stage.clock.advance(61_000)
    held.takeOnly('access-3')
    held.refuse('/late')
    expect((await late).status).toBe(200)
    expect(tokensOf(stage, '/late')).toEqual(['access-1', 'access-3'])
    expect(stage.refreshes.length).toBe(2)
  })
})

describe.each(forms)('promise 2, of an older session, by %s', (_form, send) => {
  const leave: readonly (readonly [name: string, leave: (stage: Stage) => Promise<unknown>])[] = [
    ['after sign-out', stage => stage.client.session.signOut()],
    ['after somebody else has signed in', stage => stage.signIn({ subject: 'bob' })],
    [
      'after sign-out and the same person’s sign-in',
      async stage => {
        await stage.client.session.signOut()
        await stage.signIn({ subject: 'alice' })
      },
    ],
  ]
  test.each(leave)(
    'a 401 that comes %s is returned as it is: no refresh, no login, no replay',
    async (_name, happens) => {
      const stage = createStage()
      await stage.signIn({ subject: 'alice' })
      const held = holdAnswers(stage, ['/late'])
      const late = send(stage.client, '/late')
      await stage.clock.settle()
      await happens(stage)
      held.refuse('/late')
      const answer = await late
      expect([answer.status, await answer.text()]).toEqual([401, 'refused'])
      await stage.clock.advance(0)
      expect(tokensOf(stage, '/late')).toEqual(['access-1'])
      expect([stage.refreshes.length, stage.logins.length]).toEqual([0, 0])
    },
  )

  test('a 401 that comes after the same person signed in once more, without signing out, is replayed', async () => {
    const stage = createStage()
    await stage.signIn({ subject: 'alice' })
    const held = holdAnswers(stage, ['/late'])
    const late = send(stage.client, '/late')
    await stage.clock.settle()
    await stage.signIn({ subject: 'alice' })
    held.refuse('/late')
    expect((await late).status).toBe(200)
    expect(tokensOf(stage, '/late')).toEqual(['access-1', 'access-2'])
    expect(stage.refreshes.length).toBe(0)
  })
})

describe('promise 2, for requests that cannot be replayed', () => {
  const once: readonly (readonly [name: string, make: () => RequestInit & { readonly replay?: boolean }])[] = [
    ['keepalive', () => ({ keepalive: true })],
    ['replay: false', () => ({ replay: false })],
    ['a stream', () => ({ method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' }) as RequestInit],
  ]
  test.each(once)('a late 401 of %s comes back to the caller, and causes no refresh', async (_name, make) => {
    const stage = createStage()
    await stage.signIn()
    const held = holdAnswers(stage, ['/late'])
    const late = stage.client.fetch('https://api.test/late', make())
    await stage.clock.settle()
    await stage.client.session.refresh()
    held.refuse('/late')
    const answer = await late
    expect([answer.status, isReplayable(answer)]).toEqual([401, false])
    expect([stage.refreshes.length, stage.sends.length]).toEqual([1, 1])
  })
})
