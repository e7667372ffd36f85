import { factory } from '../errors.ts'
import type { ReauthenticateContext } from '../login/reauthenticator.ts'
import type { SessionInput } from '../session/parse-tokens.ts'
import { askShell } from './ask-shell.ts'
import { checkShellOptions, type ShellOptions } from './native-bridge.ts'
import { readSession, type ShellRequest } from './protocol.ts'

/**
 * For `reauthenticate`: the shell shows its own login, or step-up. There is no deadline. Once it is no longer needed (signed out,
 * signed in elsewhere) the shell is sent `cancel`.
 *
 * @example
 * createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh(), reauthenticate: shellLogin() })
 */
export const shellLogin = /* @__PURE__ */ factory('shellLogin', (options: ShellOptions = {}) => {
  checkShellOptions(options)
  return async ({
    kind: type,
    signal,
    claims: _,
    ...details
  }: ReauthenticateContext<object>): Promise<SessionInput | null> => {
    const response = await askShell({ type, ...details } as ShellRequest, options, signal)
    return response.status === 'signed-in' ? readSession(response) : null
  }
})
