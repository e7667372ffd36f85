import { ConfigurationError, toReportable } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import { createSyncedStore } from '../session/create-synced-store.ts'
import type { Credentials } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import { createSession, type SessionCore } from '../session/session.ts'
import type { SyncedStore } from '../session/synced-store.ts'
import { withoutSecrets } from '../stores/without-tokens.ts'
import type { ResolvedOptions } from './resolve-options.ts'

export interface SessionWiring extends Pick<ResolvedOptions, 'store' | 'strategy' | 'scheme' | 'limits' | 'initial'> {
  readonly name: string
  readonly clock: Clock
  readonly announce: () => void
  readonly isDisposed: () => boolean
}

const noCookie =
  "A new login was rejected: its cookie was probably not kept. Send it with `credentials: 'include'`, see docs/servers.md#cookies."

/** In cookie modes: says on the console that the cookie of a login was not kept, if its first refresh is rejected. */
function createCookieCheck() {
  let isUnconfirmed = false
  return {
    noteLogin: () => {
      isUnconfirmed = true
    },
    watch({ listenersOf }: SessionCore): void {
      listenersOf('refreshed').add(() => {
        isUnconfirmed = false
      })
      listenersOf('ended').add(({ reason }) => {
        if (isUnconfirmed && reason === 'refresh-rejected') report(new ConfigurationError(null, noCookie))
        isUnconfirmed = false
      })
    },
  }
}

/** Lets scheme and strategy change the credentials of a login. */
function createAdopt(strategy: RefreshStrategy, scheme: WireScheme, noteLogin: () => void) {
  return (read: Credentials, former: Credentials | null): Credentials => {
    const bound = scheme.adopt?.(read, former) ?? read
    if (!strategy.cookie) return bound
    noteLogin()
    const adopted = withoutSecrets(bound)
    const isTokenElsewhere = strategy.cookie === 'token' && !adopted.accessToken
    return isTokenElsewhere ? { ...adopted, lifetimeMs: 0, tokensElsewhere: true } : adopted
  }
}

/** The session, and the store with this page's memory in front of it. */
export function wireSession(wiring: SessionWiring): { readonly session: SessionCore; readonly records: SyncedStore } {
  const { store, strategy, scheme, limits, initial, name, clock, announce, isDisposed } = wiring
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
  const cookieCheck = createCookieCheck()
  const session: SessionCore = createSession({
    records,
    clock,
    isAmbient: strategy.ambient === true,
    announce,
    adopt: createAdopt(strategy, scheme, cookieCheck.noteLogin),
    assumed: initial,
  })
  scheme.open?.(name, session)
  cookieCheck.watch(session)
  return { session, records }
}
