import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { content, create, createAhead, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const tokens = (name: string | null) => ({ credentials: credentialsOf({ refreshToken: name }) })

describe('a store that cannot be read for a moment', () => {
  test('leaves the page in step with it, and a session without a refresh token is not to be used meanwhile either', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens(null))
    await records.read()
    store.fail('read', 'rejects', 1)
    expect(await records.read()).toBeUndefined()
    expect(records.state).toBe('synced')
  })

  test('does not mean signed out where it is of this page alone and has not responded yet', async () => {
    const [store, clock] = [createScriptedStore({ shared: false }), createControlledClock()]
    const { records } = createRecordsOver(store, clock)
    store.hold('read')
    const reading = records.read()
    await clock.advance(2000)
    expect(await reading).toBeUndefined()
  })

  test('keeps in memory who signed in after a sign-out that was stored', async () => {
    const { store, records } = create()
    store.content = storedRecord(over)
    await records.read()
    store.fail('all', 'rejects')
    await records.overwrite(content({ sessionId: 'session-b', ...tokens('memory') }))
    expect(await records.read()).toMatchObject({ sessionId: 'session-b', ...tokens('memory') })
  })
})

describe('a record of a newer release', () => {
  test('that the later of two reads finds: the earlier one does not mean signed out', async () => {
    const { store, records } = create()
    const held = store.hold('read', 'before')
    const early = records.read()
    store.content = storedRecord({ version: 3 })
    expect(await records.read()).toBeUndefined()
    held.open()
    expect(await early).toBeUndefined()
  })

  test('promise 12: does not undo a sign-out that could not be stored', async () => {
    const { store, records } = await createAhead()
    const newer = storedRecord({ version: 3 })
    store.content = newer
    expect(await records.read()).toMatchObject(over)
    expect([records.latest?.sessionId, store.content]).toEqual(['over', newer])
  })
})

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

test('promise 4: newer tokens that could not be stored over those of this page are stored by the next read', async () => {
  const { store, records } = create()
  store.content = storedRecord(tokens('first'))
  const seen = (await records.read()) as StoredRecord
  const second = await records.compareAndSet(seen, content({ ...tokens('second'), generation: 1 }))
  store.fail('compareAndSet', 'rejects', 1)
  store.fail('read', 'rejects', 1)
  await records.compareAndSet(second, content({ ...tokens('third'), generation: 2 }))
  expect(records.state).toBe('ahead')
  expect(await records.read()).toMatchObject(tokens('third'))
  expect(store.content).toMatchObject(tokens('third'))
})

test('promise 4: a used token is not sent as long as the store says that it did not remove it', async () => {
  const { store, records } = create()
  store.content = storedRecord(tokens('stored'))
  const seen = (await records.read()) as StoredRecord
  store.fail('compareAndSet', 'rejects')
  store.fail('remove', { answers: false })
  expect(await records.acquireLease(seen, content(tokens('stored')))).toBeUndefined()
  expect(await records.acquireLease(seen, content(tokens('stored')))).toBeUndefined()
})

describe('compare-and-set', () => {
  test('over a record that has disappeared returns null', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = (await records.read()) as StoredRecord
    store.content = null
    await records.read()
    expect(await records.compareAndSet(seen, content({ generation: 1 }))).toBeNull()
    expect(store.content).toBeNull()
  })

  test('of the first record brings the page into step with the store', async () => {
    const { records } = create()
    await records.compareAndSet(null, content())
    expect(records.state).toBe('synced')
  })

  test('after a lease that was stored although the store said otherwise is stored, too', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('first'))
    const seen = (await records.read()) as StoredRecord
    store.fail('compareAndSet', 'lands-then-rejects', 1)
    const leased = await records.compareAndSet(seen, content(tokens('first')))
    expect(records.state).toBe('ahead')
    const renewed = await records.compareAndSet(leased, content({ ...tokens('second'), generation: 1 }))
    expect(renewed).toMatchObject(tokens('second'))
    expect(store.content).toEqual(renewed)
  })

  test('that fails returns null if another tab has written meanwhile, and that record counts', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('first'))
    const seen = (await records.read()) as StoredRecord
    store.fail('compareAndSet', 'rejects', 1)
    const held = store.hold('read')
    const writing = records.compareAndSet(seen, content({ ...tokens('second'), generation: 1 }))
    await held.reached
    const others = storedRecord({ ...tokens('of-another-tab'), generation: 1 })
    store.content = others
    held.open()
    expect(await writing).toBeNull()
    expect(records.latest).toEqual(others)
  })
})
