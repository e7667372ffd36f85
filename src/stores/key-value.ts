import { parseJson } from '../platform/json.ts'
import type { KeyValueStorage, SessionRecord, SessionStore } from '../session/session-store.ts'
import { asRecord, mayReplace } from './compare-record.ts'
import { storageStore } from './web-storage.ts'

// Two clients given one storage must take turns with each other, so their turns are kept by storage and not by store.
let turns: WeakMap<KeyValueStorage, Promise<unknown>> | undefined

/** Each step runs after the one before it has ended, however that ended: nothing else in the page comes between its awaits. */
function inTurn<Answer>(storage: KeyValueStorage, step: () => Promise<Answer>): Promise<Answer> {
  turns ??= new WeakMap()
  const turn = (turns.get(storage) ?? Promise.resolve()).then(step)
  turns.set(
    storage,
    turn.catch(() => {}),
  )
  return turn
}

/** Compare-and-set over `getItem` and `setItem`: atomic within the page, and not beyond it. */
export function keyValueStore(storage: KeyValueStorage): SessionStore {
  const keyOf = (name: string) => `latchkey:${name}`
  const read = async (name: string) => asRecord(parseJson(await storage.getItem(keyOf(name))))
  const replace = (name: string, next: SessionRecord | null, expected?: string | null) =>
    inTurn(storage, async () => {
      // What cannot be read is no obstacle to a sign-in or sign-out.
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

/** The store an app means by what it gave: its own, the page's web storage, or anything with `getItem` and `setItem`. */
export function asSessionStore(store: SessionStore | KeyValueStorage): SessionStore {
  if ('compareAndSet' in store) return store
  // By class: the mere mention of `localStorage` throws where storage is forbidden.
  return typeof Storage === 'function' && store instanceof Storage ? storageStore(() => store) : keyValueStore(store)
}
