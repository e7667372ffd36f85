import type { SessionRecord, SessionStore } from '../session/session-store.ts'
import { asRecord, mayReplace } from './compare-record.ts'

const sessions = 'sessions'

/** Opens whatever version is there, so that no version of this library locks another out. */
function open(databaseName: string, forget: () => void, version?: number): Promise<IDBDatabase> {
  // May throw (an opaque origin, a server); then there is nothing to forget.
  const request = indexedDB.open(databaseName, version)
  return new Promise((resolve, reject) => {
    let blocked = false
    request.onupgradeneeded = () => request.result.createObjectStore(sessions)
    // Until the request ends, the rejected connection answers at once; another request would only queue behind this one.
    request.onblocked = () => {
      blocked = true
      reject(new Error('IndexedDB is blocked by another tab'))
    }
    request.onerror = () => {
      forget()
      reject(request.error)
    }
    request.onsuccess = () => {
      const database = request.result
      const close = () => database.close()
      // Never in another version's way; the next call finds it closed and opens anew.
      database.onversionchange = close
      if (blocked) {
        close()
        forget()
      } else if (database.objectStoreNames.contains(sessions)) resolve(database)
      else {
        close()
        resolve(open(databaseName, forget, database.version + 1))
      }
    }
  })
}

/** What a step asks of the object store, and how its answer is read once the transaction is complete. */
type Step<Answer> = (store: IDBObjectStore) => () => Answer

/** One connection, opened at the first step. A step's answer comes when its transaction is complete, and on the disk. */
export function createTransact(databaseName: string) {
  let connection: Promise<IDBDatabase> | undefined
  const forget = () => {
    connection = undefined
  }
  return async function transact<Answer>(mode: IDBTransactionMode, step: Step<Answer>, again = true): Promise<Answer> {
    connection ??= open(databaseName, forget)
    const held = connection
    const database = await held
    let transaction: IDBTransaction
    try {
      // Strict: a phone whose battery dies must not wake up with a refresh token that was spent.
      transaction = database.transaction(sessions, mode, { durability: 'strict' })
    } catch (error) {
      if (connection === held) forget()
      if (!again) throw error
      // Closed under us (wiped, upgraded by another tab, WebKit's storage process gone) before anything was written. Seen here, it
      // needs no `close` event, which may come late to a page that was suspended.
      return transact(mode, step, false)
    }
    return new Promise((resolve, reject) => {
      const answer = step(transaction.objectStore(sessions))
      transaction.oncomplete = () => resolve(answer())
      transaction.onabort = () => reject(transaction.error)
    })
  }
}

/** Survives a reload and is shared by tabs; each compare-and-set is one transaction. */
export function indexedDbStore(options?: { readonly databaseName?: string | undefined }): SessionStore {
  const transact = createTransact(options?.databaseName ?? 'latchkey')
  /** Puts `next` in the place of what is stored, or takes that away. Answers whether it did. */
  const replace = (name: string, next: SessionRecord | null, expected?: string | null) =>
    transact('readwrite', store => {
      let replaced = false
      const stored = store.get(name)
      stored.onsuccess = () => {
        replaced = mayReplace(stored.result, next, expected)
        if (replaced) next ? store.put(next, name) : store.delete(name)
      }
      return () => replaced
    })
  return {
    shared: true,
    read: name =>
      transact('readonly', store => {
        const stored = store.get(name)
        return () => asRecord(stored.result)
      }),
    compareAndSet: (name, expected, next) => replace(name, next, expected),
    overwrite: (name, next) => replace(name, next),
    remove: (name, expected) => replace(name, null, expected),
  }
}
