import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { content, create, over } from '../../support/records-rig.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const tokens = (name: string) => ({ credentials: credentialsOf({ refreshToken: name }) })
const leaseOf = (name: string) => ({
  ...tokens(name),
  lease: { id: 'mine', generation: 0, startedAt: 0, underLock: false },
})

/** A token that was stored, in a store that can be read and, from now on, not be written. */
const createFull = async () => {
  const made = create()
  made.store.content = storedRecord(tokens('stored'))
  const seen = (await made.records.read()) as StoredRecord
  made.store.fail('compareAndSet', 'rejects')
  made.store.fail('overwrite', 'rejects')
  const stored = () => JSON.stringify(made.store.content)
  return { ...made, seen, stored }
}

describe('promise 9: a store that can be read but not written, before a refresh', () => {
  test('is cleared, and the lease is in memory', async () => {
    const { records, seen, stored } = await createFull()
    expect(await records.acquireLease(seen, content(leaseOf('stored')))).toMatchObject(leaseOf('stored'))
    expect([stored(), records.state]).toEqual(['null', 'ahead'])
  })

  test('without a way to remove: a record without credentials takes its place', async () => {
    const { store, records, seen } = await createFull()
    Object.assign(store, { remove: undefined })
    store.mend()
    store.fail('compareAndSet', 'rejects', 2)
    expect(await records.acquireLease(seen, content(leaseOf('stored')))).toMatchObject(leaseOf('stored'))
    expect(store.content).toMatchObject({ credentials: null, endedBy: 'signed-out' })
  })

  test('where even that fails the token may not be used, and stays as it was', async () => {
    const { store, records, seen } = await createFull()
    store.fail('remove', 'rejects')
    expect(await records.acquireLease(seen, content(leaseOf('stored')))).toBeUndefined()
    expect(store.content).toEqual(seen)
    expect([records.latest, records.state]).toEqual([seen, 'synced'])
  })

  test('a single write that fails is tried again, and nothing is cleared', async () => {
    const { store, records, seen } = await createFull()
    store.mend()
    store.fail('compareAndSet', 'rejects', 1)
    expect(await records.acquireLease(seen, content(leaseOf('stored')))).toMatchObject(leaseOf('stored'))
    expect(store.content).toMatchObject(leaseOf('stored'))
    expect(records.state).toBe('synced')
  })

  test('another tab that wrote meanwhile keeps what it wrote', async () => {
    const { store, records, seen } = await createFull()
    const others = storedRecord({ generation: 1, ...tokens('newer') })
    const held = store.hold('read')
    const claiming = records.acquireLease(seen, content(leaseOf('stored')))
    await held.reached
    store.content = others
    held.open()
    expect(await claiming).toBeNull()
    expect(store.content).toBe(others)
  })

  test('a token that the store shows for another session may not be used either: an app signs in with the one it has kept', async () => {
    const { store, records } = create()
    store.content = storedRecord({ sessionId: 'session-a', ...tokens('kept') })
    for (const call of ['overwrite', 'compareAndSet', 'remove'] as const) store.fail(call, 'rejects')
    await records.overwrite(content({ sessionId: 'session-b', ...tokens('kept') }))
    const lease = content({ sessionId: 'session-b', ...leaseOf('kept') })
    expect(await records.acquireLease(records.latest, lease)).toBeUndefined()
  })

  test('a token that was never stored needs none of this', async () => {
    const { store, records } = create()
    store.fail('all', 'rejects')
    await records.overwrite(content(tokens('memory')))
    expect(await records.acquireLease(records.latest, content(leaseOf('memory')))).toMatchObject(leaseOf('memory'))
  })
})

describe('promise 9: a store that can be read but not written, after a refresh', () => {
  test('newer tokens are in memory, and the used one is removed', async () => {
    const { records, seen, stored } = await createFull()
    const written = await records.compareAndSet(seen, content({ ...tokens('newer'), generation: 1 }))
    expect(written).toMatchObject(tokens('newer'))
    expect(stored()).toBe('null')
  })

  test('the newest tokens are written once there is space', async () => {
    const { store, records, seen } = await createFull()
    await records.acquireLease(seen, content(leaseOf('stored')))
    store.mend()
    const leased = records.latest
    const writes: unknown[] = []
    const { compareAndSet } = store
    store.compareAndSet = (name, expected, next) => {
      writes.push((next as StoredRecord).credentials?.refreshToken)
      return compareAndSet(name, expected, next)
    }
    await records.compareAndSet(leased, content({ ...tokens('newer'), generation: 1 }))
    expect(writes).toEqual(['newer'])
    expect(store.content).toMatchObject(tokens('newer'))
    expect(records.state).toBe('synced')
  })

  test('a failure that is noted beside the same token removes nothing', async () => {
    const { store, records, seen } = await createFull()
    await records.compareAndSet(seen, content({ ...tokens('stored'), failures: 1 }))
    await records.read()
    expect(store.content).toEqual(seen)
  })

  test.each([
    ['sign-out', content(over)],
    ['sign-in of somebody else', content({ sessionId: 'session-b', ...tokens('theirs') })],
  ])('promise 12: a %s removes the former tokens, also if this page had not read them', async (_name, next) => {
    for (const readBefore of [true, false]) {
      const { store, records } = create()
      store.content = storedRecord(tokens('stored'))
      if (readBefore) await records.read()
      store.fail('compareAndSet', 'rejects')
      store.fail('overwrite', 'rejects')
      await records.overwrite(next)
      expect(store.content).toBeNull()
      expect(await records.read()).toMatchObject({ sessionId: next.sessionId })
    }
  })
})

