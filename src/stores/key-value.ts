import { parseJson } from '../platform/json.ts'
import type { KeyValueStorage, SessionRecord, SessionStore } from '../session/session-store.ts'
import { systemClock } from '../time/clock.ts'
import { lostCallMs } from '../time/delays.ts'
import { createTimeLimit } from '../time/wait.ts'
import { asRecord, mayReplace } from './compare-record.ts'
import { storageStore } from './web-storage.ts'

// By storage, not by store: two clients that were given the same storage must take turns with each other.
let turns: WeakMap<KeyValueStorage, Promise<unknown>> | undefined

/**
 * Runs each step after the one before has settled: no other step of this page can run between its awaits. A native bridge may
 * lose a call. All later ones would wait for it without end, so a step that takes too long is over, and must write no more.
 */
function inTurn<Answer>(storage: KeyValueStorage, step: (isOver: () => boolean) => Promise<Answer>): Promise<Answer> {
  turns ??= new WeakMap()
  let isOver = false
  const before = turns.get(storage) ?? Promise.resolve()
  const turn = before.then(() => step(() => isOver))
  const settled = turn.catch(() => {})
  const limited = before.then(() =>
    createTimeLimit(systemClock, lostCallMs)<unknown>(settled, resolve => {
      isOver = true
      resolve(undefined)
    }),
  )
  turns.set(storage, limited)
  return turn
}

/** Compare-and-set over `getItem` and `setItem`. Atomic within the page, but not over several pages. */
export function keyValueStore(storage: KeyValueStorage): SessionStore {
  const keyOf = (name: string) => `latchkey:${name}`
  const read = async (name: string) => asRecord(parseJson(await storage.getItem(keyOf(name))))
  const replace = (name: string, next: SessionRecord | null, expected?: string | null) =>
    inTurn(storage, async isOver => {
      // A sign-in or sign-out writes even if the old record cannot be read.
      const stored = expected === undefined ? await read(name).catch(() => {}) : await read(name)
      if (isOver() || !mayReplace(stored, next, expected)) return false
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
