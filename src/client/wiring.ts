import { ConfigurationError, toReportable } from '../errors.ts'
import { createLoginNotifier, type LoginNotifier, type LoginNotifierPorts } from '../login/login-notifier.ts'
import { createReauthenticator, type Reauthenticator, type ReauthenticatorPorts } from '../login/reauthenticator.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { markSent } from '../platform/fetch.ts'
import { pageWake, type Wake } from '../platform/wake.ts'
import { type CircuitBreaker, createCircuitBreaker } from '../refresh/circuit-breaker.ts'
import { createLeaseWatch } from '../refresh/lease-watch.ts'
import type { Transport } from '../refresh/post.ts'
import { createRefresher, type Refresher, type RefresherPorts } from '../refresh/refresher.ts'
import { createPendingCalls, createRevocation, type Revocation, type RevocationPorts } from '../refresh/revocation.ts'
import { createPipeline, type RequestPipeline } from '../request/pipeline.ts'
import type { PipelinePorts } from '../request/pipeline-ports.ts'
import { createRequestLog } from '../request/request-log.ts'
import { createSends } from '../request/sends.ts'
import { createWaits, type Waits } from '../request/wait.ts'
import { createAudienceAge } from '../session/audience.ts'
import { createSyncedStore, type SyncedStorePorts } from '../session/create-synced-store.ts'
import type { Credentials } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import { createSession, type SessionCore } from '../session/session.ts'
import { withoutSecrets } from '../stores/without-tokens.ts'
import { createTabLock, type TabLock } from '../tabs/tab-lock.ts'
import { createCallbackGuard } from './callback-guard.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { createStoreSync, type StoreSync, type StoreSyncPorts } from './store-sync.ts'

/** The platform under a client; tests bring their own. */
export interface Platform {
  readonly clock: Clock
  readonly wake: Wake
  readonly lock: TabLock
}

const noCookie =
  "A new login was refused: probably its cookie was not kept. Send it with `credentials: 'include'`, see docs/servers.md#cookies."

/** All parts of a client, wired; ky's form and the plain one are made round it. */
export interface ClientParts extends Pick<PipelinePorts, 'sends'> {
  readonly pipeline: RequestPipeline
  readonly waits: Waits
  readonly session: SessionCore
  readonly refresher: Refresher
  readonly login: Reauthenticator
  readonly notifier: Pick<LoginNotifier, 'forget'>
  readonly circuitBreaker: Pick<CircuitBreaker, 'forget'>
  readonly storeSync: StoreSync
  readonly clock: Clock
  readonly canRefresh: () => boolean
  readonly trusted: ResolvedOptions['trusted']
  /** A number for one call, whatever it is sent as. */
  readonly nextId: () => number
  /** Whether the app's own refresh, or its `reauthenticate`, is being called right now. */
  readonly isInsideCallback: () => boolean
  readonly revocation: Revocation
  readonly dispose: () => void
}

/** The share of the leeway that a client takes: so a fleet that signed in together does not refresh in step. */
export const leewayShareOf = (random: number): number => 0.5 + random / 2

