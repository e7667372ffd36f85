import type { SessionStore, StoredRecord } from '../../src/session/session-store.ts'
import { createDeferred } from './deferred.ts'

/** What goes wrong with the store; may be changed at any time. */
export interface StoreTrouble {
  /** The next calls fail so, one each. */
  readonly faults: ('rejects' | 'lands' | 'hangs')[]
  /** It says of every write that the record has moved, and takes no other. */
  refuses: boolean
  /** So many calls are answered while another tab says that something changed. */
  flood: number
}

interface QueuedPorts {
  readonly step: (label: string) => Promise<unknown>
  readonly read: () => StoredRecord | null
  readonly write: (next: StoredRecord, isBlind: boolean) => void
  readonly hint: () => void
}

const never = new Promise<never>(() => {})

/** What one tab asks of the store is done in order, and answered later; tabs come in between. */
export const createQueuedStore = (
  tab: number,
  trouble: StoreTrouble,
  { step, read, write, hint }: QueuedPorts,
): SessionStore => {
  let last = Promise.resolve()
  const queue = async <Answer>(label: string, effect: () => Answer): Promise<Answer> => {
    const [before, { promise, resolve: leave }] = [last, createDeferred()]
    last = promise
    await before
    await step(`${tab} ${label}`)
    const fault = trouble.refuses && label === 'overwrite' ? 'rejects' : trouble.faults.shift()
    const answer = fault === undefined || fault === 'lands' ? effect() : undefined
    // Who comes after one that hangs is served all the same.
    if (fault === 'hangs') leave()
    await (fault === 'hangs' ? never : step(`${tab} ${label} answered`))
    leave()
    if (trouble.flood > 0) {
      trouble.flood -= 1
      hint()
    }
    if (fault) throw new Error('The store is broken')
    return answer as Answer
  }
  return {
    shared: true,
    read: () => queue('read', () => structuredClone(read())),
    compareAndSet: (_name, expected, next) =>
      queue('write', () => {
        const unmoved = !trouble.refuses && (read()?.revision ?? null) === expected
        if (unmoved) write(next as StoredRecord, false)
        return unmoved
      }),
    overwrite: (_name, next) => queue('overwrite', () => write(next as StoredRecord, true)),
  }
}
