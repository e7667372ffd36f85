import type { SessionStore } from '../session/session-store.ts'
import { asRecord } from './read-record.ts'

const sessions = 'sessions'

/** Survives a reload and is shared by tabs; each compare-and-set is one transaction. */
export function indexedDbStore(options?: { readonly databaseName?: string | undefined }): SessionStore {
  const databaseName = options?.databaseName ?? 'latchkey'
  let connection: Promise<IDBDatabase> | undefined

  const forget = () => {
    connection = undefined
  }

  /** Opens whatever version is there, so that no version of this library locks another out. */
  const connect = (version?: number): Promise<IDBDatabase> => {
    // May throw (an opaque origin, a server); then nothing is remembered.
    const request = indexedDB.open(databaseName, version)
    return new Promise((resolve, reject) => {
      let blocked = false
      request.onupgradeneeded = () => request.result.createObjectStore(sessions)
      // Until the request ends, the rejected `connection` answers at once; another request would only queue behind this one.
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
          resolve(connect(database.version + 1))
        }
      }
    })
  }

  /** Resolves with what `work` answers once the transaction is complete. */
  const transact = async <Answer>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => () => Answer,
    again = true,
  ): Promise<Answer> => {
    connection ??= connect()
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
      return transact(mode, work, false)
    }
    return new Promise((resolve, reject) => {
      const answer = work(transaction.objectStore(sessions))
      transaction.oncomplete = () => resolve(answer())
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    shared: true,
    read: name =>
      transact('readonly', store => {
        const stored = store.get(name)
        return () => asRecord(stored.result)
      }),
    compareAndSet: (name, expected, next) =>
      transact('readwrite', store => {
        let unmoved = false
        const stored = store.get(name)
        stored.onsuccess = () => {
          unmoved = (asRecord(stored.result)?.revision ?? null) === expected
          if (unmoved) store.put(next, name)
        }
        return () => unmoved
      }),
    overwrite: (name, next) =>
      transact('readwrite', store => {
        store.put(next, name)
        return () => {}
      }),
  }
}
