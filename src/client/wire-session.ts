import { toReportable, warnOnce } from '../errors.ts'
import type { WatchingStrategy } from '../refresh/strategy.ts'
import { createSyncedStore } from '../session/create-synced-store.ts'
import { createSession, type SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import type { ResolvedOptions } from './resolve-options.ts'

export interface SessionWiring {
  readonly options: Pick<ResolvedOptions, 'store' | 'strategy' | 'canRefresh' | 'scheme' | 'limits' | 'initial'>
  readonly name: string
  readonly clock: Clock
  readonly announce: () => void
  readonly isDisposed: () => boolean
}

const noCookieRefresh =
  '`signIn({ cookie: true })` without `refresh: cookieSession({ … })`: the first 401 ends the session.'

/** The session, and the store with this page's memory in front of it. */
export function wireSession({ options, name, clock, announce, isDisposed }: SessionWiring): SessionCore {
  const { store, scheme, limits, initial } = options
  const strategy: WatchingStrategy = options.strategy
  const usesCookies = options.canRefresh && !strategy.needsRefreshToken
  let hasFailed = false
  const records = createSyncedStore({
    store,
    storeTimeoutMs: limits.storeTimeoutMs,
    name,
    clock,
    onFailure(operation, cause) {
      if (hasFailed) return
      hasFailed = true
      session.emit('store-failed', { operation, cause: toReportable(cause) })
    },
    // A disposed client ignores its store.
    onLate: record => isDisposed() || session.follow(record),
  })
  let adoptLogin: ReturnType<NonNullable<WatchingStrategy['watchSession']>> | undefined
  const session: SessionCore = createSession({
    records,
    clock,
    isAmbient: strategy.ambient === true,
    announce,
    adopt(read, former) {
      if (!read.accessToken && !usesCookies) warnOnce(noCookieRefresh)
      const bound = scheme.adopt?.(read, former) ?? read
      // Cookie strategies take secrets out here, and `oauthRefresh` warns of a missing refresh token.
      const adopted = adoptLogin?.(bound) ?? bound
      const isTokenElsewhere = strategy.cookie === 'token' && !adopted.accessToken
      return isTokenElsewhere ? { ...adopted, lifetimeMs: 0, tokensElsewhere: true } : adopted
    },
    assumed: initial,
  })
  scheme.open?.(name, session)
  adoptLogin = strategy.watchSession?.(session)
  return session
}
