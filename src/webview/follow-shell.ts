import type { Session } from '../client/session-api.ts'
import type { JwtClaims } from '../session/credentials.ts'
import { askShell } from './ask-shell.ts'
import { findBridge, type ShellOptions } from './native-bridge.ts'
import { onShellMessage } from './on-shell-message.ts'
import { readSession } from './protocol.ts'
import { signOutSilently } from './shell-refresh.ts'

/**
 * Follows the events that the shell posts (`ShellEvent`): signs out with it, takes over the session of the user who signed in
 * there, and gets a newer token. These events carry no token: the page requests it. Returns a function that stops it.
 *
 * @example
 * const stop = followShell(api)
 * @example
 * // What the shell evaluates in the page
 * const data = JSON.stringify({ latchkey: 1, type: 'signed-out' })
 * dispatchEvent(new MessageEvent('message', { data }))
 */
export function followShell<Claims extends object = JwtClaims>(
  { session }: { readonly session: Session<Claims> },
  options: ShellOptions = {},
): () => void {
  let latest: object | undefined

  async function follow(event: Readonly<Record<string, unknown>>): Promise<void> {
    const { type } = event
    if (!/^(signed-(in|out)|refreshed)$/.test(type as string)) return
    latest = event
    if (type === 'refreshed' && session.status === 'signed-in') {
      await session.refresh()
      return
    }
    const { epoch } = session.getSnapshot()
    const response =
      type === 'signed-out'
        ? ({ latchkey: 1, status: type } as const)
        : await askShell({ type: 'refresh', cause: 'manual', audience: null }, options)
    // A newer event has been received, or the user has signed out here: this response is older.
    if (event !== latest || (session.status === 'signed-out' && session.getSnapshot().epoch !== epoch)) return
    if (response.status === 'signed-out') signOutSilently(session.signOut)
    else await session.signIn(readSession(response))
  }

  // What cannot be had now is asked for by the next request that needs it.
  const stop = onShellMessage(event => void follow(event).catch(() => {}), findBridge(options.name)?.[0].channel)
  return () => {
    latest = undefined
    stop()
  }
}
