import { memoryStore } from 'latchkey'
import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createStage, outcomeOf, type Stage, type StageOptions } from '../../support/stage.ts'

const start = async (isBad: (path: string) => boolean, options: StageOptions = {}): Promise<Stage> => {
  const stage = createStage(options)
  await stage.signIn({ subject: 'alice' })
  refuse(stage, isBad)
  return stage
}
/** The API answers 401 there, whatever the token; elsewhere it takes any. */
const refuse = (stage: Stage, isBad: (path: string) => boolean) =>
  stage.answer(({ path }) => new Response(path, { status: isBad(path) ? 401 : 200 }))

/** Refreshes that one request caused, and what it was answered. */
const ask = async (stage: Stage, path: string, init: RequestInit = {}) => {
  const before = stage.refreshes.length
  const { status } = await stage.client.fetch(`https://api.test${path}`, init)
  return [status, stage.refreshes.length - before]
}
const refusedWith = [401, 1]
const handedOver = [401, 0]
const second = 1000

describe('promise 5: of any kind', () => {
  const refreshTenTimes = async (stage: Stage) => {
    for (let index = 0; index < 10; index += 1) {
      await stage.client.session.refresh()
      await stage.clock.advance(second)
    }
  }

  test('the eleventh refresh in 30 s does not start, and its error says when one may', async () => {
    const stage = await start(() => false)
    await refreshTenTimes(stage)
    const refused = expect.objectContaining({ code: 'refresh-unavailable', retryAfterMs: 20 * second })
    expect(await outcomeOf(stage.client.session.refresh(), stage.clock)).toEqual(refused)
    expect(stage.refreshes.length).toBe(10)
    await stage.clock.advance(20 * second - 1)
    await expect(stage.client.session.refresh()).rejects.toMatchObject({ retryAfterMs: 1 })
    await stage.clock.advance(1)
    await stage.client.session.refresh()
    expect(stage.refreshes.length).toBe(11)
    await expect(stage.client.session.refresh()).rejects.toMatchObject({ retryAfterMs: second })
  })

  test('meanwhile a 401 is returned to the caller', async () => {
    const stage = await start(path => path === '/bad')
    await refreshTenTimes(stage)
    expect(await ask(stage, '/bad')).toEqual(handedOver)
  })

  test.each([
    ['signing in again', (stage: Stage) => stage.signIn({ subject: 'alice' })],
    ['signing in as others', (stage: Stage) => stage.signIn()],
    [
      'signing out and in',
      async (stage: Stage) => {
        await stage.client.session.signOut()
        await stage.signIn()
      },
    ],
  ])('%s between them lets no eleventh begin', async (_name, meanwhile) => {
    const stage = await start(() => false)
    for (let index = 0; index < 10; index += 1) {
      await stage.client.session.refresh()
      await meanwhile(stage)
    }
    await expect(stage.client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(stage.refreshes.length).toBe(10)
  })

  test('the counts outlive the page: a new page over the same store reads them', async () => {
    const store = memoryStore()
    const first = await start(() => false, { store, sessionName: 'one' })
    await refreshTenTimes(first)
    const reloaded = createStage({ store, sessionName: 'one', clock: first.clock })
    await expect(reloaded.client.session.refresh()).rejects.toMatchObject({ code: 'refresh-unavailable' })
    expect(reloaded.refreshes.length).toBe(0)
    await first.clock.advance(20 * second)
    await reloaded.client.session.refresh()
    expect(reloaded.refreshes.length).toBe(1)
  })

  test('refreshes that other tabs began since the record was last read count too', async () => {
    const store = { ...memoryStore(), shared: true }
    const stage = await start(() => false, { store, sessionName: 'one' })
    await ask(stage, '/good')
    const record = (await store.read('one')) as StoredRecord
    const begun = Array.from({ length: 10 }, () => stage.clock.wallMs())
    await store.overwrite('one', {
      ...record,
      revision: 'of-another-tab',
      refreshCounts: { started: begun, unhelpful: [] },
    } as StoredRecord)
    await expect(stage.client.session.refresh()).rejects.toMatchObject({ retryAfterMs: 30 * second })
    expect(stage.refreshes.length).toBe(0)
  })

  test('unhelpful refreshes before a reload count after it', async () => {
    const store = memoryStore()
    const isBad = (path: string) => path.startsWith('/bad')
    const first = await start(isBad, { store, sessionName: 'one' })
    for (const path of ['/bad/a', '/bad/b', '/bad/c', '/bad/d', '/bad/e', '/bad/f']) await ask(first, path)
    expect(first.refreshes.length).toBe(5)
    // Their last count is written with the next refresh, whatever that is for.
    await first.client.session.refresh()
    const reloaded = createStage({ store, sessionName: 'one', clock: first.clock })
    refuse(reloaded, isBad)
    expect(await ask(reloaded, '/bad/g')).toEqual(handedOver)
  })

  test.each([86_400_000, 31 * second])('times in the record that lie %i ms ahead of now are ignored', async aheadMs => {
    const store = memoryStore()
    const stage = await start(path => path === '/bad', { store, sessionName: 'one' })
    const ahead = Array.from({ length: 10 }, () => stage.clock.wallMs() + aheadMs)
    const record = (await store.read('one')) as StoredRecord
    await store.overwrite('one', { ...record, refreshCounts: { started: ahead, unhelpful: ahead } } as StoredRecord)
    const reloaded = createStage({ store, sessionName: 'one', clock: stage.clock })
    refuse(reloaded, path => path === '/bad')
    expect(await ask(reloaded, '/bad')).toEqual(refusedWith)
    await reloaded.client.session.refresh()
  })
})
