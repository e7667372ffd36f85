import { check } from '../errors.ts'
import { parseJson } from '../platform/json.ts'
import type { SessionStore } from '../session/session-store.ts'
import { systemClock } from '../time/clock.ts'
import { webStorageLagMs } from '../time/delays.ts'
import { pause } from '../time/wait.ts'
import { asRecord, mayReplace } from './compare-record.ts'

/** How many revisions are kept: our write is recognised if fewer writes followed it before we look. */
const trailLength = 8

const keyOf = (name: string, part: string | null) => `latchkey:${name}:${part}`

/** The record, then the revisions that it was built on; empty if there is none. No slot has the key of `null`. */
function readSlot(storage: Storage, name: string, slot: string | null): unknown[] {
  const stored = parseJson(storage.getItem(keyOf(name, slot)))
  return Array.isArray(stored) ? stored : []
}

const currentOf = (storage: Storage, name: string) => storage.getItem(keyOf(name, 'current'))
function point(storage: Storage, name: string, slot: string): void {
  try {
    storage.setItem(keyOf(name, 'current'), slot)
  } catch (error) {
    // The storage is full: tokens in a slot that nothing names would stay for ever.
    storage.removeItem(keyOf(name, slot))
    throw error
  }
}
const write = (storage: Storage, key: string, stored: unknown[]) => storage.setItem(key, JSON.stringify(stored))

/** Waits until all tabs see all writes, then returns whether `slot` is still the current one. */
async function isStillCurrent(storage: Storage, name: string, slot: string): Promise<boolean> {
  await pause(systemClock, webStorageLagMs)
  const isCurrent = currentOf(storage, name) === slot
  // A user signed in or out meanwhile: the tokens in this slot must not stay readable.
  if (!isCurrent) storage.removeItem(keyOf(name, slot))
  return isCurrent
}

/**
 * Web Storage cannot compare and set, and a tab may read an old value. So `…:current` names the slot that holds the record, and
 * only sign-in and sign-out move it, each to a new slot. The refresh of a slower tab can then only write to a slot that is no
 * longer read, and it removes that slot when it looks again. Each record is stored with the revisions that it was built on: they
 * tell whether a later write was built on ours, or overwrote it.
 */
export function storageStore(find: () => Storage): SessionStore {
  return {
    shared: true,
    lagMs: webStorageLagMs,
    read(name) {
      const storage = find()
      return asRecord(readSlot(storage, name, currentOf(storage, name))[0])
    },
    // Await nothing between the read and the write: this makes it atomic within the page.
    async compareAndSet(name, expected, next) {
      const storage = find()
      const current = currentOf(storage, name)
      const [record, ...trail] = readSlot(storage, name, current)
      if (!mayReplace(record, next, expected)) return false
      const slot = current ?? next.revision
      write(storage, keyOf(name, slot), [next, next.revision, ...trail].slice(0, trailLength))
      // The very first record: no sign-in has made a slot yet.
      if (current === null) point(storage, name, slot)
      return (await isStillCurrent(storage, name, slot)) && readSlot(storage, name, slot).includes(next.revision)
    },
    async overwrite(name, next) {
      const storage = find()
      const former = currentOf(storage, name)
      if (!mayReplace(readSlot(storage, name, former)[0], next, undefined)) return false
      const slot = next.revision
      try {
        write(storage, keyOf(name, slot), [next, slot])
        point(storage, name, slot)
      } finally {
        // Also when the storage is full: the tokens of a user who signed out must not stay.
        storage.removeItem(keyOf(name, former))
      }
      return isStillCurrent(storage, name, slot).then(() => {})
    },
    remove(name, expected) {
      const storage = find()
      const current = currentOf(storage, name)
      const isUnchanged = mayReplace(readSlot(storage, name, current)[0], null, expected)
      // A tab that writes to the slot meanwhile finds that it is not the current one, and removes it.
      if (isUnchanged) for (const part of ['current', current]) storage.removeItem(keyOf(name, part))
      return isUnchanged
    },
  }
}

/**
 * A store in `localStorage`: survives a reload, and is shared by all tabs of the origin. Any script of the page can read it;
 * prefer `indexedDbStore()`. `localStorage` is looked up at the first use, so it can be created on a server.
 * @see RFC 10017 §8.5
 * @example store: webStorageStore()
 */
export function webStorageStore(...options: never[]): SessionStore {
  check(!options.length, 'options', 'write `webStorageStore()`: it uses `localStorage`, and has no options')
  return storageStore(() => localStorage)
}
