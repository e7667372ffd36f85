import type { SessionRecord, SessionStore } from '../session/session-store.ts'
import { mayReplace } from './compare-record.ts'

/**
 * A store in this page's memory: a reload signs the user out, unless the strategy restores the session. Nothing is written to the
 * device. Clients that share one store, and the same session name, share one session.
 * @see RFC 10017 §8.4
 * @example store: memoryStore()
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
      const isUnchanged = mayReplace(records.get(name), next, expected)
      if (isUnchanged) put(name, next)
      return isUnchanged
    },
    overwrite: (name, next) => (mayReplace(records.get(name), next, undefined) ? put(name, next) : false),
    watch(name, changed) {
      const key = {}
      watchers.set(key, [name, changed])
      return () => void watchers.delete(key)
    },
  }
}
