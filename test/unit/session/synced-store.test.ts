import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createRecordsOver } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const create = (options?: Parameters<typeof createScriptedStore>[0]) => {
  const [store, clock] = [createScriptedStore(options), createControlledClock()]
  const failures: string[] = []
  const { records } = createRecordsOver(store, clock, operation => void failures.push(operation))
  return { store, clock, failures, records }
}

const content = (more: Partial<StoredRecord> = {}) => {
  const { version: _version, revision: _revision, ...rest } = storedRecord(more)
  return rest
}

describe('records over a store that works', () => {
  test('reading an empty store returns null', async () => {
    const { records, failures } = create()
    expect(await records.read()).toBeNull()
    expect([records.latest, failures]).toEqual([null, []])
  })

  test('what was read is the latest', async () => {
    const { store, records } = create()
    const record = storedRecord()
    store.content = record
    expect(await records.read()).toEqual(record)
    expect(records.latest).toEqual(record)
  })

  test('each write has a revision of its own and the version of this library', async () => {
    const { store, records } = create()
    await records.overwrite(content())
    const first = store.content as StoredRecord
    await records.overwrite(content())
    const second = store.content as StoredRecord
    expect([first.version, second.version]).toEqual([2, 2])
    expect(first.revision).toMatch(/^\d{1,10}(-\d{1,10}){3}$/)
    expect(second.revision).not.toBe(first.revision)
  })

  test('a write that is passed a revision and a version uses neither', async () => {
    const { store, records } = create()
    const record = storedRecord()
    await records.overwrite({ ...record, version: 7 } as StoredRecord)
    expect(store.content).toMatchObject({ version: 2, sessionId: record.sessionId })
    expect((store.content as StoredRecord).revision).not.toBe(record.revision)
  })

  test('after a compare-and-set that lost against another tab, a read that fails does not return the old record', async () => {
    const { store, records } = create()
    store.content = storedRecord({ credentials: credentialsOf({ refreshToken: null }) })
    const seen = await records.read()
    const newer = storedRecord({ sessionId: 'over', credentials: null })
    store.content = newer
    expect(await records.compareAndSet(seen ?? null, content())).toBeNull()
    store.fail('read', 'rejects', 1)
    expect(await records.read()).toBeUndefined()
    expect(await records.read()).toEqual(newer)
  })

  test('compare-and-set overwrites the expected record, and returns what it wrote', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const written = await records.compareAndSet(seen ?? null, content({ generation: 1 }))
    expect(written).toMatchObject({ generation: 1 })
    expect(store.content).toEqual(written)
    expect(records.latest).toEqual(written)
  })

  test('compare-and-set over nothing writes the first record', async () => {
    const { store, records } = create()
    const written = await records.compareAndSet(null, content())
    expect(store.content).toEqual(written)
  })

  test('compare-and-set over another record writes nothing, returns null, and leaves the latest as it was', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    const seen = await records.read()
    const others = storedRecord({ generation: 1 })
    store.content = others
    expect(await records.compareAndSet(seen ?? null, content({ generation: 1 }))).toBeNull()
    expect(store.content).toBe(others)
    expect(records.latest).toEqual(seen)
  })

  test('overwriting counts at once, before the store has responded', async () => {
    const { store, records } = create()
    const held = store.hold('overwrite')
    const stored = records.overwrite(content({ sessionId: 'session-b' }))
    expect(records.latest?.sessionId).toBe('session-b')
    held.open()
    await stored
    expect(store.content).toMatchObject({ sessionId: 'session-b' })
  })

  test('calls reach the store in the task in which they were made, so in the order in which they were made', () => {
    const { store, records } = create()
    void records.overwrite(content())
    void records.read()
    void records.compareAndSet(null, content())
    expect(store.calls.slice(0, 2)).toEqual(['overwrite', 'read'])
  })

  test('no timer is left behind', async () => {
    const { clock, records } = create()
    await records.overwrite(content())
    await records.compareAndSet(records.latest, content())
    await records.read()
    expect(clock.pendingTimers).toBe(0)
  })

  test('what the store says of itself is passed on', () => {
    const { records } = create({ shared: false, lagMs: 250 })
    expect([records.shared, records.lagMs]).toEqual([false, 250])
    expect(create().records.lagMs).toBe(0)
  })
})

describe('records over an invalid record', () => {
  const garbage: readonly (readonly [name: string, found: unknown])[] = [
    ['undefined', undefined],
    ['false', false],
    ['a number', 7],
    ['a text', 'session'],
    ['an empty object', {}],
    ['an array', [storedRecord()]],
    ['a record without a version', { ...storedRecord(), version: undefined }],
    ['a version that is a text', { ...storedRecord(), version: '1' }],
    ['a revision that is a number', { ...storedRecord(), revision: 1 }],
    ['a session that is null', { ...storedRecord(), sessionId: null }],
    ['a generation that is a text', { ...storedRecord(), generation: '0' }],
    ['a generation that is NaN', { ...storedRecord(), generation: Number.NaN }],
    ['a fractional generation', { ...storedRecord(), generation: 0.5 }],
    ['credentials that are a text', { ...storedRecord(), credentials: 'access' }],
    ['credentials that are a number', { ...storedRecord(), credentials: 1 }],
    ['no word of credentials', { ...storedRecord(), credentials: undefined }],
  ]
  test.each(garbage)('SG-03: %s counts as no record, without an error', async (_name, found) => {
    const { store, records, failures } = create()
    store.content = found
    expect(await records.read()).toBeNull()
    expect([records.latest, failures]).toEqual([null, []])
  })

  test.each(garbage)('SG-03: %s is overwritten by a sign-in', async (_name, found) => {
    const { store, records } = create()
    store.content = found
    await records.read()
    await records.overwrite(content({ sessionId: 'session-b' }))
    expect(await records.read()).toMatchObject({ sessionId: 'session-b' })
  })

  test('SG-03: an invalid record with a revision can be overwritten by compare-and-set', async () => {
    const { store, records } = create()
    store.content = { revision: 'of-something-else' }
    const seen = await records.read()
    expect(seen).toBeNull()
    expect(await records.compareAndSet(null, content())).not.toBeNull()
    expect(store.content).toMatchObject({ version: 2 })
  })

  test('a record of a newer version cannot be read, which differs from no record', async () => {
    const { store, records } = create()
    store.content = storedRecord({ version: 3 })
    expect(await records.read()).toBeUndefined()
    expect(records.latest).toBeNull()
  })

  test('a record that became one of a newer version leaves what was known before', async () => {
    const { store, records } = create()
    const record = storedRecord()
    store.content = record
    await records.read()
    const newer = storedRecord({ version: 3, generation: 1 })
    store.content = newer
    expect(await records.read()).toBeUndefined()
    expect(records.latest).toEqual(record)
    expect(await records.compareAndSet(records.latest, content())).toBeNull()
    expect(store.content).toBe(newer)
  })

  test('SG-04: a store that was cleared holds nothing', async () => {
    const { store, records } = create()
    store.content = storedRecord()
    await records.read()
    store.content = null
    expect(await records.read()).toBeNull()
    expect(records.latest).toBeNull()
  })

  test('SG-04: a record of this page that was cleared is not put back', async () => {
    const { store, records } = create()
    await records.overwrite(content({ credentials: credentialsOf() }))
    store.content = null
    expect(await records.read()).toBeNull()
    expect(store.content).toBeNull()
  })
})
