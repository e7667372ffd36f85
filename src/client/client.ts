import type { Input, KyInstance, ResponsePromise } from 'ky'
import type { FetchInit } from '../request/request-context.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { RequestOptions } from './options.ts'
import type { Session } from './session-api.ts'

/** `fetch`, signed in: same arguments and semantics. Relative URLs resolve against the page, as with `fetch`, not `baseUrl`. */
export type AuthenticatedFetch = (input: RequestInfo | URL, init?: FetchInit) => Promise<Response>

type Send = <T>(url: Input, options?: RequestOptions) => ResponsePromise<T>

/** A ky instance that stays signed in. Fits wherever a `KyInstance` is wanted. */
export interface Client<Claims extends object = JwtClaims> extends KyInstance {
  <T>(url: Input, options?: RequestOptions): ResponsePromise<T>
  get: Send
  post: Send
  put: Send
  patch: Send
  delete: Send
  query: Send
  head: (url: Input, options?: RequestOptions) => ResponsePromise
  /** ky's `extend`; the session is the same one. Session options belong to `createClient` and are rejected here. */
  extend: (options: RequestOptions | ((parent: RequestOptions) => RequestOptions)) => Client<Claims>
  /** ky's `create`: fresh request defaults, the same session and trusted origins. For another session call `createClient`. */
  create: (options?: RequestOptions) => Client<Claims>
  readonly fetch: AuthenticatedFetch
  readonly session: Session<Claims>
}

/** What `createClient` returns. Instances made from it by `extend` cannot dispose what they share. */
export interface RootClient<Claims extends object = JwtClaims> extends Client<Claims> {
  /** Lets go of listeners, channel and timers; who waits is rejected. Using the client again takes them up again. */
  readonly dispose: () => void
}
