import { parseJson } from '../platform/json.ts'
import type { SessionStore } from '../session/session-store.ts'
import { asRecord, mayReplace } from './compare-record.ts'

/** Three times what another tab's write was seen to lag behind (80 ms). */
const lagMs = 250

/** How many writes may follow ours before we look, and ours still be known to have stood. */
const trailLength = 8

const keyOf = (name: string, part: string) => `latchkey:${name}:${part}`

/** The record, then its trail; or nothing. */
function look(storage: Storage, name: string, slot: string | null): unknown[] {
  const stored = slot === null ? null : parseJson(storage.getItem(keyOf(name, slot)))
  return Array.isArray(stored) ? stored : []
}

const currentOf = (storage: Storage, name: string) => storage.getItem(keyOf(name, 'current'))
const point = (storage: Storage, name: string, slot: string) => storage.setItem(keyOf(name, 'current'), slot)
const write = (storage: Storage, key: string, stored: unknown[]) => storage.setItem(key, JSON.stringify(stored))

/** Whether `slot` still is the current one, once all tabs see what all have written. */
async function stands(storage: Storage, name: string, slot: string): Promise<boolean> {
  await new Promise(resolve => setTimeout(resolve, lagMs))
  const isCurrent = currentOf(storage, name) === slot
  // Somebody signed in or out meanwhile: what was written here are tokens that nobody may find.
  if (!isCurrent) storage.removeItem(keyOf(name, slot))
  return isCurrent
}

/**
 * Web Storage cannot compare and set, and a tab may read what was true a moment ago. So `…:current` names the slot that holds the
 * record, and only sign-in and sign-out move it, each to a slot of its own: a slower tab's refresh can at worst write to a slot that
 * nobody reads any more, and takes it away again when it looks. With the record go the revisions it was built on, which tell a write
 * that was built upon from one that was lost to another tab's.
 */
export function storageStore(find: () => Storage): SessionStore {
  return {
    shared: true,
    lagMs,
    read(name) {
      const storage = find()
      return asRecord(look(storage, name, currentOf(storage, name))[0])
    },
    // Nothing is awaited between the look and the write: within the page this is atomic.
    async compareAndSet(name, expected, next) {
      const storage = find()
      const current = currentOf(storage, name)
      const [record, ...trail] = look(storage, name, current)
      if (!mayReplace(record, next, expected)) return false
      const slot = current ?? next.revision
      write(storage, keyOf(name, slot), [next, next.revision, ...trail].slice(0, trailLength))
      // The very first record, where nobody has signed in yet.
      if (current === null) point(storage, name, slot)
      return (await stands(storage, name, slot)) && look(storage, name, slot).includes(next.revision)
    },
    async overwrite(name, next) {
      const storage = find()
      const former = currentOf(storage, name)
      if (!mayReplace(look(storage, name, former)[0], next, undefined)) return false
      const slot = next.revision
      try {
        write(storage, keyOf(name, slot), [next, slot])
        point(storage, name, slot)
      } finally {
        // Also when the storage is full: the tokens of who just left must not stay behind.
        if (former !== null) storage.removeItem(keyOf(name, former))
      }
      return stands(storage, name, slot).then(() => true)
    },
    remove(name, expected) {
      const storage = find()
      const current = currentOf(storage, name)
      const unmoved = mayReplace(look(storage, name, current)[0], null, expected)
      // Who writes to the slot meanwhile finds that it is not the current one, and takes it away.
      if (unmoved) for (const part of ['current', current]) if (part) storage.removeItem(keyOf(name, part))
      return unmoved
    },
  }
}

/** `localStorage`, found when first needed, so it is safe on a server. Any script of the page can read it (RFC 10017 §8.5). */
export function webStorageStore(): SessionStore {
  return storageStore(() => localStorage)
}
