import { aText, checkOptions } from '../checks/option-rules.ts'
import type { SessionRecord, SessionStore } from '../session/session-store.ts'
import { asRecord, mayReplace } from './compare-record.ts'

const sessions = 'sessions'

type Connections = Map<string, Promise<IDBDatabase>>

/**
 * Opens the version that exists, so that two versions of this library never block each other. The listeners live as long as the
 * connection, with all that they enclose: no step may be among it, which has a key or a record.
 */
function open(databaseName: string, opened: Connections, version?: number): Promise<IDBDatabase> {
  // May throw (an opaque origin, a server). No connection is stored then.
  const request = indexedDB.open(databaseName, version)
  const forget = () => opened.delete(databaseName)
  return new Promise((resolve, reject) => {
    let blocked = false
    request.onupgradeneeded = () => request.result.createObjectStore(sessions)
    // Keep the rejected connection until the request ends: calls fail at once, and another request would only queue behind this
    // one.
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
      // Close, so that another version is not blocked. The next call finds it closed and opens it again.
      database.onversionchange = close
      if (blocked) {
        close()
        forget()
      } else if (database.objectStoreNames.contains(sessions)) resolve(database)
      else {
        close()
        resolve(open(databaseName, opened, database.version + 1))
      }
    }
  })
}

/** Makes the requests of one transaction, and returns a function that reads their result after the transaction is complete. */
type Step<Answer> = (store: IDBObjectStore) => () => Answer

// One connection for all stores of the page. An open connection that has listeners is never collected, so one for each store
// would remain for each client that was disposed of. By factory, since a test may replace `indexedDB`.
let connections: WeakMap<IDBFactory, Connections> | undefined

function connectionsOf(factory: IDBFactory): Connections {
  connections ??= new WeakMap()
  const known = connections.get(factory) ?? new Map()
  connections.set(factory, known)
  return known
}

/** Opens the connection at the first step. A step resolves when its transaction is complete and on disk. */
export function createTransact(databaseName: string) {
  return async function transact<Answer>(mode: IDBTransactionMode, step: Step<Answer>, again = true): Promise<Answer> {
    const opened = connectionsOf(indexedDB)
    const held = opened.get(databaseName) ?? open(databaseName, opened)
    opened.set(databaseName, held)
    const database = await held
    let transaction: IDBTransaction
    try {
      // Strict: after a power loss, the disk must not hold a refresh token that is already used up.
      transaction = database.transaction(sessions, mode, { durability: 'strict' })
    } catch (error) {
      if (opened.get(databaseName) === held) opened.delete(databaseName)
      if (!again) throw error
      // The connection was closed (storage wiped, upgraded by another tab, WebKit's storage process gone) before anything was
      // written. Do not rely on its `close` event, which may arrive late in a page that was suspended.
      return transact(mode, step, false)
    }
    return new Promise((resolve, reject) => {
      const answer = step(transaction.objectStore(sessions))
      transaction.oncomplete = () => resolve(answer())
      transaction.onabort = () => reject(transaction.error)
    })
  }
}

/**
 * A store in IndexedDB: survives a reload, and is shared by all tabs of the origin. Each compare-and-set is one transaction. The
 * database is opened at the first use, so it can be created on a server.
 *
 * Options: `databaseName`, the IndexedDB database.
 * @default databaseName 'latchkey'
 * @example store: indexedDbStore()
 */
export function indexedDbStore(options?: { readonly databaseName?: string | undefined }): SessionStore {
  checkOptions(options, { databaseName: aText })
  const transact = createTransact(options?.databaseName ?? 'latchkey')
  /** Writes `next` over the stored record, or deletes it. Returns whether it did. */
  const replace = (name: string, next: SessionRecord | null, expected: string | null) =>
    transact('readwrite', store => {
      let replaced: boolean
      const stored = store.get(name)
      stored.onsuccess = () => {
        replaced = mayReplace(stored.result, next, expected)
        if (replaced) next ? store.put(next, name) : store.delete(name)
      }
      return () => replaced
    })
  async function getAndSet(name: string, next: SessionRecord): Promise<SessionRecord | null> {
    // All in one task, and committed: the page may be left at once, and a transaction that waits for its page is then undone.
    const former = await transact('readwrite', store => {
      const stored = store.get(name)
      store.put(next, name)
      store.transaction.commit?.()
      return () => asRecord(stored.result)
    })
    // A newer release wrote it since this page last looked.
    if (!mayReplace(former, next, undefined)) await replace(name, former, next.revision)
    return former
  }
  return {
    shared: true,
    read: name =>
      transact('readonly', store => {
        const stored = store.get(name)
        return () => asRecord(stored.result)
      }),
    compareAndSet: (name, expected, next) => replace(name, next, expected),
    overwrite: async (name, next) => mayReplace(await getAndSet(name, next), next, undefined),
    getAndSet,
    remove: (name, expected) => replace(name, null, expected),
  }
}
