import { isSpent, judgeStoredRecord, remember, type SyncState } from './judge-stored-record.ts'
import type { FoundRecord } from './read-record.ts'
import type { RecordContent, SignedInContent, StoredRecord } from './session-store.ts'
import { isSlow } from './store-calls.ts'
import { createStoreSide, type StoreSidePorts, type Written } from './store-side.ts'
import { emptyRecord, mostAttempts, type SyncedStore, stampRecord, type WriteGoal } from './synced-store.ts'

export interface SyncedStorePorts extends StoreSidePorts {
  /** Called if the store responds after its timeout. */
  readonly onLate: (record: StoredRecord | null) => void
}
type MaybeRecord = Promise<StoredRecord | null | undefined>

export function createSyncedStore(ports: SyncedStorePorts): SyncedStore {
  const { store, name, onFailure } = ports
  const side = createStoreSide(ports)
  let state: SyncState = 'unread'
  let latest: StoredRecord | null = null
  const abandonedIds = new Set<string>()
  /** Numbers of reads: a read is old if it started before the last one that was settled, or before `latest` changed. */
  let [lastStarted, lastSettled] = [0, 0]
  /** The credentials of a sign-in that is being stored, until the store has confirmed that it has them. */
  let unconfirmed: StoredRecord['credentials'] | undefined
  /** Another tab wrote first, so that they were never stored. */
  let isDisplaced: boolean | undefined
  const isAlone = () => state === 'ahead' || state === 'unreliable'
  const set = (next: StoredRecord): StoredRecord => {
    lastSettled = ++lastStarted
    latest = next
    return next
  }
  const stamp = (content: RecordContent) => stampRecord(content, latest)
  /** Whether the store may show the refresh token to others, although this page is ahead of it. */
  const isShown = (token = latest?.credentials?.refreshToken) =>
    token && token === side.found.record?.credentials?.refreshToken
  const withdraw = (revision: string | null) => side.removeOrEmpty(revision, stamp(emptyRecord('signed-out')))

  async function read(goal: WriteGoal = {}): MaybeRecord {
    const turn = ++lastStarted
    const settleLate = (found: FoundRecord) =>
      void settle(found, turn).then(record => record === undefined || ports.onLate(record))
    try {
      // A passing failure must not look like a signed-out user.
      return await settle(await side.lookUp(settleLate, () => state === 'unread'), turn, goal)
    } catch (cause) {
      onFailure('read', cause)
      // A slow store does not count as empty.
      if (state === 'unread' && !isSlow(cause)) state = 'unreliable'
    }
    // Another tab may have used a token that it could see. A token that never left this page is unused.
    const isOthers = store.shared && (!isAlone() || isShown())
    return state === 'unread' || isOthers ? undefined : latest
  }

  /** Compares the store's record with this page's, and keeps the one that is valid. */
  async function settle(found: FoundRecord, turn: number, { wanted, attempt }: WriteGoal = {}): MaybeRecord {
    if (turn < lastSettled) return state === 'unread' ? undefined : latest
    lastSettled = turn
    const { record } = found
    const verdict = judgeStoredRecord(found, { ...side.history, state, latest, abandonedIds })
    if (verdict === 'ours' && latest) return restore(wanted ?? latest, found, attempt)
    const note = verdict === 'forgotten' ? side.noteOld : side.noteHeld
    note(found)
    if (verdict === 'newer') return (isAlone() && latest) || undefined
    if (verdict === 'forgotten') {
      if (state === 'synced') onFailure('write', new Error('The store does not keep what is written.'))
      state = 'unreliable'
      return latest
    }
    // The effect of our own write may be visible before its call returns, or although the call failed.
    const isOwn = isAlone() && record?.revision === latest?.revision
    if (isAlone() && !isOwn) isDisplaced ||= latest?.credentials === unconfirmed
    if (!isOwn) latest = record
    state = 'synced'
    return latest
  }

  /**
   * Writes this page's record over the one that was found. Over another tab's with a new revision: that tab may have overwritten
   * the former one, and would take it for a write that the store has lost. Each tab would undo the other's, for ever.
   */
  async function restore(wanted: StoredRecord, found: FoundRecord, attempt = 1): MaybeRecord {
    const { record, revision } = found
    const isNew = wanted !== latest
    const mine = isNew || side.history.ownRevisions?.has(revision) ? wanted : stamp(wanted)
    if (!isNew) latest = mine
    const known = latest
    side.noteOld(found)
    if (record && record.sessionId !== mine.sessionId) remember(abandonedIds, record.sessionId)
    const written = await write(mine, () => store.compareAndSet(name, revision, mine))
    if (written === 'moved' && attempt < mostAttempts)
      return read({ wanted: isNew ? wanted : undefined, attempt: attempt + 1 })
    if (written === 'written') {
      lastSettled = ++lastStarted
      if (latest === known) latest = mine
      if (latest === mine) state = 'synced'
      // The user signed in meanwhile, and the read that should have stored that is old by now: read again.
      else return read()
    } else if (isSpent(record, mine)) await withdraw(revision)
    return latest
  }

  async function write(next: StoredRecord, run: () => unknown): Promise<Written> {
    const written = await side.write(next, run)
    // Their generation would not tell them apart: a refresh that ends during a sign-in has the same.
    if (written === 'written' && next.credentials === unconfirmed) unconfirmed = undefined
    if (written === 'written') state = latest === next ? 'synced' : state
    // Moved: a read may have shown it before another tab's write came over it.
    else if (written !== 'moved' || latest === next) state = 'ahead'
    return written
  }

  async function compareAndSet(expected: StoredRecord | null, content: RecordContent): Promise<StoredRecord | null> {
    const next = stamp(content)
    // A newer record of this page (a sign-out, for example) must not be overwritten, whatever the store returns.
    const isNewest = () => latest?.revision === expected?.revision || latest?.revision === next.revision
    if (!isNewest()) return null
    if (isAlone()) {
      await read({ wanted: next })
      if (!isNewest()) return null
      if (isAlone()) return set(next)
      if (latest === next) return next
    }
    const revision = expected?.revision ?? side.found.revision
    const written = await write(next, () => store.compareAndSet(name, revision, next))
    if (written === 'moved' || !isNewest()) return null
    set(next)
    if (written === 'written') state = 'synced'
    // Try once more. A used token that cannot be overwritten is removed.
    else if (isSpent(expected, next)) await read()
    return latest === next ? next : null
  }

  async function acquireLease(expected: StoredRecord | null, content: RecordContent): MaybeRecord {
    const was = state
    const leased = await compareAndSet(expected, content)
    const isExposed = () => isAlone() && isShown(content.credentials?.refreshToken)
    if (!leased || !expected || !isExposed()) return leased
    await read()
    const isSafe = !isExposed() || (await withdraw(side.found.revision))
    if (latest !== leased || isSafe) return latest === leased ? leased : null
    // No token request follows, so this lease must not be stored later.
    set(expected)
    state = was
    return undefined
  }

  async function writeAhead(content: SignedInContent): Promise<boolean> {
    const isKnown = !isAlone() && !side.found.isNewer
    const next = set(stamp(content))
    state = 'ahead'
    isDisplaced = false
    unconfirmed = content.credentials
    const startedMs = ports.clock.wallMs()
    const written = isKnown && (await write(next, () => store.compareAndSet(name, side.found.revision, next)))
    // If it was not stored, the next read writes it, unless another tab wrote meanwhile.
    if (written !== 'slow' && isAlone()) await read()
    // The page slept through the lag: a session that has taken its place in the store began after the sign-in.
    const tookMs = latest?.sessionId === next.sessionId ? 0 : ports.clock.wallMs() - startedMs
    const isStored = (store.lagMs && tookMs > 4 * store.lagMs) || !unconfirmed || !isDisplaced
    // No token may outlive its session here.
    if (unconfirmed === content.credentials) unconfirmed = undefined
    return isStored
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
    peekCredentials: side.peekCredentials,
    compareAndSet,
    acquireLease,
    writeAhead,
    async overwrite(content, replaced) {
      if (latest && latest.sessionId !== content.sessionId) remember(abandonedIds, latest.sessionId)
      const next = set(stamp(content))
      state = 'ahead'
      const written = side.found.isNewer ? 'moved' : await write(next, () => side.overwrite(next, replaced))
      if (written === 'moved') onFailure('write', new Error('A newer release of this app wrote the stored session.'))
      if (written === 'failed') {
        const found = await side.lookUp().catch(() => null)
        const isCurrent = found && !found.isNewer && latest === next
        // Try once more, unless it was stored all the same: another tab may have gone on from it.
        if (isCurrent && found.record?.sessionId === next.sessionId) await settle(found, ++lastStarted)
        else if (isCurrent) await restore(next, found)
      }
      // The write was slow, and has overwritten a newer record.
      if (written === 'written' && latest !== next) state = 'ahead'
      // Some storages accept writes and keep nothing. Without this check, that would look like a sign-out elsewhere.
      if (written === 'written' && !side.history.isRetaining) await read()
    },
  }
}
