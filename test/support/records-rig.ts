import { createRecords } from '../../src/session/records.ts'
import type { StoredRecord } from '../../src/session/session-store.ts'
import { createControlledClock } from './clock.ts'
import { createScriptedStore } from './scripted-store.ts'
import { storedRecord } from './session-records.ts'

export const create = () => {
  const [store, clock] = [createScriptedStore(), createControlledClock()]
  return { store, clock, records: createRecords(store, 'main', clock, () => {}) }
}

export const content = (more: Partial<StoredRecord> = {}) => {
  const { version: _version, revision: _revision, ...rest } = storedRecord(more)
  return rest
}
export const over = { session: 'over', credentials: null }

/** Signed out in memory, while the store still holds who was signed in. */
export const createAhead = async () => {
  const made = create()
  const before = storedRecord({ session: 'session-a' })
  made.store.content = before
  await made.records.read()
  made.store.fail('overwrite', 'rejects', 1)
  await made.records.overwrite(content(over))
  return { ...made, before }
}
