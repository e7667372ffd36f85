import { isHidden } from '../platform/page.ts'
import type { Wake } from '../platform/wake.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { TokenAge } from '../session/expiry.ts'
import type { SessionCore } from '../session/session.ts'
import { createTabChannel, type TabChannel } from '../tabs/tab-channel.ts'

export interface StoreSyncPorts {
  readonly session: SessionCore
  readonly name: string
  readonly wake: Wake
  readonly refresher: Refresher
  readonly ageOf: () => TokenAge
  readonly strategy: Pick<RefreshStrategy, 'ambient'>
}

/** Whether what this page remembers of the session is what the store holds (promises 12 and 19). */
export interface StoreSync {
  /** `undefined` if memory may be used at once; else when it may. Takes up listeners and channel on first use. */
  syncIfStale(): Promise<void> | undefined
  /** Tells the other tabs that the record has changed. */
  announce(): void
  close(): void
  /** Closed, and not used since: whatever still comes is nobody's concern. */
  readonly isClosed: boolean
}

export function createStoreSync(ports: StoreSyncPorts): StoreSync {
  const { session, name, wake, refresher, ageOf, strategy } = ports
  const { shared } = session.records
  let stale = true
  let reading: Promise<void> | undefined
  let channel: TabChannel | undefined
  let stopWaking: (() => void) | undefined
  let stopWatching: (() => void) | undefined
  let closed = false

  async function read(): Promise<void> {
    // Whatever is heard from here on is newer than what is being read.
    stale = false
    await session.reread()
    reading = undefined
    if (stale && !closed) reread()
  }
  function reread(): Promise<void> {
    reading ??= read()
    return reading
  }
  /** The read under way may be older than what was heard since, so one more is waited for: but one, however much is heard. */
  const settled = () => reread().then(() => reading)

  /** A page that comes back looks before it sends; what is old by then is renewed while nobody waits for it yet. */
  async function woken(): Promise<void> {
    if (shared) {
      stale = true
      await settled()
    }
    const { latest } = session.records
    // What the server was not told of: first ask who is signed in, since somebody may have signed in by navigation.
    if (strategy.ambient && latest?.revocationPending?.failed && session.state.status === 'signed-out') {
      refresher.start('restore')
    }
    const age = ageOf()
    if (age !== 'good' && !isHidden() && !refresher.blockedBy()) refresher.start(age)
  }

  function heard(): void {
    stale = true
    if (!closed) reread()
  }
  function open(): void {
    // A read that was under way when it closed has heard nothing since.
    stale ||= closed
    closed = false
    stopWaking ??= wake.onWake(woken)
    stopWatching ??= session.records.watch?.(heard)
    if (shared) channel ??= createTabChannel(name, heard)
  }

  return {
    syncIfStale() {
      if (!stopWaking) open()
      // Where nothing is heard, looking is the only way to know, and a look that began earlier may have missed it.
      if (shared && !channel?.isReliable) return reading ? reading.then(reread) : reread()
      return stale || reading || session.records.state === 'unread' ? settled() : undefined
    },
    announce() {
      const { latest } = session.records
      if (!shared || !latest) return
      // What a closed client still has to tell is no use of it.
      if (!closed) open()
      const speaker = channel ?? createTabChannel(name, () => {})
      speaker.post(latest)
      if (closed) speaker.close()
    },
    get isClosed() {
      return closed
    },
    close() {
      stopWaking?.()
      stopWatching?.()
      channel?.close()
      stopWaking = stopWatching = channel = undefined
      stale = closed = true
    },
  }
}
