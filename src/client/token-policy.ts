import { createAudienceAge } from '../session/audience.ts'
import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { leewayShareOf } from '../time/leeway.ts'
import type { ResolvedOptions } from './resolve-options.ts'

interface TokenPolicyPorts {
  readonly options: Pick<ResolvedOptions, 'canRefresh' | 'strategy' | 'limits'>
  readonly session: SessionCore
  readonly clock: Clock
  readonly isResting: () => boolean
}

/** Whether the session can be refreshed, and how old a token is for requests. */
export function createTokenPolicy({ options, session, clock, isResting }: TokenPolicyPorts) {
  const { strategy, limits } = options
  const ageFor = createAudienceAge({ maxMs: limits.leewayMs, share: leewayShareOf(clock.random()) }, clock)
  const canRefresh = () =>
    options.canRefresh && !(strategy.needsRefreshToken && !session.state.credentials?.refreshToken)
  const ageOf = (audience?: string) => {
    const age = canRefresh() || audience !== undefined ? ageFor(session.state, audience) : 'good'
    return age === 'expiring' && isResting() ? 'good' : age
  }
  return { canRefresh, ageOf }
}
