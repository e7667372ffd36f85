import { describe, expect, test, vi } from 'vitest'
import type { SessionStore } from '../../../src/session/session-store.ts'
import { createControlledClock } from '../../support/clock.ts'
import { content, createRecordsOver, over } from '../../support/records-rig.ts'
import { createScriptedStore } from '../../support/scripted-store.ts'
import { credentialsOf, storedRecord } from '../../support/session-records.ts'

describe('a store that says what a write over any record has replaced', () => {
  const createSwapping = () => {
    const [store, failed, replaced] = [createScriptedStore(), vi.fn(), vi.fn()]
    const getAndSet: SessionStore['getAndSet'] = async (name, next) => {
      const former = await store.read(name)
      if (former?.version !== 3) await store.overwrite(name, next)
      return former
    }
    const { records } = createRecordsOver(Object.assign(store, { getAndSet }), createControlledClock(), failed)
    return { store, records, failed, replaced }
  }

  test('says none over no record, and then the credentials of the record before', async () => {
    const { records, failed, replaced } = createSwapping()
    await records.overwrite(content({ credentials: credentialsOf({ refreshToken: 'first' }) }), replaced)
    await records.overwrite(content(over), replaced)
    expect(replaced.mock.calls).toEqual([[null], [credentialsOf({ refreshToken: 'first' })]])
    expect(failed).not.toHaveBeenCalled()
  })

  test('writes once and without a failure where that is not asked for', async () => {
    const { store, records, failed } = createSwapping()
    await records.overwrite(content())
    expect(store.calls.filter(call => call === 'overwrite')).toHaveLength(1)
    expect([failed.mock.calls, records.state]).toEqual([[], 'synced'])
  })

  test('has not written if it held the record of a newer release', async () => {
    const { store, records, failed } = createSwapping()
    const newer = storedRecord({ version: 3 })
    store.content = newer
    await records.overwrite(content(over))
    expect(failed.mock.calls).toMatchObject([['write', { message: expect.stringContaining('newer release') }]])
    expect([store.content, records.state]).toEqual([newer, 'ahead'])
  })
})
