import { describe, expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { createRecordsOver } from '../../support/records-rig.ts'
import { createScriptedStore, type StoreFault } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

const faults: readonly StoreFault[] = ['throws', 'rejects', 'hangs']
const landing: readonly StoreFault[] = ['lands-then-throws', 'lands-then-rejects', 'lands-then-hangs']

const create = (options?: Parameters<typeof createScriptedStore>[0]) => {
  const [store, clock] = [createScriptedStore(options), createControlledClock()]
  const failures: string[] = []
  const { records } = createRecordsOver(store, clock, operation => void failures.push(operation))
  /** What it answers once the store's deadline has passed. */
  const settled = async <Answer>(promise: Promise<Answer>): Promise<Answer | 'pending'> => {
    await clock.advance(2000)
    return Promise.race([promise, Promise.resolve('pending' as const)])
  }
  return { store, clock, failures, records, settled }
}

const content = (more: Partial<StoredRecord> = {}) => {
  const { version: _version, revision: _revision, ...rest } = storedRecord(more)
  return rest
}
const tokens = (name: string) => ({ credentials: credentialsOf({ refreshToken: name }) })

describe.each(faults)('promise 9: a store that never works: each call %s', fault => {
  test('SG-03: a read ends within two seconds, and says so: a store that may still respond is not an empty one', async () => {
    const { store, records, failures, settled } = create()
    store.fail('all', fault)
    expect(await settled(records.read())).toBe(fault === 'hangs' ? undefined : null)
    expect(failures).toEqual(['read'])
  })

  test('SG-03: a sign-in is kept in memory, and the next read finds it', async () => {
    const { store, records, failures, settled } = create()
    store.fail('all', fault)
    expect(await settled(records.overwrite(content({ sessionId: 'session-b' })))).toBeUndefined()
    expect(failures).toEqual(['write'])
    expect(await settled(records.read())).toMatchObject({ sessionId: 'session-b' })
  })

  test('a token that never was in the store is used from memory: leased, renewed, read again', async () => {
    const { store, clock, records } = create()
    store.fail('all', fault)
    void records.overwrite(content(tokens('first')))
    await clock.advance(2000)
    let leased: StoredRecord | null | undefined
    records.compareAndSet(records.latest, content({ ...tokens('first'), generation: 0 })).then(written => {
      leased = written
    })
    // Looked at once more, and not waited for a second time.
    await clock.advance(2000)
    expect(leased).toMatchObject({ generation: 0 })
    let renewed: StoredRecord | null | undefined
    records.compareAndSet(leased ?? null, content({ ...tokens('second'), generation: 1 })).then(written => {
      renewed = written
    })
    await clock.advance(4000)
    expect(renewed).toMatchObject({ generation: 1, credentials: { refreshToken: 'second' } })
    expect(records.latest).toBe(renewed)
  })

  test('compare-and-set in memory still compares', async () => {
    const { store, clock, records } = create()
    store.fail('all', fault)
    void records.overwrite(content())
    await clock.advance(2000)
    const stale = records.latest
    void records.overwrite(content({ sessionId: 'session-b' }))
    await clock.advance(2000)
    let written: StoredRecord | null | undefined
    records.compareAndSet(stale, content()).then(answer => {
      written = answer
    })
    await clock.advance(4000)
    expect(written).toBeNull()
    expect(records.latest?.sessionId).toBe('session-b')
  })

  test('a store of this page alone that cannot be read any more costs nothing: no other tab writes it', async () => {
    const { store, records, settled } = create({ shared: false })
    await records.overwrite(content())
    store.fail('all', fault)
    expect(await settled(records.read())).toMatchObject({ sessionId: 'session-a' })
  })
})

describe.each(faults)('promise 9: a shared store that worked, and then each call %s', fault => {
  test('a token that was stored cannot be read, so it is not to be used', async () => {
    const { store, records, settled } = create()
    await records.overwrite(content(tokens('stored')))
    store.fail('all', fault)
    expect(await settled(records.read())).toBeUndefined()
  })

  test('a token that another tab stored cannot be read, so it is not to be used', async () => {
    const { store, records, settled } = create()
    store.content = storedRecord(tokens('of-another-tab'))
    await records.read()
    store.fail('all', fault)
    expect(await settled(records.read())).toBeUndefined()
    expect(records.latest).toMatchObject(tokens('of-another-tab'))
  })

  test('a token whose later write failed is not to be used', async () => {
    const { store, clock, records, settled } = create()
    store.content = storedRecord(tokens('stored'))
    const seen = await records.read()
    store.fail('compareAndSet', fault, 1)
    void records.compareAndSet(seen ?? null, content({ ...tokens('stored'), failures: 1 }))
    await clock.advance(2000)
    expect(records.latest).toMatchObject({ failures: 1 })
    store.fail('all', fault)
    expect(await settled(records.read())).toBeUndefined()
  })

  test('a token that this page stored, and never read back, is not to be used', async () => {
    const { store, clock, records, settled } = create()
    await records.overwrite(content(tokens('stored')))
    store.fail('compareAndSet', fault, 1)
    void records.compareAndSet(records.latest, content({ ...tokens('stored'), failures: 1 }))
    await clock.advance(2000)
    store.fail('all', fault)
    expect(await settled(records.read())).toBeUndefined()
  })

  test('a token that came after the store broke is used from memory', async () => {
    const { store, clock, records, settled } = create()
    store.content = storedRecord(tokens('stored'))
    const seen = await records.read()
    store.fail('all', fault)
    void records.compareAndSet(seen ?? null, content({ ...tokens('newer'), generation: 1 }))
    await clock.advance(2000)
    expect(await settled(records.read())).toMatchObject(tokens('newer'))
  })

  test('signing out is kept in memory', async () => {
    const { store, records, settled } = create()
    await records.overwrite(content())
    store.fail('all', fault)
    await settled(records.overwrite(content({ sessionId: 'over', credentials: null })))
    expect(await settled(records.read())).toMatchObject({ sessionId: 'over', credentials: null })
  })

  test('each failure is reported, with the operation', async () => {
    const { store, clock, records, failures } = create()
    await records.overwrite(content())
    store.fail('all', fault)
    void records.read()
    void records.compareAndSet(records.latest, content())
    void records.overwrite(content())
    await clock.advance(4000)
    expect([...failures].sort()).toEqual(['read', 'write', 'write'])
  })
})

describe.each(landing)('promise 9: a write whose result is lost: it %s', fault => {
  test('a sign-out that landed is found, and stays', async () => {
    const { store, records, settled } = create()
    await records.overwrite(content())
    store.fail('overwrite', fault, 1)
    await settled(records.overwrite(content({ sessionId: 'over', credentials: null })))
    expect(await settled(records.read())).toMatchObject({ sessionId: 'over' })
    expect(store.content).toMatchObject({ sessionId: 'over' })
  })

  test('a sign-in that landed does not outlive a sign-out that did not', async () => {
    const { store, clock, records, settled } = create()
    await records.read()
    store.fail('overwrite', fault, 1)
    void records.overwrite(content())
    await clock.advance(2000)
    store.fail('overwrite', 'rejects', 1)
    await records.overwrite(content({ sessionId: 'over', credentials: null }))
    expect(await settled(records.read())).toMatchObject({ sessionId: 'over' })
    expect(store.content).toMatchObject({ sessionId: 'over', credentials: null })
  })

  test('newer tokens that landed are found, and can be overwritten by a tab that knows them', async () => {
    const { store, clock, records } = create()
    store.content = storedRecord(tokens('first'))
    const seen = await records.read()
    store.fail('compareAndSet', fault, 1)
    let renewed: StoredRecord | null = null
    records.compareAndSet(seen ?? null, content({ ...tokens('second'), generation: 1 })).then(written => {
      renewed = written
    })
    await clock.advance(2000)
    expect(renewed).toMatchObject(tokens('second'))
    expect(store.content).toMatchObject(tokens('second'))
    const next = await records.compareAndSet(renewed, content({ ...tokens('third'), generation: 2 }))
    expect(next).toMatchObject(tokens('third'))
    expect(store.content).toEqual(next)
  })

  test('a lease that landed, and that another tab has replaced, is not put back', async () => {
    const { store, clock, records, settled } = create()
    store.content = storedRecord(tokens('first'))
    const seen = await records.read()
    store.fail('compareAndSet', fault, 1)
    void records.compareAndSet(seen ?? null, content(tokens('first')))
    await clock.advance(2000)
    const others = storedRecord({ ...tokens('second'), generation: 1 })
    store.content = others
    expect(await settled(records.read())).toEqual(others)
    expect(store.content).toBe(others)
  })
})

describe('promise 9: a store that takes everything and keeps nothing', () => {
  const createForgetful = (found: unknown) => {
    const made = create()
    made.store.fail('read', { answers: found })
    made.store.fail('overwrite', { answers: undefined })
    made.store.fail('compareAndSet', { answers: true })
    return made
  }

  test.each([null, undefined, 'garbage', {}])(
    'SG-03: and returns %j: a sign-in is kept in memory, and the failure is reported once',
    async found => {
      const { records, failures } = createForgetful(found)
      await records.overwrite(content({ sessionId: 'session-b' }))
      expect(await records.read()).toMatchObject({ sessionId: 'session-b' })
      expect(await records.read()).toMatchObject({ sessionId: 'session-b' })
      expect([records.state, failures]).toEqual(['unreliable', ['write']])
    },
  )

  test('tokens are renewed in memory, and old ones do not come back', async () => {
    const { records } = createForgetful(null)
    await records.overwrite(content(tokens('first')))
    const written = await records.compareAndSet(records.latest, content({ ...tokens('second'), generation: 1 }))
    expect(written).toMatchObject(tokens('second'))
    expect(await records.read()).toBe(written)
  })

  test('signing out is kept in memory', async () => {
    const { records } = createForgetful(null)
    await records.overwrite(content())
    await records.overwrite(content({ sessionId: 'over', credentials: null }))
    expect(await records.read()).toMatchObject({ sessionId: 'over', credentials: null })
  })

  test('is not one that was cleared: a record that was ever read back is missed', async () => {
    const { store, records } = create()
    await records.overwrite(content())
    store.content = null
    expect(await records.read()).toBeNull()
  })

  test('is not one whose first write failed: that is tried again', async () => {
    const { store, records } = create()
    store.fail('overwrite', 'rejects', 1)
    await records.overwrite(content({ sessionId: 'session-b' }))
    expect(await records.read()).toMatchObject({ sessionId: 'session-b' })
    expect(store.content).toMatchObject({ sessionId: 'session-b' })
    expect(records.state).toBe('synced')
  })

  test('that begins to keep is used, and what another tab stored there counts', async () => {
    const { store, records } = createForgetful(null)
    await records.overwrite(content())
    store.mend()
    const others = storedRecord({ sessionId: 'session-b' })
    store.content = others
    expect(await records.read()).toEqual(others)
  })
})
