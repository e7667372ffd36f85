import { factory } from '../errors.ts'
import type { RefreshStrategy, RevokeContext } from '../refresh/strategy.ts'
import { askShell } from './ask-shell.ts'
import { checkShellOptions, type ShellOptions } from './native-bridge.ts'
import { readSession, shellError } from './protocol.ts'

/** A member of a `revoke` that tells the shell. `followShell` calls it for what the shell has announced, and for a sign-in in the page. */
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
  /** Resolves if the shell has confirmed or announced a sign-out, and has not been asked for tokens since. */
  let confirmed: Promise<void> | undefined
  function revoke({ signedOutSession }: RevokeContext): Promise<void> {
    const tell = async () => {
      const { status } = await askShell({ type: 'sign-out', subject: signedOutSession?.subject ?? null }, options)
      if (status !== 'signed-out') throw shellError(status)
    }
    // After a refresh that was under way, a sign-out is repeated: its response may have set a cookie. Not if the shell knows of it,
    // or if a user has signed in meanwhile: the repetition would end that session.
    const told: Promise<void> =
      signedOutSession && confirmed
        ? confirmed.catch(error => {
            if (confirmed !== told) throw error
            return tell()
          })
        : tell()
    confirmed = told
    return told
  }
  return {
    ambient: true,
    id: `shell ${options.name ?? ''}`,
    async refresh({ cause, audience = null, signal }) {
      confirmed = undefined
      const response = await askShell({ type: 'refresh', cause, audience }, options, signal)
      return response.status === 'signed-out' ? null : readSession(response)
    },
    revoke: Object.assign(revoke, {
      [noteAnnounced]() {
        confirmed = Promise.resolve()
      },
    }),
  }
})
