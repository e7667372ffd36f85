import { describe, expect, test } from 'vitest'
import { createRecords } from '../../../src/session/records.ts'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { storedRecord } from '../../support/session-records.ts'

const create = () => {
  const [store, clock] = [createScriptedStore(), createControlledClock()]
  return { store, clock, records: createRecords(store, 'main', clock, () => {}) }
}

const content = (more: Partial<StoredRecord> = {}) => {
  const { version: _version, revision: _revision, ...rest } = storedRecord(more)
  return rest
}
const over = { session: 'over', credentials: null }

/** Signed out in memory, while the store still holds who was signed in. */
const createAhead = async () => {
  const made = create()
  const before = storedRecord({ session: 'session-a' })
  made.store.content = before
  await made.records.read()
  made.store.fail('overwrite', 'rejects', 1)
  await made.records.overwrite(content(over))
  return { ...made, before }
}

describe('records, where something happens while the store is asked', () => {
  test('what was read before a write of ours does not undo it', async () => {
    const { store, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    const held = store.hold('read', 'before')
    const reading = records.read()
    await records.overwrite(content(over))
    held.open()
    expect(await reading).toMatchObject(over)
    expect(records.latest).toMatchObject(over)
  })

  test('what was read before a compare-and-set of ours does not undo it', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('read', 'before')
    const reading = records.read()
    const written = await records.compareAndSet(seen ?? null, content({ generation: 1 }))
    held.open()
    expect(await reading).toBe(written)
    expect(records.latest).toBe(written)
  })

  test('of two reads, the one that was asked for later counts, whichever is answered first', async () => {
    const { store, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    const held = store.hold('read', 'before')
    const early = records.read()
    store.content = storedRecord(over)
    expect(await records.read()).toMatchObject(over)
    held.open()
    expect(await early).toMatchObject(over)
    expect(records.latest).toMatchObject(over)
  })

  test.each(['before', 'after'] as const)(
    'RT-06: signed out here while a compare-and-set is written (%s it lands): it is not taken over',
    async effect => {
      const { store, records } = create()
      store.content = storedRecord()
      const seen = await records.read()
      const held = store.hold('compareAndSet', effect)
      const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
      const stored = records.overwrite(content(over))
      held.open()
      expect(await writing).toBeNull()
      await stored
      expect(records.latest).toMatchObject(over)
      expect(await records.read()).toMatchObject(over)
      expect(store.content).toMatchObject(over)
    },
  )

  test('RT-06: signed out here while a compare-and-set hangs: the late write is not taken over either', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    store.fail('compareAndSet', 'hangs', 1)
    let written: StoredRecord | null | undefined
    records.compareAndSet(seen ?? null, content({ generation: 1 })).then(answer => {
      written = answer
    })
    await records.overwrite(content(over))
    await clock.advance(2000)
    expect(written).toBeNull()
    expect(await records.read()).toMatchObject(over)
  })

  test.each(['rejects', 'throws', 'hangs'] as const)(
    'RT-06: signed out here before a compare-and-set that the store %s: it does not count in memory either',
    async fault => {
      const { store, clock, records } = create()
      store.content = storedRecord()
      const seen = await records.read()
      await records.overwrite(content(over))
      store.fail('compareAndSet', fault, 1)
      const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
      await clock.advance(2000)
      expect(await writing).toBeNull()
      expect(await records.read()).toMatchObject(over)
      expect(store.content).toMatchObject(over)
    },
  )

  test('another tab’s write that is read while ours is written is newer than ours, though ours was taken', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('compareAndSet', 'before')
    const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
    const others = storedRecord({ session: 'session-b' })
    store.content = others
    await records.read()
    held.open()
    expect(await writing).toBeNull()
    expect(records.latest).toEqual(others)
  })

  test('our own write that is read before the store has said that it took it counts', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('compareAndSet', 'before')
    const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
    expect(await records.read()).toMatchObject({ generation: 1 })
    held.open()
    expect(await writing).toMatchObject({ generation: 1 })
  })

  test('an answer that comes after its deadline changes nothing any more', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    const held = store.hold('read', 'before')
    const reading = records.read()
    await clock.advance(2000)
    expect(await reading).toBeNull()
    await records.overwrite(content(over))
    held.open()
    await clock.settle()
    expect(records.latest).toMatchObject(over)
  })

  test('an answer that comes just within its deadline counts', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    const held = store.hold('read')
    const reading = records.read()
    await clock.advance(1999)
    held.open()
    expect(await reading).toMatchObject({ session: 'session-a' })
  })
})

