import type { Clock } from '../time/clock.ts'
import { storeRetryMs } from '../time/delays.ts'
import { pause } from '../time/wait.ts'
import { type KnownState, remember } from './judge-stored-record.ts'
import { type FoundRecord, readRecord } from './read-record.ts'
import type { SessionStore, StoredRecord } from './session-store.ts'
import { createCallStore, isMissing, isSlow } from './store-calls.ts'
import type { Replaced, SyncedStore } from './synced-store.ts'

export type Written = 'written' | 'moved' | 'failed' | 'slow'

/** The calls of the store, and the record that it held last. */
export interface StoreSide {
  /** The record that it held last, as far as this page knows. */
  readonly found: FoundRecord
  /** What was written and found here. */
  readonly history: Omit<KnownState, 'state' | 'latest' | 'abandonedIds'>
  readonly watch: SyncedStore['watch']
  /** Notes what it holds, after a read or a write. */
  noteHeld(found: FoundRecord): void
  /** Notes an older record that it shows: it may still hold the one before this read, and show that later. */
  noteOld(old: FoundRecord): void
  /** Reads the store. While `again()` is true, a failure that may pass is tried again within the timeout. */
  lookUp(late?: (found: FoundRecord) => void, again?: () => boolean): Promise<FoundRecord>
  /** Never rejects. */
  write(next: StoredRecord, run: () => unknown): Promise<Written>
  /** The call that writes over any record, for `write`. */
  overwrite(next: StoredRecord, replaced?: Replaced): unknown
  readonly peekCredentials: SyncedStore['peekCredentials']
  /** Removes the record if it cannot be overwritten (a full storage): removing needs no space. Never rejects. */
  removeOrEmpty(revision: string | null, empty: StoredRecord): Promise<boolean>
}

export interface StoreSidePorts {
  readonly store: SessionStore
  readonly name: string
  readonly clock: Clock
  readonly storeTimeoutMs: number
  readonly onFailure: (operation: 'read' | 'write', cause: unknown) => void
}

export function createStoreSide(ports: StoreSidePorts): StoreSide {
  const { store, name, clock, storeTimeoutMs, onFailure } = ports
  const call = createCallStore(clock, storeTimeoutMs)
  let found: FoundRecord = readRecord(null)
  let known: Set<string | null> | undefined
  const outdatedRevisions = new Set<string | null>()
  let isRetaining = false
  /** Whether this task is starting a write. */
  let isWriting = false
  /** Settles with the last write. */
  let writing: Promise<unknown> = Promise.resolve()

  const noteHeld = (next: FoundRecord) => {
    known = new Set([next.revision])
    found = next
  }
  async function find(): Promise<FoundRecord> {
    const read = readRecord(await store.read(name))
    isRetaining ||= read.record !== null
    return read
  }
  return {
    get found() {
      return found
    },
    get history() {
      return { ownRevisions: known, outdatedRevisions, isRetaining }
    },
    watch:
      store.watch &&
      (changed => {
        const heard = () => {
          // The change may be our own running write: look after it has ended.
          if (store.shared) void writing.then(() => clock.setTimer(changed, 0))
          // A write of another client of this page must take effect before the next send.
          else if (!isWriting) changed()
        }
        const watching = call(() => store.watch?.(name, heard))
        watching.catch(cause => onFailure('read', cause))
        return () => void watching.then(stop => stop?.()).catch(() => {})
      }),
    noteHeld,
    noteOld(old) {
      const { revision, record } = found
      if (revision) remember(outdatedRevisions, revision)
      const isDoubtful = old.revision !== null && (!old.record || outdatedRevisions.has(old.revision))
      noteHeld(isDoubtful ? { ...old, record } : old)
    },
    async lookUp(late, again) {
      const until = clock.monotonicMs() + storeTimeoutMs - storeRetryMs
      for (;;) {
        try {
          return await call(find, late)
        } catch (cause) {
          if (!again?.() || isSlow(cause) || isMissing(cause) || clock.monotonicMs() >= until) throw cause
          await pause(clock, storeRetryMs)
        }
      }
    },
    async write(next, run) {
      const { revision } = found
      isWriting = true
      const answer = call(run)
      isWriting = false
      writing = answer.catch(() => {})
      try {
        if ((await answer) === false) return 'moved'
        // Even if the store loses a confirmed write, the token before it is used up.
        if (revision) remember(outdatedRevisions, revision)
        noteHeld({ record: next, revision: next.revision, isNewer: false })
        return 'written'
      } catch (cause) {
        // It may still arrive late.
        known?.add(next.revision)
        onFailure('write', cause)
        if (!isSlow(cause)) return 'failed'
        remember(outdatedRevisions, next.revision)
        return 'slow'
      }
    },
    overwrite: (next, replaced) =>
      store.getAndSet
        ? store.getAndSet(name, next).then(former => {
            const { record, isNewer } = readRecord(former)
            replaced?.(record?.credentials ?? null)
            return !isNewer
          })
        : store.overwrite(name, next),
    peekCredentials: store.getAndSet
      ? undefined
      : async () => (await call(find).catch(() => null))?.record?.credentials ?? null,
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
