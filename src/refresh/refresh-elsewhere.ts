import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { leaseLookMs, longestElsewhereMs } from '../time/delays.ts'
import { createPauses } from '../time/wait.ts'
import type { RefreshStrategy } from './strategy.ts'

interface ElsewherePorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly strategy: Pick<RefreshStrategy, 'ambient' | 'audienceOf'>
  readonly isDisposed: () => boolean
}

/**
 * Looks for what other tabs have refreshed, though no message has come; resolves after a second at the latest, while a token request
 * of theirs is under way. Causes none. `undefined`: no other tab can bring a token.
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

  /** With several audiences the lease may be this page's own. */
  const isUnderWay = () => {
    const lease = records.latest?.lease
    return !!lease && !lease.closed && !strategy.audienceOf
  }

  async function look(): Promise<void> {
    const { state } = session
    const untilMs = clock.monotonicMs() + longestElsewhereMs
    // A message of the other tab ends the pause: in a hidden page a timer may be a minute late.
    const { pause, resume } = createPauses(clock)
    const stop = session.changed.add(resume)
    while (!isDisposed()) {
      await session.reread()
      if (session.state !== state || !isUnderWay() || clock.monotonicMs() >= untilMs) break
      await pause(leaseLookMs)
    }
    stop()
    looking = undefined
  }

  return () => {
    // With a refresh cookie, each tab has access tokens of its own.
    const isOwn = strategy.ambient && session.state.credentials?.accessToken
    if (!records.shared || records.state !== 'synced' || isOwn || isDisposed()) return undefined
    looking ??= look()
    return looking
  }
}