describe('promise 12: a slow sign-in', () => {
  test('that lands after a sign-out was stored does not undo it', async () => {
    const { store, clock, records } = create()
    const held = store.hold('overwrite')
    void records.overwrite(content({ sessionId: 'session-b' }))
    await clock.advance(2000)
    await records.overwrite(content(over))
    held.open()
    await clock.settle()
    expect(store.content).toMatchObject({ sessionId: 'session-b' })
    expect(await records.read()).toMatchObject(over)
    expect(store.content).toMatchObject(over)
  })
})

test('promise 4: a store that loses a write that it had confirmed does not bring back the token before it', async () => {
  const { store, records } = create()
  const before = storedRecord(tokens('stored'))
  store.content = before
  const seen = (await records.read()) as StoredRecord
  await records.compareAndSet(seen, content({ ...tokens('newer'), generation: 1 }))
  store.content = before
  expect(await records.read()).toMatchObject(tokens('newer'))
  expect(store.content).toMatchObject(tokens('newer'))
})

test('No retry without a bound: a store that refuses every write and shows nothing new is tried a few times', async () => {
  const { store, records } = create()
  store.fail('overwrite', 'throws')
  store.fail('compareAndSet', { answers: false })
  await records.overwrite(content())
  const before = store.calls.length
  expect(await records.read()).toMatchObject({ sessionId: 'session-a' })
  expect(store.calls.length - before).toBeLessThan(10)
})

// Found by the fuzzer of stores: what such a store shows says nothing about what it shows later.
describe('promise 9: a store that does not show what it holds', () => {
  const garbage = { answers: { revision: 'somebody', credentials: 7 } }

  test('an older record, and takes no write over it: the token that was written may not be used', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('old'))
    const old = await records.read()
    await records.overwrite(content(tokens('stored')))
    const seen = records.latest as StoredRecord
    store.fail('read', { answers: old })
    expect(await records.read()).toMatchObject(tokens('stored'))
    expect(await records.acquireLease(records.latest, content(leaseOf('stored')))).toBeUndefined()
    expect(store.content).toEqual(seen)
  })

  test('garbage where no record was ever seen: the same, and what it holds is not taken for newer later', async () => {
    const { store, records } = create()
    store.fail('read', garbage)
    await records.overwrite(content(tokens('stored')))
    expect(records.state).toBe('unreliable')
    store.fail('remove', { answers: false }, 1)
    expect(await records.acquireLease(records.latest, content(leaseOf('stored')))).toBeUndefined()
    await records.compareAndSet(records.latest, content({ generation: 1, ...tokens('newer') }))
    store.mend()
    expect(await records.read()).toMatchObject(tokens('newer'))
    expect(store.content).toMatchObject(tokens('newer'))
  })

  test('nothing, and keeps nothing: the token is used from memory', async () => {
    const { store, records } = create()
    store.fail('read', { answers: null })
    await records.overwrite(content(tokens('stored')))
    expect(await records.acquireLease(records.latest, content(leaseOf('stored')))).toMatchObject(leaseOf('stored'))
  })

  test('an older record for a while: the record before it does not come back for the newer one of this page', async () => {
    const { store, records } = create()
    store.content = storedRecord(tokens('old'))
    const old = await records.read()
    await records.overwrite(content(tokens('stored')))
    store.fail('read', { answers: old })
    await records.compareAndSet(records.latest, content({ generation: 1, ...tokens('newer') }))
    await records.read()
    await records.compareAndSet(records.latest, content({ generation: 2, ...tokens('newest') }))
    store.mend()
    expect(await records.read()).toMatchObject(tokens('newest'))
    expect(store.content).toMatchObject(tokens('newest'))
  })
})
