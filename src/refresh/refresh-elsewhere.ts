import { isHidden } from '../platform/page.ts'
import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { leaseLookMs, newerTokenMs } from '../time/delays.ts'
import { createPauses } from '../time/wait.ts'
import type { RefreshStrategy } from './strategy.ts'

interface ElsewherePorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly strategy: Pick<RefreshStrategy, 'ambient' | 'audienceOf'>
  readonly isDisposed: () => boolean
}

/**
 * Looks for what other tabs have refreshed, though no message has come, and waits a little while a token request of theirs is under
 * way. Causes none. `undefined`: no other tab can bring a token.
 */
export type AwaitRefreshElsewhere = () => Promise<void> | undefined

export function createRefreshElsewhere({
  session,
  clock,
  strategy,
  isDisposed,
}: ElsewherePorts): AwaitRefreshElsewhere {
  const { records } = session
  let looking: Promise<void> | undefined
  /** Another replay has been rejected since: the running read may be older than that. */
  let isAsked = false
  /** The lease that was waited for in vain: its tab may be gone. */
  let awaitedId: string | undefined

  /** With several audiences the lease may be this page's own. In a hidden page a timer may be a minute late. */
  const isUnderWay = () => {
    const lease = records.latest?.lease
    return !!lease && !lease.closed && lease.id !== awaitedId && !strategy.audienceOf && !isHidden()
  }

  async function look(): Promise<void> {
    const { state } = session
    const untilMs = clock.monotonicMs() + newerTokenMs
    const { pause, resume } = createPauses(clock)
    const stop = session.changed.add(resume)
    let firstId: string | undefined
    while (!isDisposed()) {
      isAsked = false
      await session.reread()
      if (session.state !== state) break
      if (clock.monotonicMs() >= untilMs) {
        // Not a lease that began meanwhile: its tab is there.
        awaitedId = firstId ?? awaitedId
        break
      }
      if (isAsked) continue
      if (!isUnderWay()) break
      firstId ??= records.latest?.lease?.id
      await pause(leaseLookMs)
    }
    stop()
    looking = undefined
  }

  return () => {
    // With a refresh cookie, each tab has access tokens of its own.
    const isOwn = strategy.ambient && session.state.credentials?.accessToken
    if (!records.shared || records.state !== 'synced' || isOwn || isDisposed()) return undefined
    isAsked = true
    looking ??= look()
    return looking
  }
}