export function createClientParts(
  options: ResolvedOptions,
  network: Transport,
  platform: Partial<Platform> = {},
): ClientParts {
  const { clock = systemClock, wake = pageWake, lock = createTabLock() } = platform
  const { strategy, scheme, limits, reauthenticate } = options
  const name = options.sessionName()
  const former = options.formerName()
  const formerName = former === name ? undefined : former
  let failureTold = false
  let lastId = 0
  const syncedStorePorts: SyncedStorePorts = {
    store: options.store,
    storeTimeoutMs: limits.storeTimeoutMs,
    name,
    formerName,
    clock,
    onFailure(operation, cause) {
      if (failureTold) return
      failureTold = true
      session.emit('store-failed', { operation, cause: toReportable(cause) })
    },
    // A client that was disposed of is deaf to its store.
    onLate: record => storeSync.isClosed || session.follow(record),
  }
  const records = createSyncedStore(syncedStorePorts)
  const announce = () => storeSync.announce()
  /** Somebody logged in, and no refresh has shown since that the login's cookie is there. */
  let isNew = false
  const adopt = (read: Credentials, former: Credentials | null): Credentials => {
    const bound = scheme.adopt?.(read, former) ?? read
    const adopted = strategy.cookie ? withoutSecrets(bound) : bound
    const isTokenElsewhere = strategy.cookie === 'token' && !adopted.accessToken
    isNew = strategy.cookie !== undefined
    return isTokenElsewhere ? { ...adopted, lifetimeMs: 0, tokensElsewhere: true } : adopted
  }
  const session: SessionCore = createSession({
    records,
    clock,
    isAmbient: strategy.ambient === true,
    announce,
    adopt,
    assumed: options.initial,
  })
  scheme.open?.(name, session, formerName)
  const mark = Symbol('latchkey')
  const transport: Transport = (input, init = {}) => network(input, markSent(init, mark))
  const ageFor = createAudienceAge({ maxMs: limits.leewayMs, share: leewayShareOf(clock.random()) }, clock)
  const circuitBreaker = createCircuitBreaker(clock.wallMs, limits, () => records.latest?.refreshCounts, correctCounts)
  async function correctCounts(): Promise<void> {
    if (storeSync.isClosed) return
    await session.reread()
    const { latest } = records
    // If others write meanwhile, the next refresh here says it.
    if (latest && (await records.compareAndSet(latest, { ...latest, refreshCounts: circuitBreaker.counts() })))
      announce()
  }
  const { guard, isInsideCallback } = createCallbackGuard()
  const canRefresh = () =>
    options.canRefresh && !(strategy.needsRefreshToken && !session.state.credentials?.refreshToken)
  const ageOf = (audience?: string) => {
    const age = canRefresh() || audience !== undefined ? ageFor(session.state, audience) : 'good'
    return age === 'expiring' && refresher.isResting() ? 'good' : age
  }
  const pendingCalls = createPendingCalls(clock, limits.refreshTimeoutMs)
  /** What most parts take some of. */
  const shared = {
    ...options,
    ...limits,
    transport,
    records,
    pendingCalls,
    canRefresh,
    ageOf,
    name,
    clock,
    wake,
    session,
    circuitBreaker,
    isInsideCallback,
    isDisposed: () => storeSync.isClosed,
    nextId: () => ++lastId,
    sends: createSends(),
  }
  const notifierPorts: LoginNotifierPorts = shared
  const notifier = createLoginNotifier(notifierPorts)
  const loginPorts: ReauthenticatorPorts = {
    ...shared,
    notifier,
    reauthenticate: reauthenticate && guard(reauthenticate),
  }
  const login = createReauthenticator(loginPorts)
  const revocationPorts: RevocationPorts = shared
  const revocation = createRevocation(revocationPorts)
  const refresherPorts: RefresherPorts = {
    ...shared,
    lock,
    announce,
    strategy: { ...strategy, refresh: guard(context => strategy.refresh(context)) },
    // Around its deadline: 2 s until it is sent, 1 s that its timer may be late, 2 s to save what it brought.
    isLeaseOpen: createLeaseWatch(clock, limits.refreshTimeoutMs + 5000),
    pause: ms => new Promise(resolve => clock.setTimer(resolve, ms)),
    onRejected: login.onRefreshRejected,
    // An ambient credential is the browser's, not the dropped answer's: it may be somebody else's by now.
    discard: credentials => strategy.ambient || revocation.revoke(credentials),
    revocation,
  }
  const refresher: Refresher = createRefresher(refresherPorts)
  session.listenersOf('signed-in').add(() => session.state.credentials?.ownerUnverified && refresher.start('expired'))
  session.listenersOf('refreshed').add(() => {
    isNew = false
  })
  session.listenersOf('ended').add(({ reason }) => {
    if (isNew && reason === 'refresh-rejected') report(new ConfigurationError(null, noCookie))
    isNew = false
  })
  const storeSync: StoreSync = createStoreSync({ ...shared, refresher } satisfies StoreSyncPorts)
  const pipelinePorts: PipelinePorts = {
    ...shared,
    mark,
    refresher,
    login,
    syncIfStale: storeSync.syncIfStale,
    // Refreshes of the app's own may log in through the client: they would wait for themselves.
    whenCallsSettled: strategy.cookie && pendingCalls.whenSettled,
  }
  const log = createRequestLog({ session, scheme })
  const waits = createWaits({ session, login, log })
  const pipeline = createPipeline(pipelinePorts, log, waits)
  const dispose = () => {
    storeSync.close()
    refresher.dispose()
    login.dispose()
  }
  return { ...shared, pipeline, waits, refresher, login, notifier, storeSync, revocation, dispose }
}
