import { describe, expect, test } from 'vitest'
import { adoptFormer } from '../../../src/session/adopt-former.ts'
import type { SessionRecord, SessionStore } from '../../../src/session/session-store.ts'
import { keyValueStore } from '../../../src/stores/key-value.ts'
import { createControlledClock } from '../../support/clock.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

/** What rests under either name, and a page that starts. */
const start = async (former: object | null, held: object | null = null) => {
  const [values, clock] = [new Map<string, string>(), createControlledClock()]
  if (former) values.set('latchkey:former', JSON.stringify(former))
  if (held) values.set('latchkey:main', JSON.stringify(held))
  const store: SessionStore = keyValueStore({
    getItem: key => values.get(key),
    setItem: (key, value) => values.set(key, value),
    removeItem: key => values.delete(key),
  })
  const adopt = (over: SessionStore = store) => adoptFormer({ store: over, name: 'main', formerName: 'former', clock })
  const at = (name: string) => JSON.parse(values.get(`latchkey:${name}`) ?? 'null')
  return { store, clock, values, adopt, at }
}
const now = () => Date.UTC(2026, 0, 1)
const leased = (more: object) =>
  storedRecord({ lease: { id: 'c', generation: 0, startedAt: now(), underLock: true, ...more } })

/** The same, by a write of its own. */
const moved = <Content extends object>(record: Content) => ({ ...record, revision: expect.any(String) })

describe('what an earlier release stored under its own name', () => {
  test('is not mistaken for the record itself, in a store of the app’s that has one slot for all names', async () => {
    let slot: SessionRecord | null = storedRecord()
    const store: SessionStore = {
      shared: true,
      read: () => slot,
      compareAndSet(_name, expected, next) {
        if ((slot?.revision ?? null) !== expected) return false
        slot = next
        return true
      },
      overwrite(_name, next) {
        slot = next
      },
      remove(_name, expected) {
        if ((slot?.revision ?? null) !== expected) return false
        slot = null
        return true
      },
    }
    const { adopt } = await start(null)
    const kept = slot
    expect(await adopt(store)).toEqual(kept)
    expect(slot).toEqual(kept)
  })

  test('is moved, and nothing of it rests there any more', async () => {
    const record = storedRecord()
    const { adopt, at } = await start(record)
    expect(await adopt()).toEqual(moved(record))
    expect([at('main'), at('former')]).toEqual([moved(record), null])
  })

  test('does not take the place of what is there already, and goes all the same', async () => {
    const held = storedRecord({ sessionId: 'newer-release', credentials: null })
    const { adopt, at } = await start(storedRecord(), held)
    expect(await adopt()).toEqual(held)
    expect(at('former')).toBeNull()
  })

  test('takes the place of what was moved a moment ago, if it was renewed since', async () => {
    const renewed = storedRecord({ generation: 1, credentials: credentialsOf({ refreshToken: 'refresh-2' }) })
    const { adopt } = await start(renewed, storedRecord())
    expect(await adopt()).toEqual(moved(renewed))
  })

  test('is left for good if it says no more than that nobody is signed in', async () => {
    const { adopt, values } = await start(storedRecord({ credentials: null }))
    expect(await adopt()).toBeNull()
    expect(values.has('latchkey:main')).toBe(false)
  })

  test('is emptied where the store cannot remove', async () => {
    const { store, adopt, at } = await start(storedRecord())
    await adopt({ ...store, remove: undefined as never })
    expect(at('former')).toMatchObject({ credentials: null })
  })

  test.each([
    ['garbage', { revision: 'x', sessionId: 7 }],
    ['nothing', null],
  ])('is nothing to move if it is %s', async (_name, former) => {
    expect(await (await start(former)).adopt()).toBeNull()
  })
})

describe('a tab of the earlier release that is still open', () => {
  test('and refreshes the token is waited for: what it brings is what is moved', async () => {
    const { store, clock, adopt, at } = await start(leased({}))
    const adopting = adopt()
    await clock.advance(1000)
    expect(at('main')).toBeNull()
    const renewed = storedRecord({ generation: 1, credentials: credentialsOf({ refreshToken: 'refresh-2' }) })
    await store.overwrite('former', renewed)
    await clock.advance(250)
    expect(await adopting).toEqual(moved(renewed))
    expect(at('former')).toBeNull()
  })

  test('and died in its refresh is not waited for for ever', async () => {
    const { clock, adopt, at } = await start(leased({}))
    const adopting = adopt()
    await clock.advance(15_500)
    expect(await adopting).toMatchObject({ sessionId: 'session-a' })
    expect(at('former')).toBeNull()
  })

  test.each([
    ['is over', { closed: true }],
    ['is of a clock that was ahead', { startedAt: now() + 3_600_000 }],
  ])('and whose refresh %s is not waited for', async (_name, more) => {
    const { adopt } = await start(leased(more))
    expect(await adopt()).toMatchObject({ sessionId: 'session-a' })
  })

  test('and writes just then is looked at again', async () => {
    const { store, adopt, at } = await start(storedRecord())
    const renewed = storedRecord({ generation: 1, credentials: credentialsOf({ refreshToken: 'refresh-2' }) })
    let hasWritten = false
    const busy: SessionStore = {
      ...store,
      compareAndSet: async (...write) => {
        const written = await store.compareAndSet(...write)
        if (!hasWritten) await store.overwrite('former', renewed)
        hasWritten = true
        return written
      },
    }
    expect(await adopt(busy)).toEqual(moved(renewed))
    expect(at('former')).toBeNull()
  })
})
