import type { StepUpRequirement } from '../errors.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import type { Clock } from '../platform/clock.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { StormBreaker } from '../refresh/storm-breaker.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { Outgoing, WireScheme } from '../schemes/scheme.ts'
import type { NoCredentialsReason, NotReplayableReason, RequestStepKind } from '../session/events.ts'
import type { TokenAge } from '../session/expiry.ts'
import type { SessionCore } from '../session/session.ts'
import type { ResponseView } from './answer-view.ts'
import type { Journey } from './journey.ts'

/** The person is being asked. Never rejects. */
export interface Asking {
  readonly kind: 'login' | 'step-up'
  readonly answered: Promise<'signed-in' | 'declined' | 'disposed'>
  /** Whose: the session that the sign-in brought, once it is answered. */
  readonly session: string | null
}

/** What the login side does for requests; `null`: nobody can be asked. */
export interface LoginPort {
  readonly asking: Asking | null
  /** Which request has the refresh that may turn out to be refused. */
  note(request: RequestTarget): void
  /** What the session holds was good enough for a request. */
  accepted(request: StepOf): void
  /** A request without a session got a 401: asks in place, or tells the app. */
  notSignedIn(request: RequestTarget): Asking | null
  /** `generation`: of the token that was not enough. One that was replaced by an answered question asks nobody again. */
  stepUp(requirement: StepUpRequirement, generation: number): Asking | null
}

/** What was being asked for; the URL without query. */
export interface RequestTarget {
  readonly method: string
  readonly url: string
}

export const targetOf = ({ method, url }: StepOf): RequestTarget => ({ method, url: url.origin + url.pathname })

export const routeOf = ({ method, url }: RequestTarget): string => `${method} ${url}`

export interface SpinePorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly refresher: Refresher
  readonly breaker: StormBreaker
  readonly scheme: WireScheme
  /** On what this client sends. */
  readonly mark: symbol
  readonly login: LoginPort
  readonly canRefresh: () => boolean
  /** By time alone, of an audience's token; what cannot be renewed is good until it is refused. */
  readonly ageOf: (audience?: string) => TokenAge
  readonly strategy: Pick<RefreshStrategy, 'audienceOf'>
  readonly trusted: () => TrustedOrigins
  /** Whether the app's own exchange is being called right now: what it sends through the client goes out bare. */
  readonly exchanging: () => boolean
  /** `undefined` if what this page remembers of the session may be used at once; else when it may. */
  readonly fresh: () => Promise<void> | undefined
  /** What the app sends anew with each request to its own origins. */
  readonly sendHeaders: (() => HeadersInit) | undefined
  /** In cookie modes: what a login must wait for, if anything. */
  readonly underWay: (() => Promise<unknown> | undefined) | undefined
  /** Whether this client was disposed of, and not used since: it asks nobody and begins nothing. */
  readonly isOver: () => boolean
  /** A number for one call. */
  readonly nextId: () => number
  readonly shouldRefresh: ((answer: ResponseView) => boolean | undefined | PromiseLike<boolean | undefined>) | undefined
}

const isHeard = ({ session }: StepPorts) => session.listenersOf('request').size > 0

/** Tells who listens (the inspector, a log) of one step; costs nothing while nobody does. */
export function tellStep(ports: StepPorts, journey: StepOf, step: RequestStepKind): void {
  if (isHeard(ports)) ports.session.emit('request', { id: journey.id, ...targetOf(journey), ...step })
}

/** One send of what may carry credentials. */
export function tellSent(ports: StepPorts & Pick<SpinePorts, 'scheme'>, journey: Journey, { headers }: Outgoing): void {
  if (journey.bare) tellBare(ports, journey, 'signed-out')
  else if (isHeard(ports))
    tellStep(ports, journey, { step: 'sent', credentials: headers.has(ports.scheme.header) ? 'attached' : 'cookie' })
}

/** One send without credentials. */
export const tellBare = (ports: StepPorts, journey: StepOf, why: NoCredentialsReason): void =>
  tellStep(ports, journey, { step: 'sent', credentials: 'none', reason: why })

/** The last step of most requests, made only if somebody listens. */
export function tellAnswered(
  ports: StepPorts,
  journey: Journey,
  { status }: Response,
  notReplayable: NotReplayableReason | null,
): void {
  const { replayed, notRefreshed } = journey
  if (isHeard(ports)) tellStep(ports, journey, { step: 'completed', status, replayed, notReplayable, notRefreshed })
}
type StepPorts = Pick<SpinePorts, 'session'>
type StepOf = Pick<Journey, 'id' | 'method' | 'url'>
