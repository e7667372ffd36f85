import { createAbort } from '../platform/abort.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { HeldLock, TabLock } from '../tabs/tab-lock.ts'
import type { Outcome, RefreshRequest, RefreshRequestPorts } from './refresh-ports.ts'

export interface LockTurnPorts extends RefreshRequestPorts {
  readonly lock: TabLock
  readonly name: string
  readonly wake: Wake
}

/** A refresh that may have to wait. */
interface WaitingRefresh extends RefreshRequest {
  /** Settles early once nobody waits for it any more: disposed, or its session is over. */
  readonly outcome: Promise<Outcome>
}

const lockPatienceMs = 2000
const lookEveryMs = 500

/**
 * Step a: waits for the lock that all tabs share, watching whether the wait is still worth it. The queue is left when the
 * record has moved on, after 2 s without an open lease to be seen, and when the page is put to sleep (which asks again on
 * waking). What follows decides by the record, so leaving early is always safe. Without tabs to share with, there is none.
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
  request.outcome.then(over => {
    // One that was superseded still reads what holds now, and follows it.
    if (over.kind !== 'disposed') return
    disposed = over
    leave()
  })
  for (;;) {
    const leaving = createAbort()
    leave = () => leaving.abort()
    let asleep = false
    let outcome: Outcome | undefined
    const stopWatching = watch(request, ports, leave)
    const stopSleep = wake.onSleep(() => {
      asleep = true
      leave()
    })
    await lock.request(name, leaving.signal, async held => {
      stopWatching()
      // An engine may take the lock from a page that it puts away, which learns of it later than it acts (WebKit pull 47797).
      const turn = {
        shared: held.shared,
        get lost() {
          return asleep || held.lost
        },
      }
      outcome = disposed ?? (await work(turn))
    })
    stopWatching()
    stopSleep()
    outcome ??= disposed
    if (outcome) return outcome
    if (!asleep) return work(null)
    await waking(wake, () => true, request.outcome)
    if (disposed) return disposed
  }
}

/** Calls `leave` once waiting for the lock has become pointless, or has lasted long enough with nobody seen at work. */
function watch(request: RefreshRequest, { session, clock, isLeaseOpen }: LockTurnPorts, leave: () => void): () => void {
  const started = clock.monotonicMs()
  let stopTimer = () => {}
  let watching = true
  const hasMoved = () =>
    session.state.sessionId !== request.sessionId || session.state.generation !== request.generation
  const stopChanges = session.changed.add(() => hasMoved() && leave())
  const look = async () => {
    await session.reread()
    if (!watching) return
    const someoneWorks = isLeaseOpen(session.records.latest?.lease, lookEveryMs)
    if (!someoneWorks && clock.monotonicMs() - started >= lockPatienceMs) leave()
    else stopTimer = clock.setTimer(look, lookEveryMs)
  }
  stopTimer = clock.setTimer(look, lookEveryMs)
  return () => {
    watching = false
    stopTimer()
    stopChanges()
  }
}
