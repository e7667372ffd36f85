import { transportOf } from '../http/transport.ts'
import { asOwnFetch } from '../platform/fetch.ts'
import type { FetchAdapter } from '../request/request-context.ts'
import type { JwtClaims } from '../session/credentials.ts'
import type { AuthenticatedFetch } from './client.ts'
import { registerParts } from './internals.ts'
import type { SessionOptions } from './options.ts'
import { type GivenOptions, resolveOptions } from './resolve-options.ts'
import { createSessionApi, type Session } from './session-api.ts'
import { createClientParts } from './wiring.ts'

export interface FetchClient<Claims extends object = JwtClaims> {
  readonly fetch: AuthenticatedFetch
  readonly session: Session<Claims>
  /** Lets go of listeners, channel and timers; who waits is rejected. Using the client again takes them up again. */
  readonly dispose: () => void
}

export interface FetchClientOptions<Claims extends object = JwtClaims> extends SessionOptions<Claims> {
  /** Trusted, and what `post` in `refresh` resolves against. Not applied to `fetch`'s own URLs. @default the page's origin */
  readonly baseUrl?: string | URL | undefined
  /**
   * The network below. Called with one complete `Request`; the second argument says the same once more.
   * @default globalThis.fetch, looked up at each call
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * `createClient` without ky: only the `fetch` that stays signed in.
 *
 * @throws ConfigurationError naming the option and what to write instead
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
