import type { Clock } from '../platform/clock.ts'
import { adoptFormer } from './adopt-former.ts'
import { type FoundRecord, readRecord } from './read-record.ts'
import type { SessionStore, StoredRecord } from './session-store.ts'
import { createCallStore, isMissing, isSlow } from './store-calls.ts'
import type { SyncedStore } from './synced-store.ts'

export type Written = 'written' | 'moved' | 'failed' | 'slow'

/** The store's side of a session's record: what it was last known to hold, and the calls that change that. */
export interface StoreSide {
  /** What it was last known to hold. */
  readonly found: FoundRecord
  /** Revisions it may hold without anybody having written after us; `undefined` until it first answered. */
  readonly ownRevisions: ReadonlySet<string | null> | undefined
  readonly watch: SyncedStore['watch']
  /** It was found, or made, to hold this. */
  noteHeld(found: FoundRecord): void
  /** `again`: whether a failure that may pass is no answer yet; it is asked again within the deadline. */
  lookUp(late?: (found: FoundRecord) => void, again?: () => boolean): Promise<FoundRecord>
  /** Never rejects. */
  write(next: StoredRecord, run: () => unknown): Promise<Written>
  /** Where nothing can be written, what must not be read can still be taken away: that needs no room. Never rejects. */
  removeOrEmpty(revision: string | null, empty: StoredRecord): Promise<boolean>
}

export interface StoreSidePorts {
  readonly store: SessionStore
  readonly name: string
  /** What an earlier release called it, if that differs. */
  readonly formerName?: string | undefined
  readonly clock: Clock
  readonly storeTimeoutMs: number
  readonly onFailure: (operation: 'read' | 'write', cause: unknown) => void
}

const retryMs = 200

export function createStoreSide(ports: StoreSidePorts): StoreSide {
  const { store, name, clock, storeTimeoutMs, onFailure } = ports
  const call = createCallStore(clock, storeTimeoutMs)
  /** Until what an earlier release stored under it was adopted. */
  let { formerName } = ports
  let found: FoundRecord = readRecord(null)
  let known: Set<string | null> | undefined
  /** In this very task. */
  let isWriting = false
  /** The last write, once it has ended. */
  let writing: Promise<unknown> = Promise.resolve()

  const noteHeld = (next: FoundRecord) => {
    known = new Set([next.revision])
    found = next
  }
  async function find(): Promise<FoundRecord> {
    const stored = await (formerName === undefined ? store.read(name) : adoptFormer({ store, name, formerName, clock }))
    formerName = undefined
    return readRecord(stored)
  }
  return {
    get found() {
      return found
    },
    get ownRevisions() {
      return known
    },
    watch:
      store.watch &&
      (changed => {
        const heard = () => {
          // While a write of our own is under way, the writer knows better what is news.
          if (store.shared) void writing.then(() => clock.setTimer(changed, 0))
          // What another client of this page wrote is there already, and counts before the next send.
          else if (!isWriting) changed()
        }
        const watching = call(() => store.watch?.(name, heard))
        watching.catch(cause => onFailure('read', cause))
        return () => void watching.then(stop => stop?.()).catch(() => {})
      }),
    noteHeld,
    async lookUp(late, again) {
      const until = clock.monotonicMs() + storeTimeoutMs - retryMs
      for (;;) {
        try {
          return await call(find, late)
        } catch (cause) {
          if (!again?.() || isSlow(cause) || isMissing(cause) || clock.monotonicMs() >= until) throw cause
          await new Promise<void>(resolve => clock.setTimer(resolve, retryMs))
        }
      }
    },
    async write(next, run) {
      isWriting = true
      const answer = call(run)
      isWriting = false
      writing = answer.catch(() => {})
      try {
        if ((await answer) === false) return 'moved'
        noteHeld({ record: next, revision: next.revision, isNewer: false })
        return 'written'
      } catch (cause) {
        // It may still arrive late.
        known?.add(next.revision)
        onFailure('write', cause)
        return isSlow(cause) ? 'slow' : 'failed'
      }
    },
    async removeOrEmpty(revision, empty) {
      const { remove } = store
      try {
        const gone = await call(() =>
          remove ? remove.call(store, name, revision) : store.compareAndSet(name, revision, empty),
        )
        if (gone !== false) noteHeld(readRecord(remove ? null : empty))
        return gone !== false
      } catch {
        return false
      }
    },
  }
}
