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

test('The credentials that the store holds can be looked at: none without a record, or if it cannot be read', async () => {
  const { store, records } = create()
  expect(await records.peekCredentials?.()).toBeNull()
  store.content = storedRecord(tokens('stored'))
  expect(await records.peekCredentials?.()).toEqual(credentialsOf({ refreshToken: 'stored' }))
  store.fail('read', 'rejects', 1)
  expect(await records.peekCredentials?.()).toBeNull()
  expect([records.latest, records.state]).toEqual([null, 'unread'])
})

test('A sign-in that is stored after the sign-out that followed it leaves the sign-out to be written once more', async () => {
  const { store, records } = create()
  store.content = storedRecord()
  await records.read()
  const held = store.hold('overwrite')
  const signedIn = records.overwrite(content({ sessionId: 'session-b' }))
  await records.overwrite(content(over))
  held.open()
  await signedIn
  expect(records.state).toBe('ahead')
  expect(await records.read()).toMatchObject(over)
  expect(store.content).toMatchObject(over)
})

test('A sign-out counts as not stored yet while it is written', async () => {
  const { store, records } = create()
  const held = store.hold('overwrite')
  const stored = records.overwrite(content(over))
  expect(records.state).toBe('ahead')
  held.open()
  await stored
  expect(records.state).toBe('synced')
})

describe('compare-and-set', () => {
  test('counts when it is stored, and not before, also if the record before it had to be put back', async () => {
    const { store, records } = await createAhead()
    const former = records.latest
    const held = store.hold('compareAndSet')
    const writing = records.compareAndSet(former, content({ ...over, generation: 1 }))
    await held.reached
    expect(records.latest).toBe(former)
    held.open()
    expect(await writing).toBe(records.latest)
    expect(records.latest).toMatchObject({ generation: 1 })
  })

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
