import type { SessionRecord, SessionStore } from '../session/session-store.ts'
import { mayReplace } from './compare-record.ts'

/**
 * Forgets at reload and is seen by this store's clients only: nothing on the device can be stolen (RFC 10017 §8.4). Clients that are
 * given one store are one session.
 */
export function memoryStore(): SessionStore {
  const records = new Map<string, SessionRecord>()
  const watchers = new Map<object, readonly [name: string, changed: () => void]>()

  function put(name: string, next: SessionRecord): void {
    records.set(name, next)
    for (const [watched, changed] of [...watchers.values()]) if (watched === name) changed()
  }
  return {
    shared: false,
    read: name => records.get(name) ?? null,
    compareAndSet(name, expected, next) {
      const unmoved = mayReplace(records.get(name), next, expected)
      if (unmoved) put(name, next)
      return unmoved
    },
    overwrite: (name, next) => (mayReplace(records.get(name), next, undefined) ? put(name, next) : false),
    watch(name, changed) {
      const key = {}
      watchers.set(key, [name, changed])
      return () => void watchers.delete(key)
    },
  }
}
