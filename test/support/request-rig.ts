import { createTrustedOrigins } from '../../src/http/trusted-origins.ts'
import type { Flight } from '../../src/refresh/flight.ts'
import type { Outcome } from '../../src/refresh/refresh-ports.ts'
import type { Unavailable } from '../../src/refresh/unavailable.ts'
import { type AfterResponse, createAfterResponse } from '../../src/request/after-response.ts'
import { createBeforeSend } from '../../src/request/before-send.ts'
import { createPipeline } from '../../src/request/pipeline.ts'
import type { PipelinePorts, Reauthentication } from '../../src/request/pipeline-ports.ts'
import {
  createContexts,
  type FetchAdapter,
  type FetchInit,
  type RequestContext,
  type SentRequest,
} from '../../src/request/request-context.ts'
import { createRequestLog } from '../../src/request/request-log.ts'
import { createSends } from '../../src/request/sends.ts'
import { createWaits } from '../../src/request/wait.ts'
import { bearer } from '../../src/schemes/bearer.ts'
import type { WireScheme } from '../../src/schemes/scheme.ts'
import { createEmitter, type RequestStepKind } from '../../src/session/events.ts'
import type { SessionCore } from '../../src/session/session.ts'
import { initialState, type SessionState } from '../../src/session/state.ts'
import { createControlledClock } from './clock.ts'
import { credentialsOf } from './session-records.ts'

export const rigOrigin = 'https://api.test'

/** A refresh under way, or over. */
export const flightOf = (outcome: Outcome | Promise<Outcome>, blocksRequests = true): Flight => ({
  sessionId: 'session-a',
  generation: 0,
  blocksRequests,
  outcome: Promise.resolve(outcome),
})

/** What the parts around the requests are, and what they say. A test changes it at any time. */
export interface Surroundings {
  state: SessionState
  /** The flight that runs already. */
  running: Flight | null
  /** What a flight that is started ends with. */
  outcome: Outcome | Promise<Outcome>
  age: 'good' | 'expiring' | 'expired'
  block: Unavailable | null
  reauthentication: Reauthentication | null
  /** The dialog that opens, if the user has to be asked. */
  dialog: Reauthentication | null
  syncing: Promise<void> | undefined
  /** Looks for what another tab has refreshed. */
  elsewhere: (() => Promise<void>) | undefined
  isDisposed: boolean
  isWorthNoting: boolean
}

/** Alice is signed in. */
export const signedIn: SessionState = {
  ...initialState,
  status: 'signed-in',
  sessionId: 'session-a',
  epoch: 1,
  credentials: credentialsOf(),
}
/** Nobody is, and the store has been read. */
export const signedOut: SessionState = { ...initialState, status: 'signed-out', sessionId: 'session-none' }

/** The parts of the request pipeline, with a session, refresher, circuit breaker and login that only note what they are told. */
export function createRequestRig(given: Partial<Surroundings> = {}, more: Partial<PipelinePorts> = {}) {
  const around: Surroundings = {
    state: signedIn,
    running: null,
    outcome: { kind: 'refreshed' },
    age: 'good',
    block: null,
    reauthentication: null,
    dialog: null,
    syncing: undefined,
    elsewhere: undefined,
    isDisposed: false,
    isWorthNoting: true,
    ...given,
  }
  const told: unknown[][] = []
  const steps: RequestStepKind[] = []
  const note =
    <Answer>(name: string, answer: (...args: readonly never[]) => Answer) =>
    (...args: readonly unknown[]): Answer => {
      told.push([name, ...args])
      return answer(...(args as never[]))
    }
  const nothing = () => {}
  const session = Object.defineProperty(
    createEmitter(() => around.state),
    'state',
    {
      get: () => around.state,
    },
  ) as SessionCore
  const login = {
    noteRequest: note('noteRequest', nothing),
    noteAccepted: ({ id }: { readonly id: number }) => void told.push(['login.noteAccepted', id]),
    notSignedIn: note('notSignedIn', () => around.dialog),
    stepUp: note('stepUp', () => around.dialog),
    get reauthentication() {
      return around.reauthentication
    },
  }
  let lastId = 0
  const trusted = createTrustedOrigins([rigOrigin])
  const ports: PipelinePorts = {
    session,
    login,
    clock: createControlledClock(),
    refresher: {
      flightOf: () => around.running,
      start: note('start', () => flightOf(around.outcome)),
      blockedBy: () => around.block,
      lastingBlock: () => around.block,
      isResting: () => false,
      dispose: nothing,
    },
    circuitBreaker: {
      allowsRefresh: () => true,
      openForMs: () => 0,
      noteReplay: note('noteReplay', nothing),
      isWorthNoting: () => around.isWorthNoting,
      noteAccepted: note('noteAccepted', nothing),
    } as Partial<PipelinePorts['circuitBreaker']> as PipelinePorts['circuitBreaker'],
    scheme: bearer() as WireScheme,
    sends: createSends(),
    sender: { mark: Symbol('rig'), sending: null },
    canRefresh: () => true,
    ageOf: () => around.age,
    strategy: {},
    trusted: () => trusted,
    isInsideCallback: () => false,
    syncIfStale: () => around.syncing,
    awaitRefreshElsewhere: () => around.elsewhere?.(),
    sendHeaders: undefined,
    whenCallsSettled: undefined,
    isDisposed: () => around.isDisposed,
    nextId: () => ++lastId,
    shouldRefresh: undefined,
    ...more,
  }
  const log = createRequestLog(ports)
  const waits = createWaits({ session, login, log, isDisposed: ports.isDisposed })
  const createContext = createContexts(ports)
  const afterResponse: AfterResponse = createAfterResponse(ports, log, waits)
  const stopListening = session.listenersOf('request').add(step => void steps.push(step))

  /** A request, as it is before its first send. */
  function request(init: FetchInit = {}, adapter: Partial<FetchAdapter> = {}, path = '/a'): RequestContext {
    const context = createContext(rigOrigin + path, init, { transport: globalThis.fetch, ...adapter })
    if (!context) throw new TypeError('It is not a URL')
    return context
  }
  return {
    around,
    ports,
    waits,
    told,
    beforeSend: createBeforeSend(ports, waits),
    pipeline: createPipeline(ports, log, waits),
    afterResponse,
    request,
    /** A request that was sent with the state of now. */
    sent: (changes: Omit<Partial<RequestContext>, 'sentWith'> = {}, init: FetchInit = {}): SentRequest =>
      Object.assign(request(init), {
        sentWith: around.state,
        sessionId: around.state.credentials && around.state.sessionId,
        ...changes,
      }),
    /** From now on nothing hears the steps of requests. */
    stopListening,
    /** The events of its requests. */
    said: steps as readonly RequestStepKind[],
    /** What they said, in short. */
    steps: () => steps.map(step => (step.step === 'waiting' ? `waiting for ${step.for}` : step.step)),
    /** The calls of these functions, without their names. */
    callsOf: (name: string) => told.filter(([called]) => called === name).map(([, ...args]) => args),
  }
}
