import { createAbort } from '../platform/abort.ts'
import { type Wake, waking } from '../platform/wake.ts'
import type { HeldLock, TabLock } from '../tabs/tab-lock.ts'
import type { ExchangePorts, Flown, Outcome } from './exchange-ports.ts'

export interface TurnPorts extends ExchangePorts {
  readonly lock: TabLock
  readonly name: string
  readonly wake: Wake
}

/** A refresh that may have to wait. */
interface Waiting extends Flown {
  /** Settles early once nobody waits for it any more: disposed, or its session is over. */
  readonly outcome: Promise<Outcome>
}

const patienceMs = 2000
const lookEveryMs = 500

/**
 * Step a: waits for the lock that all tabs share, watching whether the wait is still worth it. The queue is left when the
 * record has moved on, after 2 s without an open claim to be seen, and when the page is put to sleep (which asks again on
 * waking). What follows decides by the record, so leaving early is always safe. Without tabs to share with, there is none.
 */
export async function inTurn(
  flown: Waiting,
  ports: TurnPorts,
  work: (lock: HeldLock | null) => Promise<Outcome>,
): Promise<Outcome> {
  const { lock, name, wake, session } = ports
  if (!session.records.shared) return work(null)
  let disposed: Outcome | undefined
  let leave = () => {}
  flown.outcome.then(over => {
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
    const stopWatching = watch(flown, ports, leave)
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
    await waking(wake, () => true, flown.outcome)
    if (disposed) return disposed
  }
}

/** Calls `leave` once waiting for the lock has become pointless, or has lasted long enough with nobody seen at work. */
function watch(flown: Flown, { session, clock, isOpen }: TurnPorts, leave: () => void): () => void {
  const started = clock.monotonicMs()
  let stopTimer = () => {}
  let watching = true
  const hasMoved = () => session.state.session !== flown.session || session.state.generation !== flown.generation
  const stopChanges = session.changed.add(() => hasMoved() && leave())
  const look = async () => {
    await session.reread()
    if (!watching) return
    const someoneWorks = isOpen(session.records.latest?.claim, lookEveryMs)
    if (!someoneWorks && clock.monotonicMs() - started >= patienceMs) leave()
    else stopTimer = clock.setTimer(look, lookEveryMs)
  }
  stopTimer = clock.setTimer(look, lookEveryMs)
  return () => {
    watching = false
    stopTimer()
    stopChanges()
  }
}
