import { ConfigurationError, tellable } from '../errors.ts'
import { createLoginRequired, type LoginRequiredPorts } from '../login/login-required.ts'
import { createLogin, type Login, type ReauthenticatePorts } from '../login/reauthenticate.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { markSent } from '../platform/fetch.ts'
import { pageWake, type Wake } from '../platform/wake.ts'
import { createClaimWatch } from '../refresh/claim-watch.ts'
import type { Transport } from '../refresh/post.ts'
import { createRefresher, type Refresher, type RefresherPorts } from '../refresh/refresher.ts'
import { createRevocation, createUnderWay, type Revocation, type RevocationPorts } from '../refresh/revocation.ts'
import { createStormBreaker } from '../refresh/storm-breaker.ts'
import { createAuthenticatedFetch, type Spine } from '../request/authenticated-fetch.ts'
import type { SpinePorts } from '../request/spine-ports.ts'
import { ageFor } from '../session/audience.ts'
import { createRecords, type RecordsPorts } from '../session/create-records.ts'
import type { Credentials } from '../session/credentials.ts'
import { report } from '../session/events.ts'
import { createSession, type SessionCore } from '../session/session.ts'
import { withoutSecrets } from '../stores/without-tokens.ts'
import { createTabLock, type TabLock } from '../tabs/tab-lock.ts'
import { createFreshness, type Freshness, type FreshnessPorts } from './freshness.ts'
import type { ResolvedOptions } from './resolve-options.ts'

/** The platform under a client; tests bring their own. */
export interface Platform {
  readonly clock: Clock
  readonly wake: Wake
  readonly lock: TabLock
}

const noCookie =
  "A new login was refused: probably its cookie was not kept. Send it with `credentials: 'include'`, see docs/servers.md#cookies."

/** All parts of a client, wired; ky's form and the plain one are made round it. */
export interface Core {
  readonly spine: Spine
  readonly session: SessionCore
  readonly refresher: Refresher
  readonly login: Login
  readonly freshness: Freshness
  readonly clock: Clock
  readonly canRefresh: () => boolean
  readonly trusted: ResolvedOptions['trusted']
  /** A number for one call, whatever it is sent as. */
  readonly nextId: () => number
  /** Whether the app's own exchange, or its `reauthenticate`, is being called right now. */
  readonly exchanging: () => boolean
  readonly revocation: Revocation
  readonly dispose: () => void
}

/** The share of the leeway that a client takes: so a fleet that signed in together does not refresh in step. */
export const spread = (random: number): number => 0.5 + random / 2

