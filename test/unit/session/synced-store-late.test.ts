import { describe, expect, test } from 'vitest'
import { content, create, over } from '../../support/records-rig.ts'
import { storedRecord } from '../../support/session-records.ts'

const pending = Symbol('pending')

describe('promise 9: a store that takes longer than its deadline is not an empty one', () => {
  const startSlow = async () => {
    const made = create()
    const record = storedRecord({ sessionId: 'session-a' })
    made.store.content = record
    const held = made.store.hold('read')
    const reading = made.records.read()
    await made.clock.advance(2000)
    return { ...made, record, held, reading }
  }

  test('its content is unknown', async () => {
    const { records, reading, late } = await startSlow()
    expect(await reading).toBeUndefined()
    expect([records.latest, records.state, late]).toEqual([null, 'unread', []])
  })

  test('its late response counts, and is reported', async () => {
    const { records, clock, held, record, late } = await startSlow()
    held.open()
    await clock.settle()
    expect([records.latest, records.state, late]).toEqual([record, 'synced', [record]])
  })

  test('a late response without a record counts as well', async () => {
    const { store, records, clock, held, late } = await startSlow()
    store.content = null
    held.open()
    await clock.settle()
    expect([records.state, late]).toEqual(['synced', [null]])
  })

  test('a late record of a newer version is ignored', async () => {
    const { store, records, clock, held, late } = await startSlow()
    store.content = storedRecord({ version: 3 })
    held.open()
    await clock.settle()
    expect([records.state, late]).toEqual(['unread', []])
  })

  test('what was read meanwhile is newer than the late response', async () => {
    const { store, records, clock, held, late } = await startSlow()
    const newest = storedRecord({ sessionId: 'session-b' })
    store.content = newest
    expect(await records.read()).toEqual(newest)
    store.content = storedRecord({ sessionId: 'session-a' })
    held.open()
    await clock.settle()
    expect(records.latest).toEqual(newest)
    expect(late).toEqual([newest])
  })

  test('promise 12: a sign-out meanwhile is not undone by the late response', async () => {
    const { store, records, clock, held } = await startSlow()
    await records.overwrite(content(over))
    held.open()
    await clock.settle()
    expect(records.latest).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })

  test('a late failure changes nothing', async () => {
    const { store, records, clock } = create()
    let fail = (_reason: Error) => {}
    store.read = () => new Promise((_, reject) => (fail = reject))
    const reading = records.read()
    await clock.advance(2000)
    fail(new Error('too late'))
    await clock.settle()
    expect(await reading).toBeUndefined()
    expect(records.state).toBe('unread')
  })
})

describe('promise 9: a store whose first read fails', () => {
  test('is read again within its deadline: a short failure does not mean signed out', async () => {
    const { store, clock, records } = create()
    const record = storedRecord()
    store.content = record
    store.fail('read', 'rejects', 3)
    const reading = records.read()
    await clock.advance(600)
    expect(await reading).toEqual(record)
    expect(records.state).toBe('synced')
  })

  test('is replaced by memory once the deadline has passed', async () => {
    const { store, clock, records } = create()
    store.fail('read', 'rejects')
    const reading = records.read()
    await clock.advance(1500)
    expect(await Promise.race([reading, Promise.resolve(pending)])).toBe(pending)
    await clock.advance(499)
    expect(await reading).toBeNull()
    expect(records.state).toBe('unreliable')
  })

  test.each(['SecurityError', 'ReferenceError', 'TypeError'])(
    'with a %s does not exist, and is not waited for: an opaque origin, a server, a webview without storage',
    async name => {
      const { store, records } = create()
      store.read = () => Promise.reject(Object.assign(new Error('not here'), { name }))
      expect(await records.read()).toBeNull()
      expect(records.state).toBe('unreliable')
    },
  )

  test('may work later: then it counts', async () => {
    const { store, clock, records } = create()
    store.fail('read', 'rejects', 10)
    const reading = records.read()
    await clock.advance(2000)
    expect(await reading).toBeNull()
    const record = storedRecord()
    store.content = record
    expect(await records.read()).toEqual(record)
    expect(records.state).toBe('synced')
  })

  test('is not read again after a sign-in meanwhile', async () => {
    const { store, clock, records } = create()
    store.fail('read', 'rejects')
    const reading = records.read()
    await records.overwrite(content({ sessionId: 'session-b' }))
    await clock.advance(2000)
    expect(await reading).toBeUndefined()
    expect(records.latest).toMatchObject({ sessionId: 'session-b' })
  })
})
