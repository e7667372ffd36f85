import { isSpent, judgeStoredRecord, remember, type SyncState } from './judge-stored-record.ts'
import type { FoundRecord } from './read-record.ts'
import type { RecordContent, StoredRecord } from './session-store.ts'
import { isSlow } from './store-calls.ts'
import { createStoreSide, type StoreSidePorts, type Written } from './store-side.ts'
import { emptyRecord, type SyncedStore, stampRecord } from './synced-store.ts'

export interface SyncedStorePorts extends StoreSidePorts {
  /** The store has answered after its deadline. */
  readonly onLate: (record: StoredRecord | null) => void
}

type MaybeRecord = Promise<StoredRecord | null | undefined>

/** What a read that finds older content writes in place of it: `wanted`, or what is known here. */
interface WriteGoal {
  readonly wanted?: StoredRecord | undefined
  readonly attempt: number
}
const firstAttempt: WriteGoal = { attempt: 1 }
/** How often in a row a write is tried again after another tab's. */
const mostAttempts = 3

export function createSyncedStore(ports: SyncedStorePorts): SyncedStore {
  const { store, name, onFailure } = ports
  const side = createStoreSide(ports)
  let state: SyncState = 'unread'
  let latest: StoredRecord | null = null
  /** Sessions that were signed out of here, or for another. */
  const abandonedIds = new Set<string>()
  const outdatedRevisions = new Set<string | null>()
  /** Reads are counted: one that was asked for before another that was answered, or before `latest` changed here, is old. */
  let asked = 0
  let answered = 0
  let isRetaining = false
  /** What counted here, and was not stored before another tab wrote. */
  let displaced: StoredRecord | null | undefined
  const lost = () => displaced?.credentials?.accessToken
  const isAlone = () => state === 'ahead' || state === 'unreliable'
  const set = (next: StoredRecord): StoredRecord => {
    answered = ++asked
    latest = next
    return next
  }
  const stamp = (content: RecordContent) => stampRecord(content, latest)
  /** Whether the store may show the refresh token to others, although this page is ahead of it. */
  const isShown = (token = latest?.credentials?.refreshToken) =>
    token && token === side.found.record?.credentials?.refreshToken
  const withdraw = (revision: string | null) => side.removeOrEmpty(revision, stamp(emptyRecord('signed-out')))

  async function read(goal = firstAttempt): MaybeRecord {
    const turn = ++asked
    const settleLate = (found: FoundRecord) =>
      void settle(found, turn, firstAttempt).then(record => record === undefined || ports.onLate(record))
    try {
      // A hiccup must not be taken for "nobody is signed in".
      return await settle(await side.lookUp(settleLate, () => state === 'unread'), turn, goal)
    } catch (cause) {
      onFailure('read', cause)
      // A slow store is not an empty one.
      if (state === 'unread' && !isSlow(cause)) state = 'unreliable'
    }
    // A token that others could see may be spent by now; one that never left this page is not.
    const isOthers = store.shared && (!isAlone() || isShown())
    return state === 'unread' || isOthers ? undefined : latest
  }

  /** What an answer of the store means for what is known here. */
  async function settle(found: FoundRecord, turn: number, { wanted, attempt }: WriteGoal): MaybeRecord {
    if (turn < answered) return state === 'unread' ? undefined : latest
    answered = turn
    const { record } = found
    const known = { state, latest, ownRevisions: side.ownRevisions, abandonedIds, outdatedRevisions, isRetaining }
    const means = judgeStoredRecord(found, known)
    isRetaining ||= record !== null
    if (means === 'ours' && latest) return restore(wanted ?? latest, found, attempt)
    side.noteHeld(found)
    if (means === 'newer') return (isAlone() && latest) || undefined
    if (means === 'forgotten') {
      if (state === 'synced') onFailure('write', new Error('The store keeps nothing.'))
      state = 'unreliable'
      return latest
    }
    // Of a write of our own that hung, the effect may be there before its answer.
    if (isAlone() && record?.revision !== latest?.revision) displaced = latest
    state = 'synced'
    latest = record
    return record
  }

  /** Writes down what is known here and nowhere else, over what was found. */
  async function restore(mine: StoredRecord, found: FoundRecord, attempt = 1): MaybeRecord {
    const { record, revision } = found
    const known = latest
    side.noteHeld(found)
    if (record && record.sessionId !== mine.sessionId) remember(abandonedIds, record.sessionId)
    const written = await write(mine, () => store.compareAndSet(name, revision, mine))
    if (written === 'moved' && attempt < mostAttempts)
      return read({ wanted: mine === known ? undefined : mine, attempt: attempt + 1 })
    if (written === 'written') {
      answered = ++asked
      if (latest === known) latest = mine
      if (latest === mine) state = 'synced'
      // Signed in anew meanwhile: the read that was to write that down is old by now.
      else if (isAlone()) return read()
    } else if (isSpent(record, mine)) await withdraw(revision)
    return latest
  }

  async function write(next: StoredRecord, run: () => unknown): Promise<Written> {
    const { revision } = side.found
    const written = await side.write(next, run)
    // Should the store lose what it has confirmed, the token before it is spent all the same.
    if (written === 'written' && revision) remember(outdatedRevisions, revision)
    if (written === 'failed' || written === 'slow') state = 'ahead'
    else if (written === 'written' && latest === next) state = 'synced'
    return written
  }

  async function compareAndSet(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null> {
    const next = stamp(content)
    // Whatever the store says, or cannot say: what is known here to be newer (a sign-out, say) is not written over.
    const isNewest = () => latest?.revision === expected?.revision || latest?.revision === next.revision
    if (!isNewest()) return null
    if (isAlone()) {
      await read({ wanted: next, attempt: 1 })
      if (!isNewest()) return null
      if (isAlone()) return set(next)
      if (latest === next) return next
    }
    const revision = expected?.revision ?? side.found.revision
    const written = await write(next, () => store.compareAndSet(name, revision, next))
    if (written === 'moved' || !isNewest()) return null
    set(next)
    if (written === 'written') state = 'synced'
    // Once more; and what still cannot be written over is taken away.
    else if (isSpent(expected, next)) await read()
    return latest === next ? next : null
  }

  async function acquireLease(expected: StoredRecord | null, content: RecordContent): MaybeRecord {
    const was = state
    const leased = await compareAndSet(expected, content)
    const isExposed = () => isAlone() && isShown(content.credentials?.refreshToken)
    if (!leased || !expected || !isExposed()) return leased
    await read()
    const isSafe = latest !== leased || !isExposed() || (await withdraw(side.found.revision))
    if (latest !== leased || isSafe) return latest === leased ? leased : null
    // A lease that no token request follows must not be written down later.
    set(expected)
    state = was
    return undefined
  }

  async function writeAhead(content: RecordContent): Promise<boolean> {
    const isKnown = !isAlone() && !side.found.isNewer
    const { revision } = side.found
    const next = set(stamp(content))
    state = 'ahead'
    displaced = undefined
    const written = isKnown ? await write(next, () => store.compareAndSet(name, revision, next)) : 'moved'
    // What is not stored is written with the next look, unless another tab wrote meanwhile.
    if (written !== 'written' && written !== 'slow' && isAlone()) await read()
    return written === 'written' || lost() !== next.credentials?.accessToken
  }

  return {
    shared: store.shared,
    lagMs: store.lagMs ?? 0,
    get latest() {
      return latest
    },
    get state() {
      return state
    },
    read: () => read(),
    watch: side.watch,
    peekCredentials: async () => (await side.lookUp().catch(() => null))?.record?.credentials ?? null,
    compareAndSet,
    acquireLease,
    writeAhead,
    async overwrite(content) {
      if (latest && latest.sessionId !== content.sessionId) remember(abandonedIds, latest.sessionId)
      const next = set(stamp(content))
      state = 'ahead'
      const written = side.found.isNewer ? 'moved' : await write(next, () => store.overwrite(name, next))
      if (written === 'moved') onFailure('write', new Error('A newer release of this app wrote the stored session.'))
      if (written === 'slow') remember(outdatedRevisions, next.revision)
      if (written === 'failed') {
        // Once more, by another way; and what still cannot be written over is taken away.
        const found = await side.lookUp().catch(() => null)
        if (found && !found.isNewer && latest === next) await restore(next, found)
      }
      // Written over what is newer: it took its time.
      if (written === 'written' && latest !== next) state = 'ahead'
      // Some storages take everything and keep nothing; better known now than taken for a sign-out elsewhere.
      if (written === 'written' && !isRetaining) await read()
    },
  }
}
