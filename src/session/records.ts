import type { EndReason } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { randomId } from '../platform/random-id.ts'
import { type RecordContent, recordVersion, type SessionStore, type StoredRecord } from './session-store.ts'

/** The store as the rest sees it: with a deadline, and with this page's memory behind it for when it fails (promise 9). */
export interface Records {
  readonly shared: boolean
  readonly lagMs: number
  /** The newest record this page knows of. */
  readonly latest: StoredRecord | null
  /** Whether what this page knows is not (surely) in the store, so that no other tab can see it. */
  readonly ahead: boolean
  /** `undefined`: the record cannot be read, though it had been (or is newer than this code). Never rejects. */
  read(): Promise<StoredRecord | null | undefined>
  /** Calls back when the store says that its record has changed, if it ever does. Answers how to stop. Never throws. */
  readonly watch: ((changed: () => void) => () => void) | undefined
  /** The credentials that the store holds right now, whatever is known of it here. Never rejects. */
  peek(): Promise<StoredRecord['credentials']>
  /** The record as written, or `null` if the stored one is no longer `expected`. Never rejects. */
  compareAndSet(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null>
  /** Counts in `latest` at once; resolves when stored, or when storing failed. */
  overwrite(content: RecordContent): Promise<void>
}

/** Of a new session, in which nobody is signed in (yet). */
export const emptyRecord = (endedBy?: EndReason): RecordContent => ({
  session: randomId(),
  generation: 0,
  credentials: null,
  endedBy,
})

const deadlineMs = 2000

function isRecord(found: unknown): found is StoredRecord {
  const { version, revision, session, generation, credentials } = (found ?? {}) as Partial<StoredRecord>
  return (
    typeof version === 'number' &&
    typeof revision === 'string' &&
    typeof session === 'string' &&
    Number.isInteger(generation) &&
    typeof credentials === 'object'
  )
}

export function createRecords(
  store: SessionStore,
  name: string,
  clock: Clock,
  onFailure: (operation: 'read' | 'write', cause: unknown) => void,
): Records {
  let latest: StoredRecord | null = null
  let ahead = false
  /** Revisions the store may hold without anybody having written after us; `undefined` until the store first answered. */
  let known: Set<string | null> | undefined
  /** Sessions that were signed out of here, or for another: what other tabs still write about them is no news. */
  const left = new Set<string>()
  /** Reads are counted: one that was asked for before another that was answered, or before `latest` changed here, is old. */
  let asked = 0
  let answered = 0
  /** The refresh token that the store was last known to hold. */
  let shown: string | null | undefined
  /** A record was read from the store, so it keeps what it is given; `forgets`: what was written there is not there. */
  let seen = false
  let forgets = false
  /** The last write, once it has ended. */
  let writing: Promise<unknown> = Promise.resolve()
  /** Of what is stored but is no record: it is written over as what it is. */
  let junk: string | null = null

  function call<Answer>(run: () => Answer | PromiseLike<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const cancel = clock.setTimer(() => reject(new Error(`The store took over ${deadlineMs} ms.`)), deadlineMs)
      // Called in this task, so that writes reach the store in the order in which they were asked for.
      new Promise<Answer>(started => started(run())).then(resolve, reject).finally(cancel)
    })
  }
  const set = (next: StoredRecord): StoredRecord => {
    answered = ++asked
    latest = next
    return next
  }
  const stamp = (content: RecordContent): StoredRecord => ({
    // Exchanges are counted whoever is signed in: what is looked after is the server.
    counts: latest?.counts,
    ...content,
    version: recordVersion,
    revision: randomId(),
  })

  async function read(): Promise<StoredRecord | null | undefined> {
    const turn = ++asked
    let found: unknown
    try {
      found = await call(() => store.read(name))
    } catch (cause) {
      onFailure('read', cause)
      // A token that others could see may be spent by now; one that never left this page is not.
      const { refreshToken } = latest?.credentials ?? {}
      return store.shared && latest && (!ahead || (refreshToken && refreshToken === shown)) ? undefined : latest
    }
    if (turn < answered) return latest
    answered = turn
    const record = isRecord(found) ? found : null
    if (record && record.version > recordVersion) return ahead ? latest : undefined
    const { revision: stamped } = (found ?? {}) as Partial<StoredRecord>
    const revision = typeof stamped === 'string' ? stamped : null
    const mine = latest
    seen ||= record !== null
    forgets = !seen && mine !== null && (forgets || !ahead)
    if (forgets) {
      if (!ahead) onFailure('write', new Error('The store keeps nothing.'))
      ahead = true
      return latest
    }
    if (ahead && mine && (!known || known.has(revision) || (record && left.has(record.session)))) {
      known = new Set([revision])
      if (record && record.session !== mine.session) left.add(record.session)
      const stored = await write(mine, () => store.compareAndSet(name, revision, mine))
      if (stored === false) return read()
      if (stored) answered = ++asked
      return latest
    }
    // Another tab wrote after us, or there was nothing of ours to keep: the store is the truth.
    ahead = false
    known = new Set([revision])
    latest = record
    junk = record ? null : revision
    shown = record?.credentials?.refreshToken
    return record
  }

  /** Whether the store took it; `null` if it failed, so that memory goes on alone. */
  async function write(next: StoredRecord, run: () => unknown): Promise<boolean | null> {
    const answer = call(run)
    writing = answer.catch(() => {})
    try {
      const written = (await answer) !== false
      if (written) {
        if (latest === next) ahead = false
        known = new Set([next.revision])
        shown = next.credentials?.refreshToken
      }
      return written
    } catch (cause) {
      // It may still arrive late.
      known?.add(next.revision)
      ahead = true
      onFailure('write', cause)
      return null
    }
  }

  return {
    shared: store.shared,
    lagMs: store.lagMs ?? 0,
    get latest() {
      return latest
    },
    get ahead() {
      return ahead
    },
    read,
    watch:
      store.watch &&
      (changed => {
        // While a write of our own is under way, the writer knows better what is news.
        const watching = call(() => store.watch?.(name, () => void writing.then(() => clock.setTimer(changed, 0))))
        watching.catch(cause => onFailure('read', cause))
        return () => void watching.then(stop => stop?.()).catch(() => {})
      }),
    peek: () =>
      call(() => store.read(name)).then(
        found => (isRecord(found) ? found.credentials : null),
        () => null,
      ),
    async compareAndSet(expected, content) {
      const next = stamp(content)
      // Whatever the store says, or cannot say: what is known here to be newer (a sign-out, say) is not written over.
      const isNewest = () => latest?.revision === expected?.revision || latest?.revision === next.revision
      if (ahead) await read()
      if (!isNewest()) return null
      if (ahead) return set(next)
      const written = await write(next, () => store.compareAndSet(name, expected?.revision ?? junk, next))
      return written === false || !isNewest() ? null : set(next)
    },
    async overwrite(content) {
      if (latest && latest.session !== content.session) left.add(latest.session)
      const next = set(stamp(content))
      ahead = true
      // Some storages take everything and keep nothing; better known now than taken for a sign-out elsewhere.
      if ((await write(next, () => store.overwrite(name, next))) && !seen) await read()
    },
  }
}
