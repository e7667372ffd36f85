import type { SessionRecord, SessionStore } from 'latchkey'

export interface WatchedStore {
  readonly store: SessionStore
  /** What it holds now, for the one session name that is used. */
  stored(): SessionRecord | null
  /** The same as text. */
  storedText(): string
}

/** A store in memory whose record the test can look at. */
export const createWatchedStore = (): WatchedStore => {
  let record: SessionRecord | null = null
  return {
    store: {
      shared: false,
      read: () => record,
      compareAndSet: (_name, expected, next) => {
        const unmoved = (record?.revision ?? null) === expected
        if (unmoved) record = next
        return unmoved
      },
      overwrite: (_name, next) => {
        record = next
      },
    },
    stored: () => record,
    storedText: () => JSON.stringify(record),
  }
}
