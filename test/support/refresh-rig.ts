import { vi } from 'vitest'
import { createCircuitBreaker } from '../../src/refresh/circuit-breaker.ts'
import { createLeaseWatch } from '../../src/refresh/lease-watch.ts'
import { createPendingCalls } from '../../src/refresh/pending-calls.ts'
import { blockedByRecord } from '../../src/refresh/refresh-blocks.ts'
import type { Outcome } from '../../src/refresh/refresh-ports.ts'
import { runRefreshRequest } from '../../src/refresh/refresh-request.ts'
import { createRefresher, type RefresherPorts } from '../../src/refresh/refresher.ts'
import type { RefreshContext, RefreshStrategy } from '../../src/refresh/strategy.ts'
import type { Credentials } from '../../src/session/credentials.ts'
import type { RefreshCause } from '../../src/session/events.ts'
import type { SessionInput } from '../../src/session/parse-tokens.ts'
import type { RevocationPending, StoredRecord } from '../../src/session/session-store.ts'
import type { HeldLock, TabLock } from '../../src/tabs/tab-lock.ts'
import { createDeferred, type Deferred } from './deferred.ts'
import { createSessionRig, type SessionRigOptions } from './session-rig.ts'

export interface RefreshCall extends Pick<RefreshContext, 'refreshToken' | 'cause' | 'signal'> {
  /** What the token endpoint answers is the test's word. */
  readonly answer: Deferred<SessionInput | null>
}

export interface RefreshRigOptions extends SessionRigOptions {
  readonly lock?: TabLock
  readonly ports?: Partial<RefresherPorts>
  readonly audienceOf?: RefreshStrategy['audienceOf']
}

/** Everybody at once: as where there are no locks at all. */
export const noLock: TabLock = {
  request: async (_name, _signal, whileHeld) => {
    await whileHeld({ lost: false, shared: false })
  },
}

/** Comings and goings of a page, at the test's word. */
export const createTestWake = () => {
  const listeners = { wake: new Set<() => void>(), sleep: new Set<() => void>() }
  const add = (kind: 'wake' | 'sleep') => (listener: () => void) => {
    listeners[kind].add(listener)
    return () => void listeners[kind].delete(listener)
  }
  const tell = (kind: 'wake' | 'sleep') => () => {
    for (const listener of [...listeners[kind]]) listener()
  }
  return {
    port: { onWake: add('wake'), onSleep: add('sleep') },
    wake: tell('wake'),
    sleep: tell('sleep'),
    get size() {
      return listeners.wake.size + listeners.sleep.size
    },
  }
}

/** A session with a way to refresh it, whose token endpoint, store, lock and clock are in the hands of the test. */
export const createRefreshRig = ({ lock = noLock, ports: more = {}, ...options }: RefreshRigOptions = {}) => {
  const rig = createSessionRig(options)
  const { session, clock } = rig
  const calls: RefreshCall[] = []
  const discarded: Credentials[] = []
  const repeated: RevocationPending[] = []
  const refusals: string[] = []
  const wake = createTestWake()
  const ports: RefresherPorts = {
    session,
    clock,
    lock,
    wake: wake.port,
    name: 'main',
    whenOffline: 'fail',
    isDisposed: () => false,
    patienceMs: 5000,
    transport: () => Promise.reject(new Error('There is no network here')),
    baseUrl: () => 'https://api.test/',
    strategy: {
      ambient: options.ambient === true,
      audienceOf: options.audienceOf,
      refresh: ({ refreshToken, cause, signal }) => {
        const answer = createDeferred<SessionInput | null>()
        calls.push({ refreshToken, cause, signal, answer })
        return answer.promise
      },
    },
    refreshTimeoutMs: 10_000,
    reuseIntervalMs: 30_000,
    scheme: { accepts: () => true },
    circuitBreaker: createCircuitBreaker({
      wallMs: clock.wallMs,
      limits: { unhelpfulRefreshes: 5, unhelpfulWindowMs: 30_000, circuitOpensAfter: 10 },
      recorded: () => rig.records.latest?.refreshCounts,
      correct: () => {},
    }),
    canRefresh: () => true,
    isLeaseOpen: createLeaseWatch(clock, 12_000),
    announce: () => void rig.announced.push(`refresh ${session.state.sessionId}`),
    discard: credentials => void discarded.push(credentials),
    revocation: { revokeAgain: pending => void repeated.push(pending), noteRefreshEnded: () => {} },
    pendingCalls: createPendingCalls(clock, 10_000, session),
    onRejected: reason => void refusals.push(reason),
    ...more,
  }

  /** Steps b to h for the session as it is now. */
  const start = (held: HeldLock | null = null, cause: RefreshCause = 'rejected') => {
    const { sessionId: of, generation, credentials } = session.state
    const flight = { outcome: undefined as Outcome | undefined }
    const request = { sessionId: of, generation, replaces: credentials, cause, startedMs: clock.monotonicMs() }
    const done = runRefreshRequest(request, held, {
      ...ports,
      blockedBy: isStart => blockedByRecord(ports, isStart),
    }).then(outcome => {
      flight.outcome = outcome
      return outcome
    })
    return Object.assign(flight, { done })
  }
  /** The n-th call of the token endpoint, from 0. */
  const call = (index = 0): RefreshCall => {
    const found = calls[index]
    if (!found) throw new Error(`The token endpoint was called ${calls.length} times`)
    return found
  }
  const stored = () => rig.store.content as StoredRecord
  return {
    ...rig,
    wake,
    ports,
    calls,
    call,
    discarded,
    repeated,
    refusals,
    start,
    stored,
    refresher: createRefresher(ports),
  }
}

export type RefreshRig = ReturnType<typeof createRefreshRig>

export const aliceTokens = { accessToken: 'access-1', refreshToken: 'refresh-1', subject: 'alice' }
export const newerTokens = { accessToken: 'access-2', refreshToken: 'refresh-2' }

/** Alice signed in, and stored. */
export const createSignedInRig = async (options?: RefreshRigOptions) => {
  const rig = createRefreshRig(options)
  await rig.session.signIn(aliceTokens)
  return { ...rig, id: String(rig.session.state.sessionId) }
}

/** What a token endpoint that is busy throws. */
export const statusError = (status: number, headers: Record<string, string> = {}) =>
  Object.assign(new Error(`HTTP ${status}`), { status, headers: new Headers(headers) })

export const oauthError = (error: string) => Object.assign(new Error(error), { status: 400, error })

const network = { onLine: true }
export const goOffline = (offline = true): void => {
  network.onLine = !offline
  vi.stubGlobal('navigator', network)
}

/** What a flight has come to, if anything. */
export const watchOutcome = (promise: Promise<Outcome>): { readonly outcome?: Outcome } => {
  const seen: { outcome?: Outcome } = {}
  void promise.then(outcome => {
    seen.outcome = outcome
  })
  return seen
}
