import { createSyncedStore } from '../../src/session/create-synced-store.ts'
import type { SessionStore, StoredRecord } from '../../src/session/session-store.ts'
import type { Clock } from '../../src/time/clock.ts'
import { createControlledClock } from './clock.ts'
import { createScriptedStore } from './scripted-store.ts'
import { storedRecord } from './session-records.ts'

/** Records named `main` over a store of the test's, and what comes late from it. */
export const createRecordsOver = (
  store: SessionStore,
  clock: Clock,
  onFailure: (operation: 'read' | 'write', cause: unknown) => void = () => {},
) => {
  const late: (StoredRecord | null)[] = []
  const onLate = (record: StoredRecord | null) => void late.push(record)
  const records = createSyncedStore({ store, name: 'main', clock, storeTimeoutMs: 2000, onFailure, onLate })
  return { records, late }
}

export const create = () => {
  const [store, clock] = [createScriptedStore(), createControlledClock()]
  return { store, clock, ...createRecordsOver(store, clock) }
}

export const content = (more: Partial<StoredRecord> = {}) => {
  const { version: _version, revision: _revision, ...rest } = storedRecord(more)
  return rest
}
export const over = { sessionId: 'over', credentials: null }

/** Signed out in memory, while the store still holds who was signed in. */
export const createAhead = async () => {
  const made = create()
  const before = storedRecord({ sessionId: 'session-a' })
  made.store.content = before
  await made.records.read()
  made.store.fail('overwrite', 'rejects', 1)
  made.store.fail('read', 'rejects', 1)
  await made.records.overwrite(content(over))
  return { ...made, before }
}
