import type { SessionRecord, SessionStore, StoredRecord } from '../../../src/session/session-store.ts'
import type { Random } from '../../support/random.ts'
import type { PageLife } from '../../support/worlds/computer.ts'
import type { Timeline } from '../../support/worlds/timeline.ts'

/** One IndexedDB for all pages: atomic, in order for each page, and not always quick. */
export interface SharedStore {
  openFor(page: PageLife): SessionStore
  readonly record: StoredRecord | null
  wipe(): void
}

/** Told of every write, with what it replaced. */
export type OnWrite = (page: PageLife, former: StoredRecord | null, next: StoredRecord, isSigning: boolean) => void

export function createSharedStore(timeline: Timeline, random: Random, onWrite: OnWrite): SharedStore {
  let record: StoredRecord | null = null
  const delayMs = () => (random.chance(0.01) ? random.between(20, 950) : random.between(0, 6))

  function openFor(page: PageLife): SessionStore {
    let queue: Promise<unknown> = Promise.resolve()
    const soon = () => new Promise<void>(resolve => timeline.after(delayMs(), resolve))
    const answered = () => new Promise<void>(resolve => page.task(delayMs(), resolve))

    /** The browser does it, whatever becomes of the page meanwhile; a page that has died may not have got so far. */
    function ask<Answer>(act: () => Answer): Promise<Answer> {
      const done = queue.then(async () => {
        await soon()
        if (page.isDead && random.chance(0.5)) return new Promise<Answer>(() => {})
        return act()
      })
      queue = done
      return done.then(async answer => {
        await answered()
        return answer
      })
    }
    const put = (next: SessionRecord, isSigning: boolean) => {
      const former = record
      record = next as StoredRecord
      onWrite(page, former, record, isSigning)
    }
    return {
      shared: true,
      read: () => ask(() => record),
      compareAndSet: (_name, expected, next) =>
        ask(() => {
          const isUnmoved = (record?.revision ?? null) === expected
          if (isUnmoved) put(next, false)
          return isUnmoved
        }),
      overwrite: (_name, next) => ask(() => put(next, true)),
    }
  }

  return {
    openFor,
    get record() {
      return record
    },
    wipe() {
      record = null
    },
  }
}
