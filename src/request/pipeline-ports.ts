import type { StepUpRequirement } from '../errors.ts'
import type { TrustedOrigins } from '../http/trusted-origins.ts'
import { withoutQuery } from '../http/without-query.ts'
import type { Sender } from '../platform/fetch.ts'
import type { CircuitBreaker } from '../refresh/circuit-breaker.ts'
import type { SendHeaders } from '../refresh/post.ts'
import type { AwaitRefreshElsewhere } from '../refresh/refresh-elsewhere.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import type { WireScheme } from '../schemes/scheme.ts'
import type { TokenAge } from '../session/expiry.ts'
import type { SessionCore } from '../session/session.ts'
import type { Clock } from '../time/clock.ts'
import { type RequestContext, urlOf } from './request-context.ts'
import type { ResponseView } from './response-view.ts'
import type { Sends } from './sends.ts'

/** A running dialog. Never rejects. */
export interface Reauthentication {
  readonly kind: 'login' | 'step-up'
  readonly outcome: Promise<'signed-in' | 'declined' | 'disposed'>
  /** The session of the sign-in, once the user has answered. */
  readonly sessionId: string | null
}

/** The login functions that requests need. They return `null` if there is no dialog to wait for. */
export interface LoginPort {
  readonly reauthentication: Reauthentication | null
  /** Notes the request that caused the refresh, for `onLoginRequired` if that is rejected. */
  noteRequest(request: RequestTarget): void
  /** Notes a request whose credentials were accepted. */
  noteAccepted(request: RequestIdentity): void
  /** A request without a session got a 401: opens a dialog, or calls `onLoginRequired`. */
  notSignedIn(request: RequestTarget): Reauthentication | null
  /** `generation`: of the token that was not enough. If a dialog has replaced that token, no other dialog opens. */
  stepUp(requirement: StepUpRequirement, generation: number): Reauthentication | null
}

/** Names a request. */
export type RequestIdentity = Pick<RequestContext, 'id' | 'method' | 'address' | 'parsedUrl'>

/** The request, with its URL without query. */
export interface RequestTarget {
  readonly method: string
  readonly url: string
}

export const targetOf = (request: RequestIdentity): RequestTarget => ({
  method: request.method,
  url: withoutQuery(urlOf(request)),
})

export const routeOf = ({ method, url }: RequestTarget): string => `${method} ${url}`

export interface PipelinePorts {
  readonly session: SessionCore
  readonly clock: Clock
  readonly refresher: Refresher
  readonly circuitBreaker: CircuitBreaker
  readonly scheme: WireScheme
  /** Shown to `latchkey/explain`. */
  readonly sends: Sends
  /** Recognises what this client sends. */
  readonly sender: Sender
  readonly login: LoginPort
  readonly canRefresh: () => boolean
  /** The age of an audience's token, by time alone. A token that cannot be refreshed is good until it is rejected. */
  readonly ageOf: (audience?: string) => TokenAge
  readonly strategy: Pick<RefreshStrategy, 'audienceOf'>
  readonly trusted: () => TrustedOrigins
  /** Whether a callback of the app is running: what it sends with the client now is sent without credentials. */
  readonly isInsideCallback: () => boolean
  /** `undefined` if memory is up to date; else resolves when it is. */
  readonly syncIfStale: () => Promise<void> | undefined
  readonly awaitRefreshElsewhere: AwaitRefreshElsewhere
  /** The option `sendHeaders`. */
  readonly sendHeaders: SendHeaders | undefined
  /** In cookie modes: resolves when a login may be sent; `undefined`: now. */
  readonly whenCallsSettled: (() => Promise<unknown> | undefined) | undefined
  /** Whether this client was disposed and not used since: it opens no dialog and starts no refresh. */
  readonly isDisposed: () => boolean
  /** Returns an id for one call. */
  readonly nextId: () => number
  readonly shouldRefresh: ((answer: ResponseView) => boolean | undefined | PromiseLike<boolean | undefined>) | undefined
}
