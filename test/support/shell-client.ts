import { onTestFinished } from 'vitest'
import { createClientOn } from '../../src/client/create-client.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import { followShell } from '../../src/webview/follow-shell.ts'
import { shellLogin } from '../../src/webview/shell-login.ts'
import { shellRefresh } from '../../src/webview/shell-refresh.ts'
import { createControlledClock } from './clock.ts'
import { createTestWake } from './refresh-rig.ts'
import { createShell, stubPage } from './shell-page.ts'

export const signedOut = { latchkey: 1, status: 'signed-out' } as const

/** A page in a shell, its clock and its API in the hands of the test. */
export const createShellClient = (options: Partial<ClientOptions> = {}, shell = createShell()) => {
  const clock = createControlledClock()
  const wake = createTestWake()
  const page = stubPage()
  const logins: string[] = []
  const sends: (string | null)[] = []
  const api = { isGood: (_token: string | null): boolean => true }
  const client = createClientOn(
    { clock, wake: wake.port },
    {
      baseUrl: 'https://api.test/',
      retry: 0,
      refresh: shellRefresh({ bridge: shell }),
      onLoginRequired: ({ reason }) => void logins.push(reason),
      fetch: async (input, init) => {
        const token = new Request(input, init).headers.get('authorization')?.slice('Bearer '.length) ?? null
        sends.push(token)
        return api.isGood(token) ? new Response('fine') : new Response('', { status: 401 })
      },
      ...options,
      limits: { patienceMs: 0, ...options.limits },
    },
  )
  onTestFinished(() => client.dispose())
  return {
    clock,
    wake,
    page,
    shell,
    client,
    logins,
    sends,
    api,
    ask: () =>
      client.get('me').then(
        ({ status }) => status,
        (error: { readonly code: string }) => error.code,
      ),
    seen: () => {
      const { status, subject, endReason } = client.session.getSnapshot()
      return { status, subject, endReason }
    },
    follow: () => onTestFinished(followShell(client, { bridge: shell })),
  }
}

/** With the shell's login for `reauthenticate`. */
export const createClientWithLogin = () => {
  const shell = createShell()
  return createShellClient({ reauthenticate: shellLogin({ bridge: shell }) }, shell)
}
