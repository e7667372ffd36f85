import { onTestFinished } from 'vitest'
import type { RootClient } from '../../src/client/client.ts'
import { createClient } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import type { LoginRequiredEvent } from '../../src/login/login-notifier.ts'
import { type AuthServer, startAuthServer } from './auth-server.ts'
import type { AuthSettings } from './auth-settings.ts'
import { createDeferred } from './deferred.ts'

export interface ServedClient {
  readonly server: AuthServer
  readonly client: RootClient
  readonly logins: readonly LoginRequiredEvent[]
  /** Resolves when so many requests wait for a refresh, all in all. */
  waiting(count: number): Promise<void>
}

/** A client against the real HTTP server, with `alice` signed in unless `signedIn` is false. */
export const createServedClient = async (
  options: ClientOptions | ((server: AuthServer) => ClientOptions) = {},
  settings: Partial<AuthSettings> & { readonly signedIn?: boolean } = {},
): Promise<ServedClient> => {
  const { signedIn = true, ...serverSettings } = settings
  const server = await startAuthServer(serverSettings)
  onTestFinished(server.close)
  const logins: LoginRequiredEvent[] = []
  const given = typeof options === 'function' ? options(server) : options
  const client = createClient({
    baseUrl: server.origin,
    retry: 0,
    refresh: ({ refreshToken, post }) => post('auth/refresh', { refreshToken }),
    onLoginRequired: event => void logins.push(event),
    ...given,
    // What becomes of a failure is seen at once; that hiccups are outlasted has its own tests (08b).
    limits: { patienceMs: 0, ...given.limits },
  })
  onTestFinished(() => client.dispose())
  let waiters = 0
  const watchers = new Map<number, () => void>()
  client.session.on('request', event => {
    if (event.step !== 'waiting' || event.for === 'store') return
    waiters += 1
    watchers.get(waiters)?.()
  })
  if (signedIn) await client.session.signIn(server.issue('alice'))
  return {
    server,
    client,
    logins,
    waiting: count => {
      const { promise, resolve } = createDeferred()
      if (waiters >= count) resolve()
      watchers.set(count, resolve)
      return promise
    },
  }
}
