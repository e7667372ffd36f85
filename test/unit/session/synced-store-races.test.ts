import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { content, create, over } from '../../support/records-rig.ts'
import { storedRecord } from '../../support/session-records.ts'

describe('records, while a call of the store is under way', () => {
  test('what was read before a write of this page does not undo it', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    const held = store.hold('read', 'before')
    const reading = records.read()
    await records.overwrite(content(over))
    held.open()
    expect(await reading).toMatchObject(over)
    expect(records.latest).toMatchObject(over)
  })

  test('what was read before a compare-and-set of this page does not undo it', async () => {
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

  test('of two reads, the later one counts, whichever ends first', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    const held = store.hold('read', 'before')
    const early = records.read()
    store.content = storedRecord(over)
    expect(await records.read()).toMatchObject(over)
    held.open()
    expect(await early).toMatchObject(over)
    expect(records.latest).toMatchObject(over)
  })

  test.each(['before', 'after'] as const)(
    'RT-06: after a sign-out here while a compare-and-set is written (%s it lands) it is not adopted',
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

  test('RT-06: after a sign-out here while a compare-and-set hangs the late write is not adopted', async () => {
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
    'RT-06: after a sign-out here a compare-and-set that the store %s does not count in memory either',
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

  test('another tab’s write that is read while this page writes is newer, although this page’s write succeeded', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('compareAndSet', 'before')
    const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
    const others = storedRecord({ sessionId: 'session-b' })
    store.content = others
    await records.read()
    held.open()
    expect(await writing).toBeNull()
    expect(records.latest).toEqual(others)
  })

  test('this page’s own write counts if it is read before the store has confirmed it', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('compareAndSet', 'before')
    const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
    expect(await records.read()).toMatchObject({ generation: 1 })
    held.open()
    expect(await writing).toMatchObject({ generation: 1 })
  })

  test('a response after its deadline, and after a sign-out, changes nothing any more', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    const held = store.hold('read', 'before')
    const reading = records.read()
    await clock.advance(2000)
    expect(await reading).toBeUndefined()
    await records.overwrite(content(over))
    held.open()
    await clock.settle()
    expect(records.latest).toMatchObject(over)
  })

  test('a response just within its deadline counts', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    const held = store.hold('read')
    const reading = records.read()
    await clock.advance(1999)
    held.open()
    expect(await reading).toMatchObject({ sessionId: 'session-a' })
  })
})
