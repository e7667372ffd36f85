import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { leaseLookMs, signOutCallMs, signOutHangsMs } from '../time/delays.ts'
import { createTimeLimit, pause } from '../time/wait.ts'

/** Calls whose responses may change the cookie. A login that the page makes waits for them. */
export interface PendingCalls {
  track<Value>(call: Promise<Value>): Promise<Value>
  /**
   * `undefined`: there are none. Resolves when they are over, or have taken too long. `syncing`: memory may be behind the store,
   * until it resolves.
   */
  whenSettled(syncing?: Promise<unknown>): Promise<unknown> | undefined
}

export function createPendingCalls(
  clock: Clock,
  longestMs: number,
  session: Pick<SessionCore, 'records'> & { readonly reread: () => Promise<unknown> },
): PendingCalls {
  const calls = new Set<Promise<unknown>>()
  const inTime = createTimeLimit(clock, longestMs)

  /** Whether the sign-out call of another page may be under way. That page removes it from the record when it is over. */
  function isSigningOutElsewhere(): boolean {
    const pending = session.records.latest?.revocationPending
    if (!pending) return false
    const calledMs = clock.wallMs() - pending.calledAt
    // A call that hangs counts as failed, too, but only after this time.
    const hasFailed = pending.failed && calledMs < signOutHangsMs
    return calledMs >= 0 && calledMs < signOutCallMs && !hasFailed
  }

  async function ownCalls(): Promise<void> {
    // A Set also goes through what is added meanwhile.
    for (const call of calls) await call.catch(() => {})
  }

  async function all(syncing: Promise<unknown> | undefined): Promise<void> {
    await syncing
    await ownCalls()
    // Bounded: the clock may stop, or be set back again and again.
    for (let looks = 0; looks < signOutCallMs / leaseLookMs && isSigningOutElsewhere(); looks += 1) {
      await pause(clock, leaseLookMs)
      await session.reread()
    }
    await ownCalls()
  }

  return {
    track(call) {
      calls.add(call)
      const remove = () => void calls.delete(call)
      call.then(remove, remove)
      return call
    },
    whenSettled: syncing =>
      calls.size > 0 || syncing || isSigningOutElsewhere() ? inTime(all(syncing), resolve => resolve()) : undefined,
  }
}
