import { createAbort } from '../platform/abort.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { HeldLock, TabLock } from '../tabs/tab-lock.ts'
import { lockLookMs, lockPatienceMs } from '../time/delays.ts'
import type { Outcome, RefreshRequest, RefreshRequestPorts } from './refresh-ports.ts'

export interface LockTurnPorts extends RefreshRequestPorts {
  readonly lock: TabLock
  readonly name: string
  readonly wake: Wake
}

/** A refresh that may have to wait. */
interface WaitingRefresh extends RefreshRequest {
  /** Settles early when no request waits for it any more: the client was disposed of, or its session is over. */
  readonly outcome: Promise<Outcome>
}

/**
 * Step a: runs `work` under the lock that all tabs share. What follows decides by the record, so going on without the lock is
 * always safe; it only costs other tabs a wait. While the lock is held by another tab, the queue is left
 *
 * - when the record has moved on, or after 2 s without an open lease to be seen: `work` runs without the lock;
 * - when the page is put to sleep, since it would hold up the other tabs: it queues again on waking;
 * - when the client is disposed of: `work` does not run.
 *
 * A store that no other tab shares needs no lock.
 */
export async function runInLockTurn(
  request: WaitingRefresh,
  ports: LockTurnPorts,
  work: (lock: HeldLock | null) => Promise<Outcome>,
): Promise<Outcome> {
  const { lock, name, wake, session } = ports
  if (!session.records.shared) return work(null)
  let disposed: Outcome | undefined
  let leave = () => {}
  request.outcome.then(outcome => {
    // A superseded refresh goes on: it reads what the record holds now, and follows it.
    if (outcome.kind !== 'disposed') return
    disposed = outcome
    leave()
  })
  while (!disposed) {
    const queue = createAbort()
    leave = () => queue.abort()
    let isAsleep = false
    let outcome: Outcome | undefined
    const stopWatching = watchRecord(request, ports, leave)
    const stopSleep = wake.onSleep(() => {
      isAsleep = true
      leave()
    })
    try {
      await lock.request(name, queue.signal, async held => {
        stopWatching()
        // An engine may take the lock from a page that it puts to sleep, and tell the page only later (WebKit pull 47797).
        const turn = {
          shared: held.shared,
          get lost() {
            return isAsleep || held.lost
          },
        }
        outcome = disposed ?? (await work(turn))
      })
    } finally {
      stopWatching()
      stopSleep()
    }
    if (outcome) return outcome
    if (!disposed && !isAsleep) return work(null)
    await waking(wake, () => true, request.outcome)
  }
  return disposed
}

/** Calls `leave` when waiting for the lock has become pointless, or has lasted 2 s with no other tab seen at work. */
function watchRecord(
  request: RefreshRequest,
  { session, clock, isLeaseOpen }: LockTurnPorts,
  leave: () => void,
): () => void {
  const startedMs = clock.monotonicMs()
  let isWatching = true
  const look = async () => {
    await session.reread()
    if (!isWatching) return
    const isAnotherAtWork = isLeaseOpen(session.records.latest?.lease, lockLookMs)
    if (!isAnotherAtWork && clock.monotonicMs() - startedMs >= lockPatienceMs) leave()
    else stopTimer = clock.setTimer(look, lockLookMs)
  }
  let stopTimer = clock.setTimer(look, lockLookMs)
  const stopChanges = session.changed.add(() => {
    const { sessionId, generation } = session.state
    if (sessionId !== request.sessionId || generation !== request.generation) leave()
  })
  return () => {
    isWatching = false
    stopTimer()
    stopChanges()
  }
}
