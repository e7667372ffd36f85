import { ConfigurationError, RefreshUnavailableError } from '../../errors.ts'
import { systemClock } from '../../platform/clock.ts'
import { createTransact } from '../../stores/indexed-db.ts'
import { type Algorithm, generateKey, type Key } from './proof.ts'

/** The key of a session: in IndexedDB, where every tab and a reload find it; where there is none, in this page. */
export interface KeyRing {
  /** `formerName`: what an earlier release called it; its key moves along. */
  open(sessionName: string, formerName?: string): void
  /**
   * The key of a coming session: the one that is there, else a new one. `handedOut`: the app is about to have tokens bound
   * to it, so until a session begins with it, the end of another session does not remove it.
   */
  forLogin(handedOut: boolean): Promise<Key>
  /** That key, or whichever there is; `null` if it is lost. @throws RefreshUnavailableError if that cannot be told now */
  find(thumbprint: string | undefined): Promise<Key | null>
  /** Of the key that this page's last login was proved with. */
  readonly login: string | undefined
  /** A session has begun with that key, or with whichever is stored: it is removed when this session ends. */
  adopted(thumbprint: string | undefined): void
  /** Its session is over in this page. `ended`: this page ended it, so it also removes the key from the store. */
  forget(thumbprint: string | undefined, ended: boolean): void
}

const deadlineMs = 2000

/** As the store: a request must not wait for ever for a disk. */
function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.setTimer(() => reject(new Error('no answer in time')), deadlineMs)
    answer.then(resolve, reject).finally(cancel)
  })
}

/** Where there is no IndexedDB (a server), or not for this page (an opaque origin), a key that is not in memory is nowhere. */
const isMissing = ({ name }: Error) => name === 'ReferenceError' || name === 'SecurityError'

/** As stored. `awaitsLogin`: handed out for a login that no session has begun with yet. */
type StoredKey = Key & { readonly awaitsLogin?: boolean }

export function createKeyRing(algorithm: Algorithm): KeyRing {
  const transact = createTransact('latchkey')
  const held = new Map<string, Key>()
  let place: IDBValidKey | undefined
  let former: string | undefined
  let login: string | undefined
  let awaitsLogin = false
  let reading: Promise<Key | undefined> | undefined

  function at(): IDBValidKey {
    if (place === undefined) throw new ConfigurationError('scheme', 'give it to `createClient` first')
    return place
  }
  const hold = (key: Key): Key => {
    held.set(key.thumbprint, key)
    return key
  }
  /** Tells what is stored; what an earlier release stored elsewhere is moved here first. */
  function find(store: IDBObjectStore, then: (stored: StoredKey | undefined) => void): void {
    const own = store.get(at())
    own.onsuccess = () => {
      const place = former
      if (own.result || !place) return then(own.result)
      const earlier = store.get(place)
      earlier.onsuccess = () => {
        if (earlier.result) store.put(earlier.result, at())
        store.delete(place)
        then(earlier.result)
      }
    }
  }
  async function read(): Promise<Key | undefined> {
    try {
      return await inTime(
        transact(former ? 'readwrite' : 'readonly', store => {
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
      throw new RefreshUnavailableError({ reason: 'store', status: null, retryAfterMs: 1000, detail, cause: error })
    } finally {
      reading = undefined
    }
  }
  /** Of two tabs that make one at the same time, both go on with the first. */
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
      // It lives as long as this page does.
      return made
    }
  }

  /** Replaces what is stored; `undefined` removes it. Nobody waits for it, and where there is no store the page's memory does. */
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
    open(sessionName, formerName) {
      const next = `dpop ${sessionName}`
      if (place !== undefined && place !== next) throw new ConfigurationError('scheme', 'make one for each client')
      place = next
      former = formerName && `dpop ${formerName}`
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
      // The mark in the store is read again: another tab, or this page before a reload, may be in the middle of a login.
      if (ended) {
        change(stored =>
          stored?.awaitsLogin || (thumbprint && stored?.thumbprint !== thumbprint) ? stored : undefined,
        )
      }
    },
  }
}
