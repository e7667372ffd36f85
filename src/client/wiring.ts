import { createLoginNotifier, type LoginNotifier } from '../login/login-notifier.ts'
import { createReauthenticator, type Reauthenticator } from '../login/reauthenticator.ts'
import { type Sender, send } from '../platform/fetch.ts'
import { pageWake, type Wake } from '../platform/wake.ts'
import type { CircuitBreaker } from '../refresh/circuit-breaker.ts'
import { createLeaseWatch } from '../refresh/lease-watch.ts'
import { createPendingCalls } from '../refresh/pending-calls.ts'
import type { Transport } from '../refresh/post.ts'
import { createRefreshElsewhere } from '../refresh/refresh-elsewhere.ts'
import { createRefresher, type Refresher } from '../refresh/refresher.ts'
import { createRevocation, type Revocation } from '../refresh/revocation.ts'
import { createPipeline, type RequestPipeline } from '../request/pipeline.ts'
import type { PipelinePorts } from '../request/pipeline-ports.ts'
import { createRequestLog } from '../request/request-log.ts'
import { createSends } from '../request/sends.ts'
import { createWaits, type Waits } from '../request/wait.ts'
import type { SessionCore } from '../session/session.ts'
import { createTabLock, type TabLock } from '../tabs/tab-lock.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { leaseLifeMs } from '../time/lateness.ts'
import { createCallbackGuard } from './callback-guard.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import { createStoreSync, type StoreSync } from './store-sync.ts'
import { createTokenPolicy } from './token-policy.ts'
import { wireCircuitBreaker } from './wire-circuit-breaker.ts'
import { wireSession } from './wire-session.ts'

/** The platform of a client; tests bring their own. */
export interface Platform {
  readonly clock: Clock
  readonly wake: Wake
  readonly lock: TabLock
}

/** All parts of a client, wired. The ky form and the plain form are made around it. */
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
  readonly strategy: ResolvedOptions['strategy']
  /** Returns an id for one call, however often it is sent. */
  readonly nextId: () => number
  /** Whether `refresh` or `reauthenticate` of the app is being called right now. */
  readonly isInsideCallback: () => boolean
  readonly revocation: Revocation
  readonly dispose: () => void
}

export function createClientParts(
  options: ResolvedOptions,
  network: Transport,
  platform: Partial<Platform> = {},
): ClientParts {
  const { clock = systemClock, wake = pageWake, lock = createTabLock() } = platform
  const { strategy, scheme, limits, trusted, sendHeaders } = options
  const name = options.sessionName()
  // These reach parts that are made further down.
  const announce = () => storeSync.announce()
  const isDisposed = () => storeSync.isClosed
  const session = wireSession({ options, name, clock, announce, isDisposed })
  const { guard, isInsideCallback } = createCallbackGuard()
  const { canRefresh, ageOf } = createTokenPolicy({ options, session, clock, isResting: () => refresher.isResting() })
  const circuitBreaker = wireCircuitBreaker({ limits, session, clock, announce, isDisposed })
  const sender: Sender = { mark: Symbol('latchkey'), sending: null }
  const transport: Transport = (input, init) => send(sender, network, input, init)
  // A client that was disposed of does not read its store, also where a login waits.
  const reread = async () => isDisposed() || session.reread()
  const pendingCalls = createPendingCalls(clock, limits.refreshTimeoutMs, { records: session.records, reread })
  const sending = { transport, trusted, sendHeaders, baseUrl: options.baseUrl, isPrefix: options.isPrefix }

  const notifier = createLoginNotifier({ session, clock, name, onLoginRequired: options.onLoginRequired, isDisposed })
  const reauthenticate = options.reauthenticate && guard(options.reauthenticate)
  const login = createReauthenticator({ session, wake, clock, notifier, isDisposed, reauthenticate })
  const revocation = createRevocation({
    ...sending,
    ...limits,
    strategy,
    records: session.records,
    clock,
    pendingCalls,
  })
  const refresher: Refresher = createRefresher({
    ...sending,
    ...limits,
    session,
    clock,
    wake,
    lock,
    name,
    scheme,
    canRefresh,
    circuitBreaker,
    pendingCalls,
    revocation,
    announce,
    isDisposed,
    whenOffline: options.whenOffline,
    reauthenticate,
    // By name: a spread loses the methods and getters of a class.
    strategy: {
      ambient: strategy.ambient,
      endpoint: strategy.endpoint,
      audienceOf: strategy.audienceOf,
      refresh: guard(context => strategy.refresh(context)),
    },
    isLeaseOpen: createLeaseWatch(clock, leaseLifeMs(limits.refreshTimeoutMs)),
    onRejected: login.onRefreshRejected,
    // Do not revoke an ambient credential: the browser's cookie may belong to another user by now.
    discard: credentials => strategy.ambient || revocation.revoke(credentials),
  })
  session.listenersOf('signed-in').add(() => session.state.credentials?.ownerUnverified && refresher.start('expired'))
  const storeSync: StoreSync = createStoreSync({ session, name, clock, wake, refresher, ageOf, strategy })
  const { syncIfStale } = storeSync
  const sends = createSends()
  let lastId = 0
  const nextId = () => ++lastId
  const log = createRequestLog({ session, scheme })
  const waits = createWaits({ session, login, log, isDisposed })
  const pipelinePorts: PipelinePorts = {
    session,
    clock,
    refresher,
    circuitBreaker,
    scheme,
    strategy,
    login,
    trusted,
    sendHeaders,
    sends,
    sender,
    canRefresh,
    ageOf,
    isInsideCallback,
    isDisposed,
    syncIfStale,
    awaitRefreshElsewhere: createRefreshElsewhere({ session, clock, strategy, isDisposed }),
    nextId,
    shouldRefresh: options.shouldRefresh,
    // Only for cookie strategies: a refresh function of the app may log in with the client, and would wait for itself.
    // The store says whether another tab is signing out. A client that was disposed of does not read it.
    whenCallsSettled: strategy.cookie && (() => pendingCalls.whenSettled(isDisposed() ? undefined : syncIfStale())),
  }
  const pipeline = createPipeline(pipelinePorts, log, waits)
  const dispose = () => {
    storeSync.close()
    refresher.dispose()
    login.dispose()
  }
  return {
    pipeline,
    waits,
    session,
    refresher,
    login,
    notifier,
    circuitBreaker,
    storeSync,
    revocation,
    sends,
    clock,
    canRefresh,
    trusted,
    strategy,
    nextId,
    isInsideCallback,
    dispose,
  }
}
