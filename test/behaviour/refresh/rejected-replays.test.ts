import { describe, expect, test, vi } from 'vitest'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage, forms, outcomeOf, refusal, type Stage } from '../../support/stage.ts'

const tokensOf = ({ sends }: Stage) => sends.filter(({ path }) => path === '/slow').map(({ token }) => token)

/** Rejects `/slow` until the token is `good`; the answers to its replays, from the first, are on hold. */
const holdReplays = (stage: Stage, good: string, count = 1) => {
  const holds = Array.from({ length: count }, () => createDeferred())
  const bodies: string[] = []
  let sends = 0
  stage.answer(async ({ path, token }, request) => {
    if (path !== '/slow') return new Response('fine')
    bodies.push(await request.text())
    await holds[sends++ - 1]?.promise
    return token === good ? new Response('fine') : refusal()
  })
  return { bodies, end: (place = 0) => holds[place]?.resolve() }
}

const statusOf = (outcome: Response | 'pending' | Error) => (outcome instanceof Response ? outcome.status : outcome)

describe.each(forms)('A replay that is rejected, by %s', (_form, send) => {
  const start = async (good: string, count?: number) => {
    const stage = createStage()
    await stage.signIn()
    const replays = holdReplays(stage, good, count)
    const answer = send(stage.client, '/slow', { method: 'POST', body: 'x' })
    await stage.clock.settle()
    expect(tokensOf(stage)).toEqual(['access-1', 'access-2'])
    return { stage, replays, answer, status: async () => statusOf(await outcomeOf(answer, stage.clock)) }
  }

  test('is sent once more with the token that has replaced its own meanwhile, without another refresh', async () => {
    const { stage, replays, status } = await start('access-3')
    await stage.client.session.refresh()
    replays.end()
    expect(await status()).toBe(200)
    expect(tokensOf(stage)).toEqual(['access-1', 'access-2', 'access-3'])
    expect(stage.refreshes).toHaveLength(2)
    expect(replays.bodies).toEqual(['x', 'x', 'x'])
  })

  test('waits for a refresh that is under way, and is sent once more', async () => {
    const { stage, replays, status } = await start('access-3')
    const refreshed = createDeferred()
    stage.refresh(() => refreshed.promise.then(() => stage.issue()))
    void stage.client.session.refresh()
    await stage.clock.settle()
    replays.end()
    expect(await status()).toBe('pending')
    refreshed.resolve()
    expect(await status()).toBe(200)
    expect(tokensOf(stage)).toEqual(['access-1', 'access-2', 'access-3'])
  })

  test('is returned if its token is still the newest: no refresh, no third send', async () => {
    const { stage, replays, answer, status } = await start('none')
    replays.end()
    expect(await status()).toBe(401)
    expect(await (await answer).text()).toBe('refused')
    expect([tokensOf(stage).length, stage.refreshes.length]).toEqual([2, 1])
  })

  test('is not sent a fourth time, however often its token is replaced', async () => {
    const { stage, replays, status } = await start('none', 2)
    await stage.client.session.refresh()
    replays.end(0)
    expect(await status()).toBe('pending')
    await stage.client.session.refresh()
    replays.end(1)
    expect(await status()).toBe(401)
    expect(tokensOf(stage)).toEqual(['access-1', 'access-2', 'access-3'])
  })

  test('is returned if the user has signed out, or another one has signed in', async () => {
    for (const subject of [null, 'bob']) {
      const { stage, replays, status } = await start('access-3')
      await stage.client.session.signOut()
      if (subject) await stage.client.session.signIn({ ...stage.issue(), subject })
      replays.end()
      expect(await status()).toBe(401)
      expect(tokensOf(stage)).toHaveLength(2)
    }
  })
})

describe('A replay that is rejected while another tab refreshes', () => {
  const start = async () => {
    // No news of the other tab comes.
    vi.stubGlobal('BroadcastChannel', undefined)
    const clock = createControlledClock()
    const store = createScriptedStore()
    const [tab, other] = [createStage({ clock, store }), createStage({ clock, store })]
    await tab.signIn()
    await other.client.session.ready()
    const replays = holdReplays(tab, 'newest')
    const answer = tab.client.fetch('https://api.test/slow')
    await clock.settle()
    expect(tokensOf(tab)).toEqual(['access-1', 'access-2'])
    other.wake()
    await clock.settle()
    return { clock, tab, other, replays, status: async () => statusOf(await outcomeOf(answer, clock)) }
  }
  const newest = { accessToken: 'newest', refreshToken: 'refresh-newest' }

  test('waits for its tokens', async () => {
    const { clock, tab, other, replays, status } = await start()
    const refreshed = createDeferred<typeof newest>()
    other.refresh(() => refreshed.promise)
    const refreshing = other.client.session.refresh()
    await clock.settle()
    expect(other.refreshes).toHaveLength(1)
    replays.end()
    expect(await status()).toBe('pending')
    refreshed.resolve(newest)
    await clock.advance(2000)
    await refreshing
    expect(await status()).toBe(200)
    expect(tokensOf(tab)).toEqual(['access-1', 'access-2', 'newest'])
    expect(tab.refreshes).toHaveLength(1)
  })

  test('finds them in the store', async () => {
    const { tab, other, replays, status } = await start()
    other.refresh(async () => newest)
    await other.client.session.refresh()
    expect(other.refreshes).toHaveLength(1)
    replays.end()
    expect(await status()).toBe(200)
    expect(tokensOf(tab)).toEqual(['access-1', 'access-2', 'newest'])
    expect(tab.refreshes).toHaveLength(1)
  })
})
