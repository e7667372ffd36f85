import type { Input, KyInstance, ResponsePromise } from 'ky'
import type { FetchInit } from '../request/request-context.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { RequestOptions } from './options.ts'
import type { Session } from './session-api.ts'

/**
 * `fetch` with the session's credentials: the same arguments, the same semantics. Relative URLs resolve against the page, as with
 * `fetch`, not against `baseUrl`.
 * @throws RefreshUnavailableError if a refresh was needed and failed for now
 * @throws SessionEndedError if the session ended while the request waited
 * @throws StepUpRequiredError if the user declined a step-up
 */
export type AuthenticatedFetch = (input: RequestInfo | URL, init?: FetchInit) => Promise<Response>

type Send = <T>(url: Input, options?: RequestOptions) => ResponsePromise<T>

/** A ky instance that keeps the user signed in. It can be used wherever a `KyInstance` is expected. */
export interface Client<Claims extends object = JwtClaims> extends KyInstance {
  <T>(url: Input, options?: RequestOptions): ResponsePromise<T>
  get: Send
  post: Send
  put: Send
  patch: Send
  delete: Send
  query: Send
  head: (url: Input, options?: RequestOptions) => ResponsePromise
  /**
   * ky's `extend`: other request defaults, the same session.
   * @throws ConfigurationError for session options, which belong to `createClient`
   */
  extend: (options: RequestOptions | ((parent: RequestOptions) => RequestOptions)) => Client<Claims>
  /**
   * ky's `create`: new request defaults, the same session and trusted origins. For another session call `createClient`.
   * @throws ConfigurationError for session options
   */
  create: (options?: RequestOptions) => Client<Claims>
  /** `fetch` with this session, for other HTTP libraries. Does not throw for 4xx and 5xx. */
  readonly fetch: AuthenticatedFetch
  readonly session: Session<Claims>
}

/** What `createClient` returns. Instances made by `extend` and `create` have no `dispose`, since they share its session. */
export interface RootClient<Claims extends object = JwtClaims> extends Client<Claims> {
  /**
   * Releases listeners, the tab channel and timers, and rejects waiting requests with `SessionEndedError` (`'disposed'`). The
   * session is kept. Using the client again starts it again.
   */
  readonly dispose: () => void
}
