import type { ReauthenticateContext, SessionInput } from 'latchkey'
import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RootClient } from '../../../src/client/client.ts'
import type { ClientOptions } from '../../../src/client/options.ts'
import { withoutTokens } from '../../../src/stores/without-tokens.ts'
import type { ControlledClock } from '../../support/clock.ts'
import { createDeferred, type Deferred } from '../../support/deferred.ts'
import { createDialogStage } from '../../support/dialog.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createServedClient } from '../../support/served-client.ts'
import { outcomeOf, refusal } from '../../support/stage.ts'

const createStorage = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

/** One tab's dialog, and what it was asked. */
const createDialog = () => {
  const asked: { readonly need: ReauthenticateContext; readonly answer: Deferred<SessionInput | null> }[] = []
  const options: Pick<ClientOptions, 'reauthenticate' | 'onLoginRequired'> = {
    reauthenticate: need => {
      const answer = createDeferred<SessionInput | null>()
      asked.push({ need, answer })
      return answer.promise
    },
  }
  return { asked, options }
}

/** Alice works in two tabs; the server knows her no more, and both ask her to sign in again. */
const startTwoTabs = async (sessionName: string) => {
  const [here, there] = [createDialog(), createDialog()]
  const store = createStorage()
  const { server, client } = await createServedClient({ store, sessionName, ...here.options })
  await client.session.signIn({ ...server.issue('alice'), subject: 'alice' })
  const logins = vi.fn()
  const other = createClient({
    baseUrl: server.origin,
    retry: 0,
    store,
    sessionName,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    onLoginRequired: logins,
    ...there.options,
  })
  onTestFinished(other.dispose)
  await other.session.ready()
  server.revoke('alice')
  const waiting = [client.get('api/here'), other.get('api/there')]
  for (const promise of waiting) promise.catch(() => {})
  await vi.waitFor(() => expect([here.asked.length, there.asked.length]).toEqual([1, 1]), { timeout: 20_000 })
  return { server, client, other, here, there, waiting, logins }
}

describe('a dialog in each of two tabs that share no tokens', () => {
  const fetchFrom = (client: RootClient) => client.fetch('https://api.test/x')
  /** Each has, and can fetch, tokens of its own; until somebody signs in again, both are refused. */
  const start = async (ask: (client: RootClient) => Promise<unknown> = fetchFrom) => {
    const store = createScriptedStore()
    let isKnown = false
    const open = (name: string, clock?: ControlledClock) => {
      const stage = createDialogStage({ store: withoutTokens(store), ...(clock && { clock }) })
      const good = `of-${name}`
      stage.refresh(async () => (isKnown ? { accessToken: good } : null))
      stage.answer(({ token }) => (token === good ? new Response('fine') : refusal()))
      return { ...stage, good }
    }
    const here = open('here')
    const there = open('there', here.clock)
    await here.client.session.signIn({ accessToken: 'old', subject: 'alice' })
    await there.client.session.ready()
    const waiting = [fetchFrom(here.client), ask(there.client)]
    expect(await Promise.all(waiting.map(one => outcomeOf(one, here.clock)))).toEqual(['pending', 'pending'])
    expect([here.asked.length, there.asked.length]).toEqual([1, 1])
    const signIn = async () => {
      isKnown = true
      await here.answerDialog({ accessToken: here.good, subject: 'alice' })
      there.wake()
      await here.clock.settle()
    }
    return { here, there, waiting, signIn }
  }

  test('is closed in both by the sign-in in one; the other fetches itself a token before it sends again', async () => {
    const { here, there, signIn } = await start()
    await signIn()
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect(there.sends.map(({ token }) => token)).toEqual(['of-there'])
    expect(there.client.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'alice' })
    expect(await there.client.session.getAccessToken()).toBe('of-there')
    expect(await here.client.session.getAccessToken()).toBe('of-here')
  })

  test('a result of the other dialog after that ends nothing', async () => {
    const { here, there, signIn } = await start()
    await signIn()
    await there.answerDialog(null)
    expect([here, there].map(({ client }) => client.session.status)).toEqual(['signed-in', 'signed-in'])
  })

  test('getAccessToken that waits in a tab returns the token of that tab', async () => {
    const { waiting, signIn } = await start(({ session }) => session.getAccessToken())
    await signIn()
    expect(await waiting[1]).toBe('of-there')
  })
})

describe('a dialog in each of two tabs', () => {
  test('costs one refresh, and is closed in both by the sign-in in one', async () => {
    const { server, waiting, here, there } = await startTwoTabs('answered-once')
    expect(server.refreshes).toBe(1)
    here.asked[0]?.answer.resolve({ ...server.issue('alice'), subject: 'alice' })
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect([server.refreshes, here.asked.length, there.asked.length]).toEqual([1, 1, 1])
  })

  test('is closed in both tabs when it is declined in one, and each tab’s app is notified', async () => {
    const { client, other, waiting, here, there, logins } = await startTwoTabs('declined-once')
    here.asked[0]?.answer.resolve(null)
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.reason)).toEqual([
      'refresh-rejected',
      'refresh-rejected',
    ])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect([client.session.status, other.session.status]).toEqual(['signed-out', 'signed-out'])
    await vi.waitFor(() => expect(logins).toHaveBeenCalledTimes(1), { timeout: 20_000 })
    expect(logins.mock.calls[0]?.[0]).toMatchObject({ reason: 'refresh-rejected', tab: 'other', subject: 'alice' })
  })

  test('is closed in both tabs when another user signs in in one, and no request of alice is sent as that user', async () => {
    const { server, other, waiting, here, there } = await startTwoTabs('another-person')
    const before = server.sends.length
    here.asked[0]?.answer.resolve({ ...server.issue('bob'), subject: 'bob' })
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.reason)).toEqual([
      'replaced',
      'replaced',
    ])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect(other.session.getSnapshot()).toMatchObject({ status: 'signed-in', subject: 'bob' })
    expect(server.sends.slice(before)).toEqual([])
  })

  test('is closed in both by a sign-out in one', async () => {
    const { other, waiting, there, client, logins } = await startTwoTabs('signed-out')
    await client.session.signOut()
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.reason)).toEqual([
      'signed-out',
      'signed-out',
    ])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect([other.session.status, logins.mock.calls]).toEqual(['signed-out', []])
  })
})
