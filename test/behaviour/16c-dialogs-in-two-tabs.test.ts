import type { AuthenticationNeed, SessionInput } from 'latchkey'
import { createClient } from 'latchkey'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ClientOptions } from '../../src/client/options.ts'
import { createDeferred, type Deferred } from '../support/deferred.ts'
import { createServedClient } from '../support/served-client.ts'

const createStorage = () => {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
}

/** One tab's dialog, and what it was asked. */
const createDialog = () => {
  const asked: { readonly need: AuthenticationNeed; readonly answer: Deferred<SessionInput | null> }[] = []
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
  await vi.waitFor(() => expect([here.asked.length, there.asked.length]).toEqual([1, 1]))
  return { server, client, other, here, there, waiting, logins }
}

describe('a dialog in each of two tabs', () => {
  test('costs one exchange, and is answered in both by the sign-in in one', async () => {
    const { server, waiting, here, there } = await startTwoTabs('answered-once')
    expect(server.exchanges).toBe(1)
    here.asked[0]?.answer.resolve({ ...server.issue('alice'), subject: 'alice' })
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect([server.exchanges, here.asked.length, there.asked.length]).toEqual([1, 1, 1])
  })

  test('is closed in both when it is declined in one, and each tab’s app is told', async () => {
    const { client, other, waiting, here, there, logins } = await startTwoTabs('declined-once')
    here.asked[0]?.answer.resolve(null)
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason.reason)).toEqual([
      'refused',
      'refused',
    ])
    expect(there.asked[0]?.need.signal.aborted).toBe(true)
    expect([client.session.status, other.session.status]).toEqual(['signed-out', 'signed-out'])
    await vi.waitFor(() => expect(logins).toHaveBeenCalledTimes(1))
    expect(logins.mock.calls[0]?.[0]).toMatchObject({ reason: 'refused', tab: 'other', subject: 'alice' })
  })

  test('is closed in both when another person signs in in one, and nothing of alice’s is sent as that one', async () => {
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
