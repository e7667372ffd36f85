import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { content, create, createAhead, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const tokens = (name: string | null) => ({ credentials: credentialsOf({ refreshToken: name }) })

describe('promise 12: a sign-out that could not be stored', () => {
  test('is not undone by a refresh that ends after it', async () => {
    const { store, records, before } = await createAhead()
    expect(await records.compareAndSet(before, content({ sessionId: 'session-a', generation: 1 }))).toBeNull()
    expect(records.latest).toMatchObject(over)
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('is not undone by a refresh that is stored at the same moment', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const held = store.hold('compareAndSet', 'before')
    const writing = records.compareAndSet(seen ?? null, content({ generation: 1 }))
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 1)
    store.fail('remove', 'rejects', 1)
    await records.overwrite(content(over))
    held.open()
    expect(await writing).toBeNull()
    expect(records.state).toBe('ahead')
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('is not what another tab has started a session with since, also if the store was never read before', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a' })
    for (const call of ['overwrite', 'compareAndSet', 'remove'] as const) store.fail(call, 'rejects', 1)
    await records.overwrite(content(over))
    expect(records.state).toBe('ahead')
    const others = storedRecord({ sessionId: 'session-c' })
    store.content = others
    expect(await records.read()).toEqual(others)
    expect(store.content).toBe(others)
  })

  test('is not written over a sign-in that came while the store was looked at again', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    store.fail('overwrite', 'rejects', 1)
    const held = store.hold('read')
    const signedOut = records.overwrite(content(over))
    await held.reached
    await records.overwrite(content({ sessionId: 'session-c' }))
    held.open()
    await signedOut
    expect(store.content).toMatchObject({ sessionId: 'session-c' })
    expect([records.latest?.sessionId, records.state]).toEqual(['session-c', 'synced'])
  })

  test('costs a lease of the former session no further call', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('stored'))
    const seen = (await records.read()) as StoredRecord
    for (const call of ['overwrite', 'compareAndSet', 'remove'] as const) store.fail(call, 'rejects')
    await records.overwrite(content(over))
    const { length } = store.calls
    expect(await records.acquireLease(seen, content(tokens('stored')))).toBeNull()
    expect(store.calls).toHaveLength(length)
  })

  test('is not undone by a refresh that waits for the store meanwhile', async () => {
    const { store, records } = create()
    store.fail('overwrite', 'rejects')
    store.fail('compareAndSet', 'rejects')
    store.fail('remove', 'rejects')
    await records.overwrite(content())
    const held = store.hold('read')
    const writing = records.compareAndSet(records.latest, content({ generation: 1 }))
    await records.overwrite(content(over))
    held.open()
    expect(await writing).toBeNull()
    expect(records.latest).toMatchObject(over)
  })

  test('is not undone where a lease is given up, since the token cannot be taken out of the store', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('stored'))
    const seen = (await records.read()) as StoredRecord
    for (const call of ['compareAndSet', 'overwrite', 'remove'] as const) store.fail(call, 'rejects')
    const held = store.hold('read')
    const leasing = records.acquireLease(seen, content(tokens('stored')))
    await held.reached
    await records.overwrite(content(over))
    held.open()
    expect(await leasing).toBeNull()
    expect(records.latest).toMatchObject(over)
  })
})

describe('what is put back into the store', () => {
  test('is not what another tab wrote about the same session since, although this page has tried to put its own back', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 1)
    await records.overwrite(content({ generation: 1 }))
    expect(records.state).toBe('ahead')
    const others = storedRecord({ generation: 2 })
    store.content = others
    expect(await records.read()).toEqual(others)
    expect(store.content).toBe(others)
  })

  test('is not taken for lost by a read that began before it', async () => {
    const [store, clock, failures] = [createScriptedStore(), createControlledClock(), [] as string[]]
    const { records } = createRecordsOver(store, clock, operation => void failures.push(operation))
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 1)
    await records.overwrite(content())
    const putting = store.hold('compareAndSet')
    const first = records.read()
    await putting.reached
    const held = store.hold('read', 'before')
    const second = records.read()
    putting.open()
    await first
    held.open()
    expect(await second).toMatchObject({ sessionId: 'session-a' })
    expect([records.state, failures]).toEqual(['synced', ['write', 'write']])
  })

  test('is not put back once more if it was stored although the store said otherwise', async () => {
    const { store, records, before } = await createAhead()
    store.content = storedRecord({ sessionId: before.sessionId, generation: 1 })
    store.fail('compareAndSet', 'lands-then-rejects', 1)
    await records.read()
    const { length } = store.calls
    await records.read()
    expect(store.calls.slice(length)).toEqual(['read'])
    expect([records.state, records.latest]).toEqual(['synced', store.content])
  })

  test('does not take the place of who signed in while it was stored', async () => {
    const { store, records } = await createAhead()
    const held = store.hold('compareAndSet', 'before')
    const reading = records.read()
    await held.reached
    const stored = records.overwrite(content({ sessionId: 'session-c' }))
    held.open()
    expect(await reading).toMatchObject({ sessionId: 'session-c' })
    await stored
    expect(await records.read()).toMatchObject({ sessionId: 'session-c' })
  })

  test('is followed by who signed in while it was stored, if that could not be stored', async () => {
    const { store, records } = await createAhead()
    const held = store.hold('compareAndSet', 'before')
    const reading = records.read()
    await held.reached
    store.fail('overwrite', 'rejects', 1)
    store.fail('compareAndSet', 'rejects', 1)
    await records.overwrite(content({ sessionId: 'session-c' }))
    held.open()
    expect(await reading).toMatchObject({ sessionId: 'session-c' })
    expect(store.content).toMatchObject({ sessionId: 'session-c' })
  })

  test('is written three times in a row at most, and stays in memory', async () => {
    const { store, records } = create()
    store.fail('overwrite', 'throws')
    store.fail('compareAndSet', { answers: false })
    await records.overwrite(content())
    const writes = () => store.calls.filter(call => call === 'compareAndSet').length
    expect([writes(), records.state]).toEqual([3, 'ahead'])
    await records.read()
    expect([writes(), records.state]).toEqual([6, 'ahead'])
  })
})
