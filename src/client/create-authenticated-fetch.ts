import { transportOf } from '../http/transport.ts'
import { asOwnFetch } from '../platform/fetch.ts'
import type { FetchAdapter } from '../request/request-context.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { GivenOptions } from './check-options.ts'
import type { AuthenticatedFetch } from './client.ts'
import { registerParts } from './internals.ts'
import type { SessionOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import { createSessionApi, type Session } from './session-api.ts'
import { createClientParts } from './wiring.ts'

/** What `createAuthenticatedFetch` returns. */
export interface FetchClient<Claims extends object = JwtClaims> {
  /** `fetch` with the session's credentials. Pass it to any library that takes a `fetch`. */
  readonly fetch: AuthenticatedFetch
  readonly session: Session<Claims>
  /**
   * Releases listeners, the tab channel and timers, and rejects waiting requests with `SessionEndedError` (`'disposed'`). The
   * session is kept. Using the client again starts it again.
   */
  readonly dispose: () => void
}

/** The options of `createAuthenticatedFetch`. */
export interface FetchClientOptions<Claims extends object = JwtClaims> extends SessionOptions<Claims> {
  /**
   * Its origin gets the token, and `post` in `refresh` resolves against it. `fetch` itself resolves relative URLs against the
   * page.
   * @default the page's origin
   * @example baseUrl: 'https://api.example.com/'
   */
  readonly baseUrl?: string | URL | undefined
  /**
   * The function that sends requests. It is called with one complete `Request`; the second argument repeats its members.
   * @default globalThis.fetch, looked up at each call
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * Creates a `fetch` that keeps the user signed in: `createClient` without ky.
 *
 * @throws ConfigurationError for a wrong option; the message names it and says what to write instead
 *
 * @example
 * export const { fetch, session } = createAuthenticatedFetch({
 *   baseUrl: 'https://api.example.com/',
 *   refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
 *   onLoginRequired: redirectTo('/login'),
 * })
 */
export function createAuthenticatedFetch<Claims extends object = JwtClaims>(
  options: FetchClientOptions<Claims> = {},
): FetchClient<Claims> {
  const resolved = resolveOptions(options as GivenOptions)
  const call: FetchAdapter = { transport: (input, init) => transportOf(options.fetch)(input, init) }
  const core = createClientParts(resolved, call.transport)
  const session = createSessionApi<Claims>(core, resolved)
  registerParts(session, core)
  return {
    fetch: asOwnFetch((input, init) => core.pipeline(input, init, call)),
    session,
    dispose: core.dispose,
  }
}
