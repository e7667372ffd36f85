import { describe, expect, test } from 'vitest'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { createStage } from '../../support/stage.ts'

let names = 0
/** A store that reads, says of every write that the record has moved, and throws where it cannot say so. */
const start = (shared: boolean) => {
  names += 1
  const store = createScriptedStore({ shared })
  store.fail('compareAndSet', { answers: false })
  store.fail('overwrite', 'throws')
  const stage = createStage({ store, sessionName: `refusing-${names}` })
  const failures: string[] = []
  stage.client.session.on('store-failed', ({ operation }) => void failures.push(operation))
  return { ...stage, store, failures }
}

describe.each([false, true])('promise 9: a store that refuses every write (shared: %s)', shared => {
  test('costs persistence: the session goes on in memory, with a bounded number of calls for each step', async () => {
    const { client, clock, store, signIn, refuseAll, refreshes, failures } = start(shared)
    await signIn({ subject: 'alice' })
    expect(failures).toEqual(['write'])
    expect((await client.fetch('https://api.test/before')).status).toBe(200)
    refuseAll()
    expect((await client.fetch('https://api.test/after')).status).toBe(200)
    await client.session.refresh()
    expect(refreshes.map(({ refreshToken }) => refreshToken)).toEqual(['refresh-1', 'refresh-2'])
    await client.session.signOut()
    await clock.advance(60_000)
    expect(client.session.status).toBe('signed-out')
    expect(store.calls.length).toBeLessThan(200)
  })

  test('does not stop a failed refresh from keeping to its backoff', async () => {
    const { client, signIn, refresh, refreshes } = start(shared)
    await signIn({ subject: 'alice' })
    refresh(async () => {
      throw Object.assign(new Error('busy'), { status: 503, headers: new Headers({ 'retry-after': '30' }) })
    })
    for (const _ of [1, 2])
      await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(refreshes.length).toBe(1)
  })
})

describe('promise 9: a store that begins to refuse while a refresh is under way', () => {
  test('neither freezes the page, nor lets that refresh present its token again', async () => {
    names += 1
    const store = createScriptedStore()
    const { client, signIn, refresh, refreshes, issue } = createStage({ store, sessionName: `refusing-${names}` })
    await signIn({ subject: 'alice' })
    refresh(async () => {
      store.fail('compareAndSet', { answers: false })
      return issue()
    })
    await expect(client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(refreshes.length).toBe(1)
    expect(client.session.status).toBe('signed-in')
  })
})
