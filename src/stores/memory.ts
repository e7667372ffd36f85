import type { SessionRecord, SessionStore } from '../session/session-store.ts'

/** Forgets at reload and is seen by this store's clients only: nothing on the device can be stolen (RFC 10017 §8.4). */
export function memoryStore(): SessionStore {
  const records = new Map<string, SessionRecord>()
  return {
    shared: false,
    read: name => records.get(name) ?? null,
    compareAndSet(name, expected, next) {
      const unmoved = (records.get(name)?.revision ?? null) === expected
      if (unmoved) records.set(name, next)
      return unmoved
    },
    overwrite: (name, next) => void records.set(name, next),
  }
}
