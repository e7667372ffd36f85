import type { SessionStore } from '../session/session-store.ts'
import { asRecord, parseJson } from './read-record.ts'

/** Three times what another tab's write was seen to lag behind (80 ms). */
const lagMs = 250

/** How many writes may follow ours before we look, and ours still be known to have stood. */
const trailLength = 8

const keyOf = (name: string, part: string) => `latchkey:${name}:${part}`

/**
 * Web Storage cannot compare and set, and a tab may read what was true a moment ago. So `…:current` names the key that holds the
 * record, and only sign-in and sign-out move it, each to a key of its own: a slower tab's refresh can at worst write to a key that
 * nobody reads any more, and takes it away again when it looks. With the record go the revisions it was built on, which tell a write
 * that was built upon from one that was lost to another tab's.
 */
export function storageStore(find: () => Storage): SessionStore {
  /** The record and its trail, or nothing. */
  const look = (name: string, slot: string | null): unknown[] => {
    const stored = slot === null ? null : parseJson(find().getItem(keyOf(name, slot)))
    return Array.isArray(stored) ? stored : []
  }
  const currentOf = (name: string) => find().getItem(keyOf(name, 'current'))
  const write = (name: string, slot: string, value: unknown) => find().setItem(keyOf(name, slot), JSON.stringify(value))
  /** Whether `slot` still is the current one, once all tabs see what all have written. */
  const stands = async (name: string, slot: string): Promise<boolean> => {
    await new Promise(resolve => setTimeout(resolve, lagMs))
    const current = currentOf(name) === slot
    // Somebody signed in or out meanwhile: what was written here are tokens that nobody may find.
    if (!current) find().removeItem(keyOf(name, slot))
    return current
  }
  const point = (name: string, slot: string) => find().setItem(keyOf(name, 'current'), slot)

  return {
    shared: true,
    lagMs,
    read: name => asRecord(look(name, currentOf(name))[0]),
    // Nothing is awaited between the look and the write: within the page this is atomic.
    async compareAndSet(name, expected, next) {
      const current = currentOf(name)
      const [record, ...trail] = look(name, current)
      if ((asRecord(record)?.revision ?? null) !== expected) return false
      const slot = current ?? next.revision
      write(name, slot, [next, next.revision, ...trail].slice(0, trailLength))
      if (current === null) point(name, slot)
      return (await stands(name, slot)) && look(name, slot).includes(next.revision)
    },
    async overwrite(name, next) {
      const former = currentOf(name)
      const slot = next.revision
      try {
        write(name, slot, [next, slot])
        point(name, slot)
      } finally {
        // Also when the storage is full: the tokens of who just left must not stay behind.
        if (former !== null) find().removeItem(keyOf(name, former))
      }
      await stands(name, slot)
    },
    watch(name, changed) {
      const listener = ({ key }: StorageEvent) => {
        if (key === null || key.startsWith(keyOf(name, ''))) changed()
      }
      globalThis.addEventListener?.('storage', listener)
      return () => globalThis.removeEventListener?.('storage', listener)
    },
  }
}

/** `localStorage`, found when first needed, so it is safe on a server. Any script of the page can read it (BBA §8.5). */
export function webStorageStore(): SessionStore {
  return storageStore(() => localStorage)
}
