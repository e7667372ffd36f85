import { factory } from '../errors.ts'
import type { RefreshStrategy } from '../refresh/strategy.ts'
import { askShell } from './ask-shell.ts'
import type { ShellOptions } from './native-bridge.ts'
import { readSession, shellError } from './protocol.ts'

let isShellInformed = false

/** Runs a sign-out that the shell has announced. The shell is not told in return: another user may have signed in there since. */
export function signOutSilently(signOut: () => Promise<unknown>): void {
  isShellInformed = true
  // It calls `revoke` before it awaits anything, and never throws.
  signOut()
  isShellInformed = false
}

/**
 * A strategy for `refresh`: the native app around a webview holds the refresh token, and the page gets access tokens from it.
 * Ambient: `session.ready()` calls it once. `signOut()` calls the shell, too. A shell that is missing, silent or returns garbage
 * is unavailable: only a response with the status `'signed-out'` ends a session. The deadline is `limits.refreshTimeoutMs`.
 *
 * The access token is kept in memory, unless the client has a `store`: after a reload the page calls the shell again.
 *
 * @see https://github.com/latchkey-js/latchkey/blob/main/docs/webview.md the protocol, and what the shell has to do
 *
 * @example
 * createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh(), reauthenticate: shellLogin() })
 */
export const shellRefresh = /* @__PURE__ */ factory(
  'shellRefresh',
  (options: ShellOptions = {}): RefreshStrategy => ({
    ambient: true,
    id: `shell ${options.name ?? ''}`,
    async refresh({ cause, audience = null, signal }) {
      const response = await askShell({ type: 'refresh', cause, audience }, options, signal)
      return response.status === 'signed-out' ? null : readSession(response)
    },
    async revoke({ signedOutSession }) {
      // Before anything is awaited: it is only known in this very call.
      if (isShellInformed) return
      const { status } = await askShell({ type: 'sign-out', subject: signedOutSession?.subject ?? null }, options)
      if (status !== 'signed-out') throw shellError(status)
    },
  }),
)
