import { transportOf } from '../http/transport.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { sessionOptionNames } from './check-options.ts'
import type { RootClient } from './client.ts'
import { registerParts } from './internals.ts'
import { createKyAdapter } from './ky-adapter.ts'
import type { ClientOptions, RequestOptions } from './options.ts'
import { type GivenOptions, resolveOptions } from './resolve-options.ts'
import { createSessionApi } from './session-api.ts'
import { createClientParts, type Platform } from './wiring.ts'

/**
 * Makes a client. Nothing is touched until the first use: safe at module level, also on a server.
 * Without options: a ky instance that sends the token given to `session.signIn` to the page's own origin.
 *
 * @throws ConfigurationError naming the option and what to write instead
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

/** The same on a platform of one's own: how tests drive its clock, its wakings and its lock. */
export function createClientOn<Claims extends object = JwtClaims>(
  platform: Partial<Platform>,
  options: ClientOptions<Claims> = {},
): RootClient<Claims> {
  const resolved = resolveOptions(options as GivenOptions)
  // ky's deep merge ruins class instances: stores, schemes and the like stay out of it.
  const requestOptions = Object.fromEntries(
    Object.entries(options).filter(([name]) => !(sessionOptionNames as readonly string[]).includes(name)),
  ) as RequestOptions
  const core = createClientParts(resolved, (input, init) => transportOf(options.fetch)(input, init), platform)
  const session = createSessionApi<Claims>(core, resolved)
  registerParts(session, core)
  return Object.assign(createKyAdapter(requestOptions, core, session), { dispose: core.dispose })
}
