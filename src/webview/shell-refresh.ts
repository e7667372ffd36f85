import { factory } from '../errors.ts'
import type { RefreshStrategy, RevokeContext } from '../refresh/strategy.ts'
import { askShell } from './ask-shell.ts'
import { checkShellOptions, type ShellOptions } from './native-bridge.ts'
import { readSession, shellError } from './protocol.ts'

/** A member of a `revoke` that tells the shell. `followShell` calls it for a sign-out that the shell has announced. */
export const noteAnnounced = 'noteAnnounced'

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
export const shellRefresh = /* @__PURE__ */ factory('shellRefresh', (options: ShellOptions = {}): RefreshStrategy => {
  checkShellOptions(options)
  /** The last sign-out since the shell was asked for tokens, and whether the shell has confirmed or announced it. */
  let last: { isKnown: boolean } | undefined
  async function revoke({ signedOutSession }: RevokeContext): Promise<void> {
    // After a refresh that was under way, a sign-out is repeated: its response may have set a cookie. Not if the shell knows of it:
    // the user may have signed in there since. For the same reason the repetition does not wait for the first response.
    if (signedOutSession && last?.isKnown) return
    const sent = { isKnown: false }
    last = sent
    const { status } = await askShell({ type: 'sign-out', subject: signedOutSession?.subject ?? null }, options)
    if (status !== 'signed-out') throw shellError(status)
    sent.isKnown = true
  }
  return {
    ambient: true,
    id: `shell ${options.name ?? ''}`,
    async refresh({ cause, audience = null, signal }) {
      last = undefined
      const response = await askShell({ type: 'refresh', cause, audience }, options, signal)
      return response.status === 'signed-out' ? null : readSession(response)
    },
    revoke: Object.assign(revoke, {
      [noteAnnounced]() {
        last = { isKnown: true }
      },
    }),
  }
})