describe('records that are ahead of the store, which works again', () => {
  test('promise 12: a sign-out that could not be stored is stored by the next read', async () => {
    const { store, records } = await createAhead()
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('promise 12: it is stored, too, where the next call is a compare-and-set', async () => {
    const { store, records } = await createAhead()
    const written = await records.compareAndSet(records.latest, content({ ...over, generation: 1 }))
    expect(written).toMatchObject({ ...over, generation: 1 })
    expect(store.content).toEqual(written)
  })

  test('what another tab wrote since is newer, and stays', async () => {
    const { store, records } = await createAhead()
    const others = storedRecord({ session: 'session-b' })
    store.content = others
    expect(await records.read()).toEqual(others)
    expect(store.content).toBe(others)
  })

  test('promise 12: what another tab wrote since about the session that was left is not: the sign-out stays', async () => {
    const { store, records, before } = await createAhead()
    store.content = storedRecord({ session: before.session, generation: 1 })
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('promise 12: neither is it where this page had not read its store before', async () => {
    const { store, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 1)
    await records.overwrite(content(over))
    expect(await records.read()).toMatchObject(over)
    store.content = storedRecord({ session: 'session-a', generation: 1 })
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('what another tab wrote since about the very session that goes on here is newer', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    store.fail('overwrite', 'rejects', 1)
    await records.overwrite(content({ generation: 1 }))
    const others = storedRecord({ generation: 1 })
    store.content = others
    expect(await records.read()).toEqual(others)
  })

  test('a store that was wiped since is the truth', async () => {
    const { store, records } = await createAhead()
    store.content = null
    expect(await records.read()).toBeNull()
  })

  test('a sign-in before the store ever answered is newer than whatever is found there', async () => {
    const { store, records } = create()
    store.content = storedRecord({ session: 'session-a' })
    store.fail('overwrite', 'throws', 1)
    await records.overwrite(content({ session: 'session-b' }))
    expect(await records.read()).toMatchObject({ session: 'session-b' })
    expect(store.content).toMatchObject({ session: 'session-b' })
  })

  test('another tab that writes just before it is put back wins, and is what the read answers', async () => {
    const { store, records } = await createAhead()
    const held = store.hold('compareAndSet')
    const reading = records.read()
    await held.reached
    const others = storedRecord({ session: 'session-b' })
    store.content = others
    held.open()
    expect(await reading).toEqual(others)
    expect(records.latest).toEqual(others)
    expect(store.content).toBe(others)
  })

  test('what was read before it was put back does not undo it', async () => {
    const { store, clock, records, before } = await createAhead()
    const held = store.hold('read', 'before')
    const [first, second] = [records.read(), records.read()]
    await second
    await clock.settle()
    expect(store.content).toMatchObject(over)
    held.open()
    expect(await first).toMatchObject(over)
    expect(await records.read()).toMatchObject(over)
    expect(store.content).not.toEqual(before)
  })

  test('what was read before it was put back, but asked for after, does not undo it', async () => {
    const { store, records } = await createAhead()
    const healing = store.hold('compareAndSet')
    const first = records.read()
    await healing.reached
    const held = store.hold('read', 'before')
    const second = records.read()
    healing.open()
    await first
    held.open()
    expect(await second).toMatchObject(over)
    expect(records.latest).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('signed in again while it is put back: the sign-in stays', async () => {
    const { store, records } = await createAhead()
    const held = store.hold('compareAndSet')
    const reading = records.read()
    await held.reached
    const stored = records.overwrite(content({ session: 'session-c' }))
    held.open()
    expect(await reading).toMatchObject({ session: 'session-c' })
    await stored
    expect(await records.read()).toMatchObject({ session: 'session-c' })
    expect(store.content).toMatchObject({ session: 'session-c' })
  })

  test('a sign-in that is stored at last does not make up for the sign-out after it that was not', async () => {
    const { store, records } = create()
    await records.read()
    const held = store.hold('overwrite')
    const signedIn = records.overwrite(content())
    store.fail('overwrite', 'rejects', 1)
    await records.overwrite(content(over))
    held.open()
    await signedIn
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('memory says that it is ahead, for as long as it is', async () => {
    const { records } = await createAhead()
    expect(records.ahead).toBe(true)
    await records.read()
    expect(records.ahead).toBe(false)
  })

  test('a write that failed, over and over, is tried again with every read', async () => {
    const { store, records } = await createAhead()
    store.fail('compareAndSet', 'rejects', 3)
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await records.read()).toMatchObject(over)
    expect(store.content).not.toMatchObject(over)
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })
})
