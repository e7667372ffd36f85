import { ConfigurationError, RefreshUnavailableError } from '../../errors.ts'
import { createTransact } from '../../stores/indexed-db.ts'
import { systemClock } from '../../time/clock.ts'
import { keyTimeoutMs, tryAgainMs } from '../../time/delays.ts'
import { createTimeLimit } from '../../time/wait.ts'
import { type Algorithm, generateKey, type Key } from './proof.ts'

/** The key of a session: in IndexedDB, for every tab and after a reload; without IndexedDB, in this page's memory. */
export interface KeyRing {
  open(sessionName: string): void
  /**
   * The key of a coming session: the existing one, else a new one. `handedOut`: the app is about to have tokens bound
   * to it. Until a session starts with it, the end of another session must not remove it.
   */
  forLogin(handedOut: boolean): Promise<Key>
  /** The key of that thumbprint, or any; `null` if it is lost. @throws RefreshUnavailableError if that is unknown now */
  find(thumbprint: string | undefined): Promise<Key | null>
  /** The thumbprint of the key of this page's last login proof. */
  readonly login: string | undefined
  /** A session started with that key, or with the stored one. The key is removed when the session ends. */
  adopted(thumbprint: string | undefined): void
  /** The session of the key is over in this page. `ended`: this page ended it, so the key is also removed from the store. */
  forget(thumbprint: string | undefined, ended: boolean): void
}

/** Without IndexedDB (a server, an opaque origin), a key that is not in memory is lost. */
const isMissing = ({ name }: Error) => name === 'ReferenceError' || name === 'SecurityError'

/** A stored key. `awaitsLogin`: handed out for a login, and no session has started with it yet. */
type StoredKey = Key & { readonly awaitsLogin?: boolean }

export function createKeyRing(algorithm: Algorithm): KeyRing {
  const transact = createTransact('latchkey')
  const limit = createTimeLimit(systemClock, keyTimeoutMs)
  const inTime = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
    limit(answer, (_, reject) => reject(new Error('IndexedDB does not respond')))
  const held = new Map<string, Key>()
  let place: IDBValidKey | undefined
  let login: string | undefined
  let awaitsLogin = false
  let reading: Promise<Key | undefined> | undefined

  /** Where the key is in the object store. */
  function at(): IDBValidKey {
    if (place === undefined) throw new ConfigurationError('scheme', 'pass it to `createClient` first')
    return place
  }
  const hold = (key: Key): Key => {
    held.set(key.thumbprint, key)
    return key
  }
  /** Reads the stored key. */
  function find(store: IDBObjectStore, then: (stored: StoredKey | undefined) => void): void {
    const own = store.get(at())
    own.onsuccess = () => then(own.result)
  }
  async function read(): Promise<Key | undefined> {
    try {
      return await inTime(
        transact('readonly', store => {
          let found: Key | undefined
          find(store, key => {
            found = key
          })
          return () => found
        }),
      )
    } catch (error) {
      if (isMissing(error as Error)) return undefined
      const detail = 'the DPoP key cannot be read'
      throw new RefreshUnavailableError({
        reason: 'store',
        status: null,
        retryAfterMs: tryAgainMs,
        detail,
        cause: error,
      })
    } finally {
      reading = undefined
    }
  }
  /** If two tabs make a key at the same time, both use the first. */
  async function keep(made: Key, handedOut: boolean): Promise<Key> {
    try {
      return await inTime(
        transact('readwrite', store => {
          let kept = made
          find(store, key => {
            kept = key ?? made
            store.put({ ...kept, ...(handedOut && { awaitsLogin: true }) }, at())
          })
          return () => kept
        }),
      )
    } catch {
      // The key stays in this page's memory.
      return made
    }
  }

  /** Replaces the stored key; `undefined` removes it. It is not awaited. Without a store, the key stays in memory. */
  function change(next: (stored: StoredKey | undefined) => StoredKey | undefined): void {
    transact('readwrite', store => {
      find(store, stored => {
        const key = next(stored)
        if (key) store.put(key, at())
        else store.delete(at())
      })
      return () => {}
    }).catch(() => {})
  }

  return {
    open(sessionName) {
      const next = `dpop ${sessionName}`
      if (place !== undefined && place !== next) throw new ConfigurationError('scheme', 'make one for each client')
      place = next
    },
    async forLogin(handedOut) {
      at()
      const key = hold(await keep(held.get(login ?? '') ?? (await generateKey(algorithm)), handedOut))
      login = key.thumbprint
      awaitsLogin ||= handedOut
      return key
    },
    async find(thumbprint) {
      const known = held.get(thumbprint ?? login ?? '')
      if (known) return known
      reading ??= read()
      const key = await reading
      return key && (thumbprint === undefined || key.thumbprint === thumbprint) ? hold(key) : null
    },
    get login() {
      return login
    },
    adopted(thumbprint) {
      awaitsLogin = false
      change(stored => {
        const key = (thumbprint !== undefined && held.get(thumbprint)) || stored
        return key && { ...key, awaitsLogin: false }
      })
    },
    forget(thumbprint, ended) {
      const isAwaited = awaitsLogin && (!thumbprint || thumbprint === login)
      if (!isAwaited) {
        if (!thumbprint || thumbprint === login) login = undefined
        if (thumbprint) held.delete(thumbprint)
        else held.clear()
      }
      // Read the mark again: another tab, or this page before a reload, may be in the middle of a login.
      if (ended) {
        change(stored =>
          stored?.awaitsLogin || (thumbprint && stored?.thumbprint !== thumbprint) ? stored : undefined,
        )
      }
    },
  }
}
