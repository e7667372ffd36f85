import { parseJson } from '../platform/json.ts'
import type { KeyValueStorage, SessionStore } from '../session/session-store.ts'
import { asRecord } from './read-record.ts'
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
  const write = async (name: string, next: unknown) => void (await storage.setItem(keyOf(name), JSON.stringify(next)))
  return {
    shared: true,
    read: name => inTurn(storage, () => read(name)),
    compareAndSet: (name, expected, next) =>
      inTurn(storage, async () => {
        const unmoved = ((await read(name))?.revision ?? null) === expected
        if (unmoved) await write(name, next)
        return unmoved
      }),
    overwrite: (name, next) => inTurn(storage, () => write(name, next)),
  }
}

/** The store an app means by what it gave: its own, the page's web storage, or anything with `getItem` and `setItem`. */
export function asSessionStore(store: SessionStore | KeyValueStorage): SessionStore {
  if ('compareAndSet' in store) return store
  // By class: the mere mention of `localStorage` throws where storage is forbidden.
  return typeof Storage === 'function' && store instanceof Storage ? storageStore(() => store) : keyValueStore(store)
}
