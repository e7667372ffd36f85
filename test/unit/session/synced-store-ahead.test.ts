import { describe, expect, test } from 'vitest'
import { createControlledClock } from '../../support/clock.ts'
import { createDeferred } from '../../support/deferred.ts'
import { content, create, createAhead, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

describe('records that are ahead of a store that works again', () => {
  test('promise 12: a sign-out that could not be stored is stored by the next read', async () => {
    const { store, records } = await createAhead()
    const { length } = store.calls
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
    expect(store.calls.slice(length)).toEqual(['read', 'compareAndSet'])
  })

  test('promise 12: it is stored, too, where the next call is a compare-and-set', async () => {
    const { store, records } = await createAhead()
    const written = await records.compareAndSet(records.latest, content({ ...over, generation: 1 }))
    expect(written).toMatchObject({ ...over, generation: 1 })
    expect(store.content).toEqual(written)
  })

  test('what another tab wrote since is newer, and stays', async () => {
    const { store, records } = await createAhead()
    const others = storedRecord({ sessionId: 'session-b' })
    store.content = others
    expect(await records.read()).toEqual(others)
    expect(store.content).toBe(others)
  })

  test('promise 12: what another tab wrote since about the session that was left does not count: the sign-out stays', async () => {
    const { store, records, before } = await createAhead()
    store.content = storedRecord({ sessionId: before.sessionId, generation: 1 })
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('promise 12: the sign-out stays also if this page had not read its store before', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 2)
    store.fail('remove', 'rejects', 2)
    await records.overwrite(content(over))
    expect(await records.read()).toMatchObject(over)
    store.content = storedRecord({ sessionId: 'session-a', generation: 1 })
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('what another tab wrote since about the same session counts', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    store.fail('overwrite', 'rejects', 1)
    await records.overwrite(content({ generation: 1 }))
    const others = storedRecord({ generation: 1 })
    store.content = others
    expect(await records.read()).toEqual(others)
  })

  test('a store that was cleared since counts', async () => {
    const { store, records } = await createAhead()
    store.content = null
    expect(await records.read()).toBeNull()
  })

  test('a sign-in before the store has ever responded is newer than any record found there', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    store.fail('overwrite', 'throws', 1)
    await records.overwrite(content({ sessionId: 'session-b' }))
    expect(await records.read()).toMatchObject({ sessionId: 'session-b' })
    expect(store.content).toMatchObject({ sessionId: 'session-b' })
  })

  test('a store that is cleared after such a sign-in counts, although the page had not read it before', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    store.fail('overwrite', 'throws', 1)
    await records.overwrite(content({ sessionId: 'session-b' }))
    expect(store.content).toMatchObject({ sessionId: 'session-b' })
    store.content = null
    expect(await records.read()).toBeNull()
    expect(store.content).toBeNull()
  })

  test('another tab that writes just before it is put back wins, and is what the read returns', async () => {
    const { store, records } = await createAhead()
    const held = store.hold('compareAndSet')
    const reading = records.read()
    await held.reached
    const others = storedRecord({ sessionId: 'session-b' })
    store.content = others
    held.open()
    expect(await reading).toEqual(others)
    expect(records.latest).toEqual(others)
    expect(store.content).toBe(others)
  })

  // Found by the random worlds: in Web Storage a write is visible before it is certain that no older view of another tab came over it.
  test('promise 12: seen while it is put back, then overwritten by a tab that had not seen it: the sign-out stays', async () => {
    const { store, records, before } = await createAhead()
    const held = store.hold('compareAndSet')
    const reading = records.read()
    await held.reached
    store.content = records.latest
    expect(await records.read()).toMatchObject(over)
    store.content = storedRecord({ sessionId: before.sessionId, generation: 1 })
    held.open()
    expect(await reading).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  /** A step-up whose write has begun. */
  const startSlowSignIn = async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    const held = store.hold('compareAndSet')
    const writing = records.writeAhead({ ...content({ generation: 1 }), credentials: credentialsOf() })
    await held.reached
    return { store, records, held, writing }
  }

  test('a sign-in that was seen while it was written, then overwritten, is known not to be stored', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    const held = store.hold('compareAndSet')
    const writing = records.writeAhead({
      ...content(),
      generation: 1,
      credentials: credentialsOf({ accessToken: 'access-2' }),
    })
    await held.reached
    store.content = records.latest
    await records.read()
    const others = storedRecord({ generation: 1 })
    store.content = others
    held.open()
    expect(await writing).toBe(false)
    expect(records.latest).toEqual(others)
  })

  test('a sign-in that was refreshed before it was stored is not stored again: its tokens are used up', async () => {
    const { store, records, held, writing } = await startSlowSignIn()
    store.fail('read', 'rejects')
    const refreshed = { ...content({ generation: 2 }), credentials: credentialsOf({ accessToken: 'access-3' }) }
    await records.compareAndSet(records.latest, refreshed)
    expect(records.latest).toMatchObject(refreshed)
    store.mend()
    const others = storedRecord({ generation: 3 })
    store.content = others
    await records.read()
    held.open()
    expect(await writing).toBe(true)
    expect(records.latest).toEqual(others)
  })

  test('a sign-in that was seen while it was written, and whose successor was seen, too, was stored', async () => {
    const { store, records, held, writing } = await startSlowSignIn()
    store.content = records.latest
    await records.read()
    const next = storedRecord({ generation: 2 })
    store.content = next
    await records.read()
    held.open()
    expect(await writing).toBe(true)
    expect(records.latest).toEqual(next)
  })

  test.each([
    ['not stored', 0, false],
    ['over, if the page slept through the lag of the store', 1001, true],
  ])('a sign-in whose store is cleared while it is written counts as %s', async (_name, sleptMs, isOver) => {
    const [store, clock] = [createScriptedStore({ lagMs: 250 }), createControlledClock()]
    const { records } = createRecordsOver(store, clock)
    store.content = storedRecord()
    await records.read()
    const held = store.hold('compareAndSet')
    const writing = records.writeAhead({ ...content({ generation: 1 }), credentials: credentialsOf() })
    await held.reached
    clock.sleepFor(sleptMs)
    store.content = null
    held.open()
    expect([await writing, records.latest]).toEqual([isOver, null])
  })

  // Found by the interleavings: the second of two reads put it back once more, and met the sign-out.
  test('a sign-in that two reads put back at once, and that another tab has signed out of since, was stored', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    const answer = createDeferred<boolean>()
    store.fail('compareAndSet', { answers: answer.promise }, 1)
    const [first, second] = [store.hold('compareAndSet'), store.hold('compareAndSet')]
    const writing = records.writeAhead({
      ...content(),
      generation: 1,
      credentials: credentialsOf({ accessToken: 'access-2' }),
    })
    const reading = records.read()
    await first.reached
    answer.resolve(false)
    await second.reached
    first.open()
    await reading
    store.content = storedRecord(over)
    second.open()
    expect([await writing, records.latest]).toMatchObject([true, over])
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

  test('what was read before it was put back, but requested after, does not undo it', async () => {
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
    const stored = records.overwrite(content({ sessionId: 'session-c' }))
    held.open()
    expect(await reading).toMatchObject({ sessionId: 'session-c' })
    await stored
    expect(await records.read()).toMatchObject({ sessionId: 'session-c' })
    expect(store.content).toMatchObject({ sessionId: 'session-c' })
  })

  test('a sign-in that is stored at last does not undo the later sign-out that is not stored yet', async () => {
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
    expect(records.state).toBe('ahead')
    await records.read()
    expect(records.state).toBe('synced')
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
