import { transportOf } from '../http/transport.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { type GivenOptions, sessionOptionNames } from './check-options.ts'
import type { RootClient } from './client.ts'
import { registerParts } from './internals.ts'
import { createKyAdapter } from './ky-adapter.ts'
import { namesFor } from './ky-options.ts'
import type { ClientOptions, RequestOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import { createSessionApi } from './session-api.ts'
import { createClientParts, type Platform } from './wiring.ts'

/**
 * Creates a client: a ky instance that keeps the user signed in. It touches no storage and no network until its first use, so it
 * can be created at module level, on a server, too. Without options it sends the token that `session.signIn` was given to the
 * page's own origin.
 *
 * @throws ConfigurationError for a wrong option; the message names it and says what to write instead
 *
 * @example
 * export const api = createClient({
 *   baseUrl: 'https://api.example.com/',
 *   refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
 *   onLoginRequired: redirectTo('/login'),
 * })
 */
export function createClient<Claims extends object = JwtClaims>(
  options: ClientOptions<Claims> = {},
): RootClient<Claims> {
  return createClientOn({}, options)
}

/** `createClient` on another platform: tests bring their own clock, wake events and lock. */
export function createClientOn<Claims extends object = JwtClaims>(
  platform: Partial<Platform>,
  options: ClientOptions<Claims> = {},
): RootClient<Claims> {
  const resolved = resolveOptions(options as GivenOptions, namesFor(options?.fetch))
  // ky's deep merge breaks class instances, so stores, schemes and other session options stay out of it.
  const requestOptions = Object.fromEntries(
    Object.entries(options).filter(([name]) => !sessionOptionNames.includes(name)),
  ) as RequestOptions
  const core = createClientParts(resolved, (input, init) => transportOf(options.fetch)(input, init), platform)
  const session = createSessionApi<Claims>(core, resolved)
  registerParts(session, core)
  return Object.assign(createKyAdapter(requestOptions, core, session), { dispose: core.dispose })
}
