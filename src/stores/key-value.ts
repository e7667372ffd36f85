import { parseJson } from '../platform/json.ts'
import type { KeyValueStorage, SessionRecord, SessionStore } from '../session/session-store.ts'
import { asRecord, mayReplace } from './compare-record.ts'
import { storageStore } from './web-storage.ts'

// By storage, not by store: two clients that were given the same storage must take turns with each other.
let turns: WeakMap<KeyValueStorage, Promise<unknown>> | undefined

/** Runs each step after the one before has settled: no other step of this page can run between its awaits. */
function inTurn<Answer>(storage: KeyValueStorage, step: () => Promise<Answer>): Promise<Answer> {
  turns ??= new WeakMap()
  const turn = (turns.get(storage) ?? Promise.resolve()).then(step)
  turns.set(
    storage,
    turn.catch(() => {}),
  )
  return turn
}

/** Compare-and-set over `getItem` and `setItem`. Atomic within the page, but not over several pages. */
export function keyValueStore(storage: KeyValueStorage): SessionStore {
  const keyOf = (name: string) => `latchkey:${name}`
  const read = async (name: string) => asRecord(parseJson(await storage.getItem(keyOf(name))))
  const replace = (name: string, next: SessionRecord | null, expected?: string | null) =>
    inTurn(storage, async () => {
      // A sign-in or sign-out writes even if the old record cannot be read.
      const stored = expected === undefined ? await read(name).catch(() => null) : await read(name)
      if (!mayReplace(stored, next, expected)) return false
      if (!next && storage.removeItem) await storage.removeItem(keyOf(name))
      else await storage.setItem(keyOf(name), next ? JSON.stringify(next) : '')
      return true
    })
  return {
    shared: true,
    read: name => inTurn(storage, () => read(name)),
    compareAndSet: (name, expected, next) => replace(name, next, expected),
    overwrite: (name, next) => replace(name, next),
    remove: (name, expected) => replace(name, null, expected),
  }
}

/** Makes a store of the `store` option: a store, a Web Storage, or an object with `getItem` and `setItem`. */
export function asSessionStore(store: SessionStore | KeyValueStorage): SessionStore {
  if ('compareAndSet' in store) return store
  // By class: reading `localStorage` throws where storage is forbidden.
  return typeof Storage === 'function' && store instanceof Storage ? storageStore(() => store) : keyValueStore(store)
}
