import { isHidden } from '../platform/page.ts'
import type { Wake } from '../platform/wake.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { TokenAge } from '../session/expiry.ts'
import type { SessionCore } from '../session/session.ts'
import { createTabChannel, type Hint, type TabChannel } from '../tabs/tab-channel.ts'
import type { Clock } from '../time/clock.ts'
import { lateWriteMs, longestLookMs } from '../time/delays.ts'

export interface StoreSyncPorts {
  readonly session: SessionCore
  readonly name: string
  readonly clock: Clock
  readonly wake: Wake
  readonly refresher: Refresher
  readonly ageOf: () => TokenAge
  readonly strategy: Pick<RefreshStrategy, 'ambient'>
}

/** Keeps this page's memory in sync with the store (promises 12 and 19). */
export interface StoreSync {
  /** `undefined` if memory is up to date; else resolves when it is. Opens listeners and channel at the first use. */
  syncIfStale(): Promise<void> | undefined
  /** Notifies other tabs that the record has changed. */
  announce(): void
  close(): void
  /** Closed, and not used since: late results are ignored. */
  readonly isClosed: boolean
}

export function createStoreSync(ports: StoreSyncPorts): StoreSync {
  const { session, name, clock, wake, refresher, ageOf, strategy } = ports
  const { shared } = session.records
  let stale = true
  let reading: Promise<void> | undefined
  let channel: TabChannel | undefined
  let stopWaking: (() => void) | undefined
  let stopWatching: (() => void) | undefined
  let stopLooking: (() => void) | undefined
  let closed = false

  async function read(): Promise<void> {
    // A hint from here on is newer than this read.
    stale = false
    await session.reread()
    reading = undefined
    if (stale && !closed) reread()
  }
  function reread(): Promise<void> {
    reading ??= read()
    return reading
  }
  /** The running read may be older than a hint, so wait for one more read; only one, however many hints arrive. */
  const settled = () => reread().then(() => reading)

  /** The write may come after its hint, and be the last thing that a page did which was left. */
  function lookAgain(sessionId: string, delayMs = lateWriteMs): void {
    // A message of a session that is there does not end the look for another.
    if (closed || delayMs > longestLookMs || session.records.latest?.sessionId === sessionId) return
    stopLooking?.()
    stale = true
    stopLooking = clock.setTimer(() => void reread().then(() => lookAgain(sessionId, delayMs * 4)), delayMs)
  }

  /** After waking, reads the store before the next send, and refreshes an old token before a request has to wait for it. */
  async function woken(): Promise<void> {
    if (shared) {
      stale = true
      await settled()
    }
    const { latest } = session.records
    // A sign-out may not have reached the server. First ask for the user: another login by navigation must not be ended.
    if (strategy.ambient && latest?.revocationPending?.failed && session.state.status === 'signed-out') {
      refresher.start('restore')
    }
    const age = ageOf()
    if (age !== 'good' && !isHidden() && !refresher.blockedBy()) refresher.start(age)
  }

  function heard(hint?: Hint): void {
    stale = true
    if (!closed) reread().then(() => hint && lookAgain(hint.sessionId))
  }
  function open(): void {
    // A read that was running at the close has missed all hints since.
    stale ||= closed
    closed = false
    stopWaking ??= wake.onWake(woken)
    stopWatching ??= session.records.watch?.(() => heard())
    if (shared) channel ??= createTabChannel(name, heard)
  }

  return {
    syncIfStale() {
      if (!stopWaking) open()
      // Without hints, only a read can tell, and an earlier read may have missed the change.
      if (shared && !channel?.isReliable) return reading ? reading.then(reread) : reread()
      return stale || reading || session.records.state === 'unread' ? settled() : undefined
    },
    announce() {
      const { latest } = session.records
      if (!shared || !latest) return
      // Notifying other tabs does not count as use: a closed client stays closed.
      if (!closed) open()
      const sender = channel ?? createTabChannel(name, () => {})
      sender.post(latest)
      if (closed) sender.close()
    },
    get isClosed() {
      return closed
    },
    close() {
      stopWaking?.()
      stopWatching?.()
      stopLooking?.()
      channel?.close()
      stopWaking = stopWatching = channel = undefined
      stale = closed = true
    },
  }
}
