import { checkClient } from '../checks/option-rules.ts'
import { registeredParts } from '../client/internals.ts'
import type { Session } from '../client/session-api.ts'
import type { ClientParts } from '../client/wiring.ts'
import { ConfigurationError, check, type EndReason } from '../errors.ts'

/** Any client: made by `createClient`, `createAuthenticatedFetch` or `createTestClient`, of whatever claims. */
interface AnyClient {
  readonly session: Pick<Session<never>, 'signOut'>
}

/** @throws ConfigurationError for a client of another copy of this library, whose parts cannot be reached */
function partsOf(client: AnyClient): ClientParts {
  checkClient(client)
  const parts = registeredParts(client.session)
  if (parts) return parts
  throw new ConfigurationError(
    null,
    'The client is of another copy of latchkey: import both as ES modules or both as CommonJS.',
  )
}

/** Waits until timers that are due now have run. Fake timers are advanced by 0 ms. */
function dueTimers(): Promise<void> {
  const ran = new Promise<void>(resolve => setTimeout(resolve))
  // How @sinonjs/fake-timers marks its functions, which vitest and jest use.
  const { clock } = setTimeout as { readonly clock?: { tick(ms: number): unknown } }
  clock?.tick(0)
  return ran
}

const reasons: readonly EndReason[] = ['signed-out', 'refresh-rejected', 'expired', 'misconfigured', 'key-lost']

/**
 * Ends the session as if the server had rejected its refresh, in every tab that shares it. Resolves after `onLoginRequired` was
 * called, which happens for every reason but `'signed-out'`. Does nothing if no user is signed in.
 *
 * @example
 * await endSession(api)
 * expect(screen.getByText('Please sign in')).toBeVisible()
 *
 * @throws ConfigurationError for a client of another copy of this library
 */
export async function endSession(
  client: AnyClient,
  reason: Exclude<EndReason, 'replaced'> = 'refresh-rejected',
): Promise<void> {
  const { session } = partsOf(client)
  check(reasons.includes(reason), 'reason', `write one of ${reasons.join(', ')}`)
  if (session.state.status === 'unknown') await session.reread()
  if (session.state.credentials) await session.end(reason)
  await dueTimers()
}

/**
 * Resets a client that tests share: no user is signed in, and earlier tests have no effect (calls of `onLoginRequired`, requests
 * that were rejected repeatedly). Sends nothing, and does not call `onLoginRequired`. Listeners stay. As after
 * any sign-out, `endReason` is `'signed-out'` (a new client has `null`), and `epoch` has grown.
 *
 * @example
 * afterEach(() => resetClient(api))
 *
 * @throws ConfigurationError for a client of another copy of this library
 */
export async function resetClient(client: AnyClient): Promise<void> {
  const parts = partsOf(client)
  // Overwrites the record, and with it the failures and counts in it.
  await parts.session.signOut()
  parts.notifier.forget()
  parts.circuitBreaker.forget()
}