export function createCore(options: ResolvedOptions, network: Transport, platform: Partial<Platform> = {}): Core {
  const { clock = systemClock, wake = pageWake, lock = createTabLock() } = platform
  const { strategy, scheme, limits, reauthenticate } = options
  const name = options.sessionName()
  const former = options.formerName()
  const formerName = former === name ? undefined : former
  let failureTold = false
  let lastId = 0
  const recordsPorts: RecordsPorts = {
    store: options.store,
    storeTimeoutMs: limits.storeTimeoutMs,
    name,
    formerName,
    clock,
    onFailure(operation, cause) {
      if (failureTold) return
      failureTold = true
      session.emit('store-failed', { operation, cause: tellable(cause) })
    },
    // A client that was disposed of is deaf to its store.
    onLate: record => freshness.closed || session.follow(record),
  }
  const records = createRecords(recordsPorts)
  const announce = () => freshness.announce()
  /** Somebody logged in, and no exchange has shown since that the login's cookie is there. */
  let isNew = false
  const adopt = (read: Credentials, former: Credentials | null): Credentials => {
    const bound = scheme.adopt?.(read, former) ?? read
    const adopted = strategy.cookie ? withoutSecrets(bound) : bound
    const isTokenElsewhere = strategy.cookie === 'token' && !adopted.accessToken
    isNew = strategy.cookie !== undefined
    return isTokenElsewhere ? { ...adopted, lifetimeMs: 0, withheld: true } : adopted
  }
  const session: SessionCore = createSession(records, clock, strategy.ambient === true, announce, adopt)
  scheme.open?.(name, session, formerName)
  const mark = Symbol('latchkey')
  const transport: Transport = (input, init = {}) => network(input, markSent(init, mark))
  const leeway = { mostMs: limits.leewayMs, share: spread(clock.random()) }
  const breaker = createStormBreaker(clock.wallMs, limits, () => records.latest?.counts, correctCounts)
  async function correctCounts(): Promise<void> {
    if (freshness.closed) return
    await session.reread()
    const { latest } = records
    // If others write meanwhile, the next exchange here says it.
    if (latest && (await records.compareAndSet(latest, { ...latest, counts: breaker.counts() }))) announce()
  }
  const { guard, exchanging } = createGuard()
  const canRefresh = () =>
    options.canRefresh && !(strategy.needsRefreshToken && !session.state.credentials?.refreshToken)
  const ageOf = (audience?: string) => {
    const age = canRefresh() || audience !== undefined ? ageFor(session.state, audience, leeway, clock) : 'good'
    return age === 'expiring' && refresher.isResting() ? 'good' : age
  }
  const underWay = createUnderWay(clock, limits.refreshTimeoutMs)
  /** What most parts take some of. */
  const shared = {
    ...options,
    ...limits,
    transport,
    records,
    underWay,
    canRefresh,
    ageOf,
    name,
    clock,
    wake,
    session,
    breaker,
    exchanging,
    isOver: () => freshness.closed,
    nextId: () => ++lastId,
  }
  const tellerPorts: LoginRequiredPorts = shared
  const teller = createLoginRequired(tellerPorts)
  const loginPorts: ReauthenticatePorts = {
    ...shared,
    teller,
    reauthenticate: reauthenticate && guard(reauthenticate),
  }
  const login = createLogin(loginPorts)
  const revocationPorts: RevocationPorts = shared
  const revocation = createRevocation(revocationPorts)
  const refresherPorts: RefresherPorts = {
    ...shared,
    lock,
    announce,
    strategy: { ...strategy, refresh: guard(context => strategy.refresh(context)) },
    // Around its deadline: 2 s until it is sent, 1 s that its timer may be late, 2 s to save what it brought.
    isOpen: createClaimWatch(clock, limits.refreshTimeoutMs + 5000),
    pause: ms => new Promise(resolve => clock.setTimer(resolve, ms)),
    onRefused: login.refused,
    // An ambient credential is the browser's, not the dropped answer's: it may be somebody else's by now.
    discard: credentials => strategy.ambient || revocation.tell(credentials),
    revocation,
  }
  const refresher: Refresher = createRefresher(refresherPorts)
  session.listenersOf('signed-in').add(() => session.state.credentials?.unproved && refresher.start('expired'))
  session.listenersOf('refreshed').add(() => {
    isNew = false
  })
  session.listenersOf('ended').add(({ reason }) => {
    if (isNew && reason === 'refresh-rejected') report(new ConfigurationError(null, noCookie))
    isNew = false
  })
  const freshness: Freshness = createFreshness({ ...shared, refresher } satisfies FreshnessPorts)
  const spinePorts: SpinePorts = {
    ...shared,
    mark,
    refresher,
    login,
    fresh: freshness.fresh,
    // Exchanges of the app's own may log in through the client: they would wait for themselves.
    underWay: strategy.cookie && underWay.over,
  }
  const spine = createAuthenticatedFetch(spinePorts)
  const dispose = () => {
    freshness.close()
    refresher.dispose()
    login.dispose()
  }
  return { ...shared, spine, refresher, login, freshness, revocation, dispose }
}

/** Knows when a function of the app is being called that others wait for: what it sends must not wait for itself. */
function createGuard() {
  let calling = false
  const guard =
    <Argument, Answer>(call: (argument: Argument) => Answer) =>
    (argument: Argument): Answer => {
      const outer = calling
      calling = true
      try {
        return call(argument)
      } finally {
        calling = outer
      }
    }
  return { guard, exchanging: () => calling }
}
