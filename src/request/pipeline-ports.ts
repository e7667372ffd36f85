import type { StepUpRequirement } from '../errors.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import type { Clock } from '../platform/clock.ts'
import type { CircuitBreaker } from '../refresh/circuit-breaker.ts'
import type { SendHeaders } from '../refresh/post.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import type { TokenAge } from '../session/expiry.ts'
import type { SessionCore } from '../session/session.ts'
import { type RequestContext, urlOf } from './request-context.ts'
import type { ResponseView } from './response-view.ts'
import type { Sends } from './sends.ts'

/** The person is being asked. Never rejects. */
export interface Reauthentication {
  readonly kind: 'login' | 'step-up'
  readonly outcome: Promise<'signed-in' | 'declined' | 'disposed'>
  /** Whose: the session that the sign-in brought, once it is answered. */
  readonly sessionId: string | null
}

/** What the login side does for requests; `null`: nobody can be asked. */
export interface LoginPort {
  readonly reauthentication: Reauthentication | null
  /** Which request has the refresh that may turn out to be rejected. */
  noteRequest(request: RequestTarget): void
  /** What the session holds was good enough for a request. */
  noteAccepted(request: RequestIdentity): void
  /** A request without a session got a 401: asks in place, or tells the app. */
  notSignedIn(request: RequestTarget): Reauthentication | null
  /** `generation`: of the token that was not enough. One that was replaced by an answered question asks nobody again. */
  stepUp(requirement: StepUpRequirement, generation: number): Reauthentication | null
}

/** Which request it is. */
export type RequestIdentity = Pick<RequestContext, 'id' | 'method' | 'address' | 'parsedUrl'>

/** What was being asked for; the URL without query. */
export interface RequestTarget {
  readonly method: string
  readonly url: string
}

export const targetOf = (request: RequestIdentity): RequestTarget => {
  const { origin, pathname } = urlOf(request)
  return { method: request.method, url: origin + pathname }
}

export const routeOf = ({ method, url }: RequestTarget): string => `${method} ${url}`

export interface PipelinePorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly refresher: Refresher
  readonly circuitBreaker: CircuitBreaker
  readonly scheme: WireScheme
  /** Shown to `latchkey/explain`. */
  readonly sends: Sends
  /** On what this client sends. */
  readonly mark: symbol
  readonly login: LoginPort
  readonly canRefresh: () => boolean
  /** By time alone, of an audience's token; what cannot be renewed is good until it is rejected. */
  readonly ageOf: (audience?: string) => TokenAge
  readonly strategy: Pick<RefreshStrategy, 'audienceOf'>
  readonly trusted: () => TrustedOrigins
  /** Whether the app's own refresh is being called right now: what it sends through the client goes out without credentials. */
  readonly isInsideCallback: () => boolean
  /** `undefined` if what this page remembers of the session may be used at once; else when it may. */
  readonly syncIfStale: () => Promise<void> | undefined
  /** What the app sends anew with each request to its own origins. */
  readonly sendHeaders: SendHeaders | undefined
  /** In cookie modes: what a login must wait for, if anything. */
  readonly whenCallsSettled: (() => Promise<unknown> | undefined) | undefined
  /** Whether this client was disposed of, and not used since: it asks nobody and begins nothing. */
  readonly isDisposed: () => boolean
  /** A number for one call. */
  readonly nextId: () => number
  readonly shouldRefresh: ((answer: ResponseView) => boolean | undefined | PromiseLike<boolean | undefined>) | undefined
}
